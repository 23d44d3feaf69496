using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>One thing on the roster: read by all, changed by managers. What was typed stays when something is refused.</summary>
public sealed class ItemPage(Rosters rosters, ShiftEdits edits, Words words) : StaffPage
{
    [BindProperty] public string Kind { get; set; } = "shift";
    [BindProperty] public Guid? Person { get; set; }
    [BindProperty] public Guid? Group { get; set; }
    [BindProperty] public Guid? Reason { get; set; }
    [BindProperty] public int Slots { get; set; } = 1;
    [BindProperty] public string? Date { get; set; }
    [BindProperty] public string? Start { get; set; } = "07:00";
    [BindProperty] public string? EndDate { get; set; }
    [BindProperty] public string? End { get; set; } = "15:00";
    [BindProperty] public string? Label { get; set; }
    [BindProperty] public string? Notes { get; set; }
    [BindProperty] public string Theme { get; set; } = "white";
    [BindProperty] public string? Activities { get; set; }
    [BindProperty] public string? Skills { get; set; }
    [BindProperty] public string? Overriding { get; set; }
    [BindProperty] public int Version { get; set; }

    public Roster Roster { get; private set; } = null!;
    public ShiftItem? Item { get; private set; }
    public Problem? Refused { get; private set; }
    public string Back { get; private set; } = "";
    public bool InDialog { get; private set; }
    public Guid Team => Roster.Place.Schedule.Team;
    public string RosterZone => Roster.Place.Schedule.Zone;
    public bool Manager => Roster.Place.Manager;
    public string Action => Item is { } item ? $"/shifts/{Team}/item/{item.Id}" : $"/shifts/{Team}/item";

    public async Task<IActionResult> OnGetAsync(Guid team, Guid? id, string? part, string? back, string? date, Guid? person, Guid? group, string? kind)
    {
        if (await Load(team, id, back) is { } refused) return refused;
        if (!Manager && Item is null) return NotFound();
        (InDialog, Date, Person, Group, Kind) = (part == "dialog", date, person, group ?? Roster.Groups.FirstOrDefault(g => g.Active)?.Id, kind is "open" or "off" ? kind : "shift");
        if (Item is { } item) Fill(item);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, Guid? id, bool share, string? back)
    {
        if (await Load(team, id, back) is { } refused) return refused;
        var zone = Roster.Place.Schedule.TimeZone;
        if (ShiftTimes.Span(Date, Start, Kind == "off" ? EndDate : null, End, zone) is not { } span) return Again(Problem.Unprocessable(words["Write the day as 2026-11-30 and times as 07:00."], "date", "time-format"));
        if (ShiftTimes.Activities(Kind == "off" ? "" : Activities, span.From, zone) is not { } activities) return Again(Problem.Unprocessable(words["Write one activity on a line: 12:00-12:30 Lunch unpaid"], "activities", "activity-format"));
        var said = new ShiftSaid(id, Version, Kind, Kind == "open" ? null : Person, Kind == "off" ? null : Group, Kind == "off" ? Reason : null, Kind == "open" ? Slots : null, span.From, span.To, Label ?? "", Notes ?? "", Theme,
            activities, [.. (Skills ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)], share, Overriding);
        var saved = await edits.Save(Me, team, said, Stop);
        return saved.Ok ? SeeOther($"/shifts/{team}{Back}") : Again(saved.Problem);
    }

    /// <summary>POST …?handler=removal: taken off; undo is offered for ten seconds, and until it is shared nothing changes for staff.</summary>
    public async Task<IActionResult> OnPostRemovalAsync(Guid team, Guid id, int version, string? back)
    {
        if (await Load(team, id, back) is { } refused) return refused;
        var done = await edits.Remove(Me, team, id, version, Stop);
        return done.Ok ? SeeOther($"/shifts/{team}{(Back.Length > 0 ? Back + "&" : "?")}undo={id}") : Again(done.Problem);
    }

    /// <summary>POST …?handler=place: copied, or moved, to another person and day at the same time on the wall.</summary>
    public async Task<IActionResult> OnPostPlaceAsync(Guid team, Guid id, int version, Guid? to, Guid? toGroup, string? day, bool move, string? overriding, string? back)
    {
        if (await Load(team, id, back) is { } refused) return refused;
        if (ShiftTimes.Day(day) is not { } on || Item is null) return BadRequest();
        var shifted = Patterns.Shifted(Item, on.DayNumber - Roster.DayOf(Item).DayNumber, Roster.Place.Schedule.TimeZone, activities: true, Item.Id);
        var saved = await edits.Save(Me, team, new ShiftSaid(move ? id : null, version, Item.Kind, Item.Kind == "open" ? null : to ?? Item.Person, Item.Kind == "off" ? null : toGroup ?? Item.Group, Item.Reason, Item.Slots,
            shifted.StartsAt, shifted.EndsAt, Item.Label, Item.Notes, Item.Theme, shifted.Activities, Item.Skills, false, overriding), Stop);
        if (saved.Ok) return SeeOther($"/shifts/{team}{Back}");
        (Date, Person, Overriding) = (day, to ?? Item.Person, overriding);
        return Again(saved.Problem);
    }

    private IActionResult Again(Problem problem)
    {
        if (problem.Status is 403 or 404) return Refuse(problem);
        Refused = problem;
        // What is there now stands above; what was typed stays, and saving again means it.
        if (problem.Code == "stale" && Item is { } now) Version = now.Version;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, Guid? id, string? back)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Back = RosterPage.Query(back);
        var roster = await rosters.Read(Me, team, null, 1, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        Roster = roster.Value;
        if (id is not { } known) return null;
        var item = await rosters.Item(Me, team, known, Stop);
        if (!item.Ok) return Refuse(item.Problem);
        Item = item.Value;
        return null;
    }

    private void Fill(ShiftItem item)
    {
        var (from, to) = (HospitalTime.At(item.StartsAt, RosterZone), HospitalTime.At(item.EndsAt, RosterZone));
        (Kind, Person, Group, Reason, Slots, Theme, Version) = (item.Kind, item.Person, item.Group, item.Reason, item.Slots ?? 1, item.Theme, item.Version);
        (Date, Start, EndDate, End) = ($"{from:yyyy-MM-dd}", $"{from:HH:mm}", $"{to:yyyy-MM-dd}", $"{to:HH:mm}");
        (Label, Notes, Skills, Activities, Overriding) = (item.Label, item.Notes, string.Join(", ", item.Skills), ShiftTimes.Lines(item.Activities, RosterZone), item.Override);
    }
}
