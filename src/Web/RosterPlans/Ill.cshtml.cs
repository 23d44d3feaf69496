using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Web.Shifts;

namespace HealthTeams.Web.RosterPlans;

/// <summary>A sick call: who, from when to when; what comes of it is a plan like any other, made in seconds.</summary>
public sealed class IllPage(Planning planning) : StaffPage
{
    /// <summary>A few shifts of a few days are decided in one or two.</summary>
    public const int Seconds = 8;

    public PlanStart Start { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public bool InDialog { get; private set; }
    public Guid? Person { get; private set; }
    public Guid? Reason { get; private set; }
    public string? First { get; private set; }
    public string? Last { get; private set; }
    public Guid Team => Start.Place.Schedule.Team;

    public async Task<IActionResult> OnGetAsync(Guid team, Guid? person, string? date, string? part)
    {
        if (await Load(team) is { } refused) return refused;
        (InDialog, Person) = (part == "dialog", person);
        First = Last = $"{ShiftTimes.Day(date) ?? HospitalTime.Day(Now, Zone):yyyy-MM-dd}";
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, Guid? person, Guid? reason, string? first, string? last)
    {
        if (await Load(team) is { } refused) return refused;
        (Person, Reason, First, Last) = (person, reason, first, last);
        if (ShiftTimes.Day(first) is not { } from || ShiftTimes.Day(last) is not { } to || to < from) return Again(Problem.Unprocessable("The range has a first and a last day.", "first", "range"));
        // Whoever can take a shift is of a group of the sick person's; they decide which rosters are looked at.
        var groups = Start.Roster.Groups.Where(g => g.Active && person is { } p && g.People.Contains(p)).Select(g => g.Id).ToArray();
        var begun = await planning.Begin(Me, team, "illness", from, to.DayNumber - from.DayNumber + 1, new PlanAsk { Groups = groups, Ill = person, Reason = reason }, Seconds, null, Stop);
        return begun.Ok ? SeeOther($"/shifts/{team}/plans/{begun.Value}") : Again(begun.Problem);
    }

    private PageResult Again(Problem problem)
    {
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var start = await planning.Start(Me, team, HospitalTime.Day(Now, Zone), 1, Stop);
        if (!start.Ok) return Refuse(start.Problem);
        Start = start.Value;
        return null;
    }
}
