namespace HealthTeams.Web.Visits;

/// <summary>The clinic queue: who waits, who is late, who is next. <c>part=list</c> answers with the live region only.</summary>
public sealed class VisitsPage(VisitLists lists) : StaffPage
{
    [BindProperty(SupportsGet = true)] public string? Day { get; set; }
    [BindProperty(SupportsGet = true)] public string? Mine { get; set; }
    [BindProperty(SupportsGet = true)] public string? Q { get; set; }

    public VisitDay List { get; private set; } = null!;
    public IReadOnlyList<VisitGroup> Groups { get; private set; } = [];
    public VisitRow? Undoable { get; private set; }

    public bool OnlyMine => Mine is "1" or "true" or "on";
    public bool Filtered => OnlyMine || !string.IsNullOrWhiteSpace(Q);
    public DateOnly Today => HospitalTime.Day(List.Now, List.TimeZone);

    public async Task<IActionResult> OnGetAsync(string? part, Guid? undo)
    {
        DateOnly? day = DateOnly.TryParseExact(Day, "yyyy-MM-dd", out var asked) ? asked : null;
        List = await lists.Day(Me, day, OnlyMine, string.IsNullOrWhiteSpace(Q) ? null : Q.Trim(), Stop);
        Groups = VisitGroup.Of(List);
        Response.Headers.CacheControl = "no-cache, no-store";
        if (part == "list") return Partial("_VisitList", this);
        if (undo is { } visit) Undoable = await lists.Find(Me, visit, Stop) is { Status: VisitStatus.NoShow } row ? row : null;
        return Page();
    }

    /// <summary>The same list with one thing changed.</summary>
    public string Link(DateOnly? day = null, bool? mine = null)
    {
        var query = new List<string>();
        var shown = day ?? List.Day;
        if (shown != Today) query.Add($"day={shown:yyyy-MM-dd}");
        if (mine ?? OnlyMine) query.Add("mine=1");
        if (!string.IsNullOrWhiteSpace(Q)) query.Add("q=" + Uri.EscapeDataString(Q));
        return query.Count == 0 ? "/visits" : "/visits?" + string.Join('&', query);
    }
}
