using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>The columns of a list (LS-03): add, change, move, remove, by who may shape it.</summary>
public sealed class ColumnsPage(ListReading reading, ListColumns columns, TeamLists lists) : StaffPage
{
    public PatientList List { get; private set; } = null!;
    public ListColumn? Column { get; private set; }
    public IReadOnlyList<PatientList> Others { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public ColumnAsked? Said { get; private set; }

    public Task<IActionResult> OnGetAsync(Guid id, Guid? column) => Show(id, column, null);

    public async Task<IActionResult> OnPostAsync(Guid id, Guid? column, ColumnType type, string? name, bool required, bool readOnly, bool hidden, bool unique, string? standard, string? choices, bool own, bool several,
        string? currency, Guid? lookup, string? source, string? calculation, Guid? since, string? rules)
    {
        // What a column holds stays, whatever a form says.
        if (column is { } old && await reading.Shape(Me, id, Stop) is { Ok: true, Value: var shape } && shape.Columns.FirstOrDefault(c => c.Id == old) is { } before) type = before.Type;
        var asked = new ColumnAsked((name ?? "").Trim(), type)
        {
            Required = required, ReadOnly = readOnly, Hidden = hidden, IsUnique = unique, Default = string.IsNullOrWhiteSpace(standard) ? null : standard,
            Settings = new()
            {
                Choices = type == ColumnType.Choice ? ChoicesOf(choices) : [], OwnText = own, Several = several, Currency = type == ColumnType.Currency ? currency?.ToUpperInvariant() : null, List = type == ColumnType.Lookup ? lookup : null,
                Source = type == ColumnType.Ehr ? source : type == ColumnType.Calculated ? calculation : null, Column = type == ColumnType.Calculated ? since : null, Rules = RulesOf(rules),
            },
        };
        Said = asked;
        var done = column is { } known ? await columns.Change(Me, id, known, asked, Stop) : await columns.Add(Me, id, asked, Stop);
        return done.Ok ? SeeOther($"/lists/{id}/columns") : done.Problem.Status == 404 ? Refuse(done.Problem) : await Show(id, column, done.Problem);
    }

    public async Task<IActionResult> OnPostMoveAsync(Guid id, Guid column, bool left) => Then(id, await columns.Move(Me, id, column, left, Stop));

    public async Task<IActionResult> OnPostRemoveAsync(Guid id, Guid column) => Then(id, await columns.Remove(Me, id, column, Stop));

    /// <summary>"Stable = green", one a line.</summary>
    public static IReadOnlyList<Choice> ChoicesOf(string? text) => [.. Lines(text).Select(l => l.LastIndexOf('=') is > 0 and var at && ColumnRules.Tones.Contains(l[(at + 1)..].Trim().ToLowerInvariant())
        ? new Choice(l[..at].Trim(), l[(at + 1)..].Trim().ToLowerInvariant()) : new Choice(l))];

    /// <summary>"gt 38.5 = red fever": comparison, value, colour and word, one a line.</summary>
    public static IReadOnlyList<FormatRule> RulesOf(string? text) => [.. Lines(text).Select(line =>
    {
        var (left, right) = line.Split('=', 2, StringSplitOptions.TrimEntries) is [var l, var r] ? (l, r) : (line, "");
        var (how, then) = (left.Split(' ', 2, StringSplitOptions.TrimEntries), right.Split(' ', 2, StringSplitOptions.TrimEntries));
        return new FormatRule(how[0], how.Length > 1 ? how[1] : null, then[0], then.Length > 1 ? then[1] : "");
    })];

    public static string Text(IEnumerable<Choice> choices) => string.Join('\n', choices.Select(c => c.Tone is null ? c.Word : $"{c.Word} = {c.Tone}"));
    public static string Text(IEnumerable<FormatRule> rules) => string.Join('\n', rules.Select(r => $"{r.Op}{(r.Value is null ? "" : " " + r.Value)} = {r.Tone} {r.Word}"));

    private static string[] Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private IActionResult Then(Guid id, Outcome<Guid> done) => done.Ok ? SeeOther($"/lists/{id}/columns") : Refuse(done.Problem);

    private async Task<IActionResult> Show(Guid id, Guid? column, Problem? problem)
    {
        var shape = await reading.Shape(Me, id, Stop);
        if (!shape.Ok) return Refuse(shape.Problem);
        List = shape.Value;
        if (!List.MayShape) return Refuse(Problem.Forbidden("The owners of this team keep the shape of this list to themselves.", "list-shape"));
        if (column is not null && (Column = List.Columns.FirstOrDefault(c => c.Id == column)) is null) return NotFound();
        Others = [.. (await lists.Mine(Me, Stop)).Where(l => l.Team == List.Team && l.Id != id)];
        Problem = problem;
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
