using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>Rounding: one patient on the screen, the next by one button; "rounded" is another.</summary>
public sealed class RoundPage(ListReading reading, ListViews views) : OpenListPage(reading, views)
{
    private readonly ListReading reading = reading;

    public ListRow? Current { get; private set; }
    public ListRow? Before { get; private set; }
    public ListRow? After { get; private set; }
    public int At { get; private set; }
    public int Of { get; private set; }
    public ListColumn? Rounded => List.Columns.FirstOrDefault(c => c.Type == ColumnType.Rounded);
    public IReadOnlyDictionary<Guid, IReadOnlyList<(Guid Id, string Name)>> Offers { get; private set; } = new Dictionary<Guid, IReadOnlyList<(Guid, string)>>();

    public async Task<IActionResult> OnGetAsync(Guid? row)
    {
        if (await Load(all: true) is { } problem) return Refuse(problem);
        var order = Rows.ToList();
        At = Math.Max(0, order.FindIndex(r => r.Id == row));
        Of = order.Count;
        Current = order.ElementAtOrDefault(At);
        (Before, After) = (order.ElementAtOrDefault(At - 1), order.ElementAtOrDefault(At + 1));
        Offers = await reading.Offers(Me, List, Stop);
        return Page();
    }

    public string To(ListRow row) => Link(page: "/round") is var link && link.Contains('?', StringComparison.Ordinal) ? $"{link}&row={row.Id}" : $"{link}?row={row.Id}";
}
