using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Shifts;

/// <summary>The roster grid: people down by group, days across, open shifts on top, cover and breaches below each day.</summary>
public sealed class RosterPage(Rosters rosters, Schedules schedules, ShiftEdits edits) : StaffPage
{
    private ILookup<(Guid Group, Guid Person, DateOnly Day), ShiftItem> cells = null!;

    public Roster Roster { get; private set; } = null!;
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public Team? Bare { get; private set; }
    public ShiftItem? Undoable { get; private set; }
    public Guid Team => Roster.Place.Schedule.Team;
    public bool Manager => Roster.Place.Manager;
    public string RosterZone => Roster.Place.Schedule.Zone;
    public DateOnly Today => ShiftRules.Day(Roster.Now, Roster.Place.Schedule.Rules);

    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days, string? part, Guid? undo)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var all = await rosters.Teams(Me, Stop);
        Teams = [.. all.Where(t => t.HasSchedule).Select(t => t.Team)];
        var read = await rosters.Read(Me, team, ShiftTimes.Day(from), days ?? 7, Stop);
        if (!read.Ok)
        {
            Bare = read.Problem.Code == "no-schedule" ? all.Select(t => t.Team).FirstOrDefault(t => t.Id == team) : null;
            return Bare is null ? Refuse(read.Problem) : Page();
        }
        Roster = read.Value;
        cells = Cells().ToLookup(c => c.Key, c => c.Item);
        if (undo is { } id) Undoable = Roster.Items.FirstOrDefault(i => i.Id == id && i.Removed);
        return part == "list" ? Partial("_Roster", this) : Page();
    }

    public async Task<IActionResult> OnPostBeginAsync(Guid team, string? zone)
    {
        var begun = await schedules.Begin(Me, team, string.IsNullOrWhiteSpace(zone) ? Zone : zone, Stop);
        return begun.Ok ? SeeOther($"/shifts/{team}/settings") : Refuse(begun.Problem);
    }

    /// <summary>POST /shifts/TEAM?handler=restore: what was taken away and not yet shared comes back.</summary>
    public async Task<IActionResult> OnPostRestoreAsync(Guid team, Guid item, int version, string? back)
    {
        var done = await edits.Restore(Me, team, item, version, Stop);
        return done.Ok ? SeeOther($"/shifts/{team}{Query(back)}") : Refuse(done.Problem);
    }

    public async Task<IActionResult> OnPostNoteAsync(Guid team, string? day, string? text, bool share, string? back)
    {
        if (ShiftTimes.Day(day) is not { } on) return BadRequest();
        var done = await edits.Note(Me, team, on, text ?? "", share, Stop);
        return done.Ok ? SeeOther($"/shifts/{team}{Query(back)}") : Refuse(done.Problem);
    }

    /// <summary>Only a query of this page comes back into an address.</summary>
    internal static string Query(string? back) => back is { Length: > 1 and < 100 } && back[0] == '?' && back.All(c => char.IsAsciiLetterOrDigit(c) || c is '?' or '=' or '&' or '-') ? back : "";

    public string Here => $"?from={Roster.From:yyyy-MM-dd}&days={Roster.Days}";

    public string Link(DateOnly? from = null, int? days = null) => $"/shifts/{Team}?from={from ?? Roster.From:yyyy-MM-dd}&days={days ?? Roster.Days}";

    /// <summary>People by group; who is in none stands last.</summary>
    public IEnumerable<(ShiftGroup? Group, IReadOnlyList<RosterPerson> People)> Groups()
    {
        foreach (var group in Roster.Groups.Where(g => g.Active || Roster.Items.Any(i => i.Group == g.Id)))
        {
            var people = Roster.People.Where(p => p.Groups.Contains(group.Id) || Roster.Items.Any(i => i.Group == group.Id && i.Person == p.Id)).ToList();
            yield return (group, people);
        }
        var rest = Roster.People.Where(p => p.Groups.Count == 0 && !Roster.Items.Any(i => i.Person == p.Id && i.Group is not null)).ToList();
        if (rest.Count > 0) yield return (null, rest);
    }

    public IEnumerable<ShiftItem> At(Guid? group, Guid person, DateOnly day) => cells[(group ?? Guid.Empty, person, day)];

    public IEnumerable<ShiftItem> Open(DateOnly day) => Roster.Items.Where(i => i.Kind == "open" && Roster.DayOf(i) == day && (i.Slots > 0 || Manager));

    public double Hours(Guid person) => Roster.Items.Where(i => i.Kind == "shift" && i.Person == person && !i.Removed && Roster.DayOf(i) >= Roster.From && Roster.DayOf(i) < Roster.From.AddDays(Roster.Days)).Sum(i => i.PaidHours);

    public string Title(ShiftItem item) => item.Kind == "off" ? Roster.Reasons.FirstOrDefault(r => r.Id == item.Reason)?.Name ?? "" : item.Label;

    /// <summary>A shift stands in the row of its group; time off in all rows of its person, on each day it touches.</summary>
    private IEnumerable<((Guid, Guid, DateOnly) Key, ShiftItem Item)> Cells()
    {
        var groupsOf = Roster.People.ToDictionary(p => p.Id, p => p.Groups);
        foreach (var item in Roster.Items.Where(i => i.Person is not null))
        {
            var person = item.Person!.Value;
            if (item.Kind == "shift")
            {
                var group = item.Group ?? (groupsOf[person] is [var first, ..] ? first : Guid.Empty);
                yield return ((group, person, Roster.DayOf(item)), item);
                continue;
            }
            var last = ShiftRules.Day(item.EndsAt.AddTicks(-1), Roster.Place.Schedule.Rules);
            foreach (var group in groupsOf[person].DefaultIfEmpty(Guid.Empty))
            {
                for (var day = Roster.DayOf(item) > Roster.From ? Roster.DayOf(item) : Roster.From; day <= last && day < Roster.From.AddDays(Roster.Days); day = day.AddDays(1)) yield return ((group, person, day), item);
            }
        }
    }
}
