using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace HealthTeams.Web.PatientLists;

/// <summary>One list as a grid that is edited in place. <c>part=grid</c> answers with the region, with <c>since</c> only with rows that changed.</summary>
public sealed class ListPage(ListReading reading, ListViews views, CellWrites cells, ListRows rows, Words words) : OpenListPage(reading, views)
{
    private readonly ListReading reading = reading;

    public IReadOnlyDictionary<Guid, IReadOnlyList<(Guid Id, string Name)>> Offers { get; private set; } = new Dictionary<Guid, IReadOnlyList<(Guid, string)>>();
    public Guid? Undoable { get; private set; }

    public async Task<IActionResult> OnGetAsync(string? part, long since, Guid? undo)
    {
        if (await Load(since: part == "grid" ? since : 0) is { } problem) return part is null ? Refuse(problem) : Say(problem);
        if (part == "grid")
        {
            // Another shape: what the page has is of no use.
            if (since < List.ColumnsSeq && since > 0) return new StatusCodeResult(205);
            return Partial("_Grid", this);
        }
        Offers = await reading.Offers(Me, List, Stop);
        Undoable = undo;
        return Page();
    }

    /// <summary>One edit. 409 brings what is there now and whose it is; the page keeps both texts.</summary>
    public async Task<IActionResult> OnPostCellAsync([BindRequired] Guid row, [BindRequired] Guid column, [BindRequired] int version, string? text) =>
        ModelState.IsValid ? await Answer(await cells.Write(Me, Id, row, [new(column, version, text)], Stop)) : Say(Problem.Invalid("An edit names its row, its column and the version it saw.", "row"));

    public async Task<IActionResult> OnPostUndoAsync([BindRequired] Guid row, [BindRequired] Guid column, [BindRequired] int version) =>
        ModelState.IsValid ? await Answer(await cells.Undo(Me, Id, row, column, version, Stop)) : Say(Problem.Invalid("Say which change of which cell.", "row"));

    /// <summary>Where I am, and where the others are.</summary>
    public async Task<IActionResult> OnPostEditingAsync(Guid? row, Guid? column)
    {
        var others = await reading.Editing(Me, Id, row, column, Stop);
        return others.Ok ? new JsonResult(others.Value.Select(o => new { o.Name, o.Row, o.Col })) : Say(others.Problem);
    }

    public async Task<IActionResult> OnPostRestoreAsync(Guid row)
    {
        var done = await rows.Restore(Me, Id, row, Stop);
        return done.Ok ? SeeOther($"/lists/{Id}") : Refuse(done.Problem);
    }

    private async Task<IActionResult> Answer(Outcome<CellWritten[]> written)
    {
        if (!written.Ok) return Say(written.Problem);
        var one = written.Value[0];
        // The words for the cell come with the page's next look; here is what an edit has to know.
        var open = await reading.Row(Me, Id, one.Row, Stop);
        if (!open.Ok) return Say(open.Problem);
        var column = open.Value.Open.List.Columns.First(c => c.Id == one.Column);
        var cell = open.Value.Row.At(one.Column);
        var names = open.Value.Open;
        return new JsonResult(new
        {
            version = one.Cell.Version, text = CellFace.Edit(column, one.Cell, Zone), shown = CellFace.Say(words, column, RowValues.Typed(names, column, one.Cell.Value), Zone, Now),
            by = one.By, at = one.Cell.At is { } at ? HospitalTime.At(at, Zone).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture) : null, latest = cell.Version,
        }) { StatusCode = one.Conflict ? 409 : 200 };
    }

    private JsonResult Say(Problem problem) => new(new { code = problem.Code, detail = ListProblems.Say(words, problem), where = problem.Where }) { StatusCode = problem.Status };

    /// <summary>What the grid's script has to know of the columns.</summary>
    public string Facts() => JsonSerializer.Serialize(new
    {
        list = Id, me = Me.Person, mayEdit = List.MayEdit && !Past,
        columns = Columns.Select(c => new
        {
            id = c.Id, name = c.Name, type = ListColumns.Word(c.Type), edit = c.Editable, required = c.Required,
            choices = c.Type == ColumnType.Choice ? c.Settings.Choices.Select(x => x.Word) : null, own = c.Settings.OwnText, several = c.Settings.Several,
            offers = Offers.TryGetValue(c.Id, out var offers) ? offers.Select(o => new object[] { o.Id, o.Name }) : null,
        }),
    }, JsonSerializerOptions.Web);
}
