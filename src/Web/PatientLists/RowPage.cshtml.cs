using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>One row on a page of its own: every field, the conversation (LS-05), every change (LS-04). The phone's way to edit.</summary>
public sealed class RowPage(ListReading reading, CellWrites cells, ListRows rows, Words words) : StaffPage
{
    public OpenRow Row { get; private set; } = null!;
    public PatientList List => Row.Open.List;
    public IReadOnlyDictionary<Guid, IReadOnlyList<(Guid Id, string Name)>> Offers { get; private set; } = new Dictionary<Guid, IReadOnlyList<(Guid, string)>>();
    public IReadOnlyList<(ListColumn Column, string Mine, string Theirs, string? By)> Conflicts { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public bool Edits => List.MayEdit && Row.Row.State == "active";

    public Task<IActionResult> OnGetAsync(Guid id, Guid row) => Show(id, row);

    /// <summary>Without script: what was changed is written; where somebody else was faster both texts are shown, and nothing is lost.</summary>
    public async Task<IActionResult> OnPostAsync(Guid id, Guid row, string? next)
    {
        var edits = RowForm.Changed(Request.Form);
        if (edits.Count == 0) return SeeOther(Next(id, row, next));
        var written = await cells.Write(Me, id, row, edits, Stop);
        if (!written.Ok && written.Problem.Status == 404) return Refuse(written.Problem);
        if (written is { Ok: true, Value: var all } && all.All(w => !w.Conflict)) return SeeOther(Next(id, row, next));
        Problem = written.Problem;
        var page = await Show(id, row);
        if (written.Ok && Row is not null)
        {
            Conflicts = [.. written.Value.Where(w => w.Conflict).Select(w => (List.Columns.First(c => c.Id == w.Column), edits.First(e => e.Column == w.Column).Text ?? "", CellFace.Edit(List.Columns.First(c => c.Id == w.Column), w.Cell, Zone), w.By))];
        }
        Response.StatusCode = written.Ok ? 409 : written.Problem.Status;
        return page;
    }

    public Task<IActionResult> OnPostCommentAsync(Guid id, Guid row, string? text) => Done(rows.Comment(Me, id, row, text, Stop), $"/lists/{id}/rows/{row}#comments");

    public Task<IActionResult> OnPostRemoveAsync(Guid id, Guid row) => Done(rows.Remove(Me, id, row, Stop), $"/lists/{id}?undo={row}");

    public Task<IActionResult> OnPostRestoreAsync(Guid id, Guid row) => Done(rows.Restore(Me, id, row, Stop), $"/lists/{id}/rows/{row}");

    public async Task<IActionResult> OnPostRoundAsync(Guid id, Guid row, string? next)
    {
        var done = await cells.Round(Me, id, row, Stop);
        return done.Ok ? SeeOther(Next(id, row, next)) : Refuse(done.Problem);
    }

    /// <summary>The words of a value that a cell once had.</summary>
    public string Said(CellChange change, string? json)
    {
        if (json is null) return words["empty"];
        using var value = JsonDocument.Parse(json);
        var column = List.Columns.FirstOrDefault(c => c.Id == change.Column);
        if (column is null) return CellValue.Text(value.RootElement) ?? "";
        var text = CellFace.Say(words, column, RowValues.Typed(Row.Open, column, value.RootElement), Zone, Now);
        return column.Type == ColumnType.Rounded && value.RootElement.TryGetProperty("by", out var by) ? $"{text} {Row.Open.NameOf(by.GetString())}" : text;
    }

    private async Task<IActionResult> Done(Task<Outcome<Guid>> change, string next)
    {
        var done = await change;
        return done.Ok ? SeeOther(next) : Refuse(done.Problem);
    }

    private async Task<IActionResult> Show(Guid id, Guid row)
    {
        var open = await reading.Row(Me, id, row, Stop);
        if (!open.Ok) return Refuse(open.Problem);
        Row = open.Value;
        Offers = await reading.Offers(Me, List, Stop);
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }

    private static string Next(Guid id, Guid row, string? next) => Guid.TryParse(next, out var other) ? $"/lists/{id}/round?row={other}" : next == "round" ? $"/lists/{id}/round?row={row}" : $"/lists/{id}/rows/{row}";
}
