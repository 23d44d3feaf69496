using HealthTeams.Collaboration.RosterPlans;

namespace HealthTeams.Web.RosterPlans;

/// <summary>Two plans in numbers, and on how many days each person differs.</summary>
public sealed class ComparePage(Planning planning) : StaffPage
{
    public PlanView A { get; private set; } = null!;
    public PlanView B { get; private set; } = null!;
    public Guid Team => A.Plan.Team;

    public async Task<IActionResult> OnGetAsync(Guid team, Guid a, Guid b)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var (one, other) = (await planning.Look(Me, team, a, Stop), await planning.Look(Me, team, b, Stop));
        if (!one.Ok) return Refuse(one.Problem);
        if (!other.Ok) return Refuse(other.Problem);
        (A, B) = (one.Value, other.Value);
        return A.Result is { People.Count: > 0 } && B.Result is { People.Count: > 0 } ? Page() : Refuse(Problem.Conflict("One of the plans has found nothing yet.", "plan-not-ready"));
    }

    public int Moved(Guid person) => Days(A, person).Except(Days(B, person)).Concat(Days(B, person).Except(Days(A, person))).Select(d => d.Day).Distinct().Count();

    private static IEnumerable<(DateOnly Day, string Shift)> Days(PlanView view, Guid person) =>
        view.Plan.Cells.Where(c => c.Person == person && c.Shift < view.Facts.Shifts.Count).Select(c => (view.Facts.Day(c.Day), view.Facts.Shifts[c.Shift].Label));
}
