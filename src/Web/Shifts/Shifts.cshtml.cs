using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>My shifts: the next on top, the clock, what waits for me, what I may take.</summary>
public sealed class ShiftsPage(MyShifts mine, Rosters rosters, TimeClock clock, ShiftRequests requests) : StaffPage
{
    public const int Ahead = 60;

    public IReadOnlyList<MyShift> List { get; private set; } = [];
    public IReadOnlyList<MyShift> Open { get; private set; } = [];
    public IReadOnlyList<RequestView> Requests { get; private set; } = [];
    public IReadOnlyList<(Collaboration.Teams.Team Team, bool HasSchedule)> Teams { get; private set; } = [];
    public TimeCard? Running { get; private set; }
    public Problem? Refused { get; private set; }

    public MyShift? Next => List.FirstOrDefault(s => s.Item.Kind == "shift");
    /// <summary>Mine ends within the hour, or has just ended: the patients go to the next.</summary>
    public MyShift? Ending => List.FirstOrDefault(s => s.Item.Kind == "shift" && s.Item.StartsAt <= Now && s.Item.EndsAt <= Now.AddHours(1));
    public IEnumerable<Collaboration.Teams.Team> Rosters => Teams.Where(t => t.HasSchedule).Select(t => t.Team);
    public IEnumerable<RequestView> ForMe => Requests.Where(r => r.Request is { State: "pending", AssignedTo: "recipient" } && r.Request.Recipient == Me.Person);
    public IEnumerable<RequestView> Others => Requests.Except(ForMe);

    /// <summary>Where one clocks in: the team of the shift that is on or next, else the first.</summary>
    public Collaboration.Teams.Team? ClockTeam => Running is { } card ? Rosters.FirstOrDefault(t => t.Id == card.Team)
        : Next is { } next && next.Item.StartsAt < Now.AddHours(12) ? Rosters.FirstOrDefault(t => t.Id == next.Item.Team) : Rosters.FirstOrDefault();

    public async Task<IActionResult> OnGetAsync(string? part)
    {
        await Load();
        return part == "list" ? Partial("_MyShifts", this) : Page();
    }

    /// <summary>POST /shifts/clock: in, break, resume, out.</summary>
    public async Task<IActionResult> OnPostClockAsync(Guid team, string act, bool atPlace, string? notes, bool despite)
    {
        var done = await clock.Clock(Me, team, act, act is "in" or "out" ? atPlace : null, notes ?? "", Stop, despite);
        return done.Ok ? SeeOther("/shifts") : await Again(done.Problem);
    }

    /// <summary>POST /shifts/claims: I would like this open shift.</summary>
    public async Task<IActionResult> OnPostClaimAsync(Guid shift)
    {
        var asked = await requests.Ask(Me, new ShiftAsk("claim", shift), Stop);
        return asked.Ok ? SeeOther("/shifts") : await Again(asked.Problem);
    }

    private async Task<IActionResult> Again(Problem problem)
    {
        if (problem.Status == 404) return Refuse(problem);
        await Load();
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task Load()
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Teams = await rosters.Teams(Me, Stop);
        List = await mine.Mine(Me, Now, Now.AddDays(Ahead), Stop);
        Open = await mine.Open(Me, Stop);
        Requests = await mine.Requests(Me, Stop);
        Running = await clock.Running(Me, Stop);
    }
}
