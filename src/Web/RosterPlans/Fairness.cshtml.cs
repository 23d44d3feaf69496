using HealthTeams.Collaboration.RosterPlans;

namespace HealthTeams.Web.RosterPlans;

/// <summary>The fairness ledger of a schedule, for those who plan it.</summary>
public sealed class FairnessPage(RosterWishes wishes) : StaffPage
{
    public LedgerView View { get; private set; } = null!;
    public int PerMonth { get; private set; }
    public Problem? Refused { get; private set; }
    public Guid Team => View.Place.Schedule.Team;

    public async Task<IActionResult> OnGetAsync(Guid team)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var (view, mine) = (await wishes.Ledger(Me, team, Stop), await wishes.Mine(Me, team, Stop));
        if (!view.Ok) return Refuse(view.Problem);
        (View, PerMonth) = (view.Value, mine.Value.PerMonth);
        return Page();
    }

    /// <summary>POST: how many wishes each may have in a month.</summary>
    public async Task<IActionResult> OnPostAsync(Guid team, [FromForm(Name = "wishes")] int most)
    {
        var done = await wishes.Allow(Me, team, most, Stop);
        if (done.Ok) return SeeOther($"/shifts/{team}/ledger");
        if (await OnGetAsync(team) is not PageResult page) return Refuse(done.Problem);
        (Refused, PerMonth, Response.StatusCode) = (done.Problem, most, done.Problem.Status);
        return page;
    }
}
