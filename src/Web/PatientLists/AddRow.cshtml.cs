using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>A patient, or a line of text, with what must be filled in. Guests may too (LS-07).</summary>
public sealed class AddRowPage(ListReading reading, ListRows rows) : StaffPage
{
    public PatientList List { get; private set; } = null!;
    public IReadOnlyDictionary<Guid, IReadOnlyList<(Guid Id, string Name)>> Offers { get; private set; } = new Dictionary<Guid, IReadOnlyList<(Guid, string)>>();
    public IReadOnlyDictionary<Guid, string?> Said { get; private set; } = new Dictionary<Guid, string?>();
    public string? Title { get; private set; }
    public Problem? Problem { get; private set; }
    public bool InDialog { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid id, string? part) => Show(id, part);

    public async Task<IActionResult> OnPostAsync(Guid id, Guid? patient, string? title, string? part)
    {
        Said = RowForm.Texts(Request.Form);
        Title = title;
        var added = await rows.Add(Me, id, new(patient, title, Said), Stop);
        if (added.Ok) return SeeOther($"/lists/{id}");
        if (added.Problem.Status == 404) return Refuse(added.Problem);
        Problem = added.Problem;
        Response.StatusCode = added.Problem.Status;
        return await Show(id, part);
    }

    private async Task<IActionResult> Show(Guid id, string? part)
    {
        var open = await reading.Shape(Me, id, Stop);
        if (!open.Ok) return Refuse(open.Problem);
        List = open.Value;
        Offers = await reading.Offers(Me, List, Stop);
        InDialog = part == "dialog";
        return Page();
    }
}

/// <summary>Fields of a row's form: v.COLUMN holds the text, n.COLUMN the version that was seen, b.COLUMN the text as it was.</summary>
internal static class RowForm
{
    public static IReadOnlyDictionary<Guid, string?> Texts(Microsoft.AspNetCore.Http.IFormCollection form) => form.Where(f => f.Key.StartsWith("v.", StringComparison.Ordinal) && Guid.TryParse(f.Key.AsSpan(2), out _))
        .ToDictionary(f => Guid.Parse(f.Key.AsSpan(2)), f => (string?)string.Join("; ", f.Value.Where(v => !string.IsNullOrEmpty(v))));

    public static IReadOnlyList<CellEdit> Changed(Microsoft.AspNetCore.Http.IFormCollection form) =>
        [.. Texts(form).Where(t => (form[$"b.{t.Key}"].ToString() ?? "") != (t.Value ?? "")).Select(t => new CellEdit(t.Key, int.TryParse(form[$"n.{t.Key}"], out var n) ? n : 0, t.Value))];
}

/// <summary>One field of a row's form.</summary>
/// <param name="Live">Saved as it is left, by script; without script the form's button does it.</param>
public sealed record RowField(ListColumn Column, string Text, int Version, IReadOnlyList<(Guid Id, string Name)> Offers, bool Live, bool Editable);
