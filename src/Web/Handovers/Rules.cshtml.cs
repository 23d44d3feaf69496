using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Handovers;

/// <summary>Of a team, by its owners: what clocking out says, and when they are told.</summary>
public sealed class RulesPage(HandoverViews views, GiveHandover give) : StaffPage
{
    public Standing Team { get; private set; } = null!;
    public HandoverRule Rule { get; private set; } = new();
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid team)
    {
        var found = await views.Rule(Me, team, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        (Team, Rule) = found.Value;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, string? clockOut, int minutes, int version)
    {
        var asked = new HandoverRule { ClockOut = clockOut ?? "", EscalateMinutes = minutes, Version = version };
        var done = await give.SetRule(Me, team, asked, Stop);
        if (done.Ok) return SeeOther($"/handovers/rules/{team}");
        if (done.Problem.Status == 404) return Refuse(done.Problem);
        Problem = done.Problem;
        Response.StatusCode = done.Problem.Status;
        var page = await OnGetAsync(team);
        if (done.Problem.Code != "stale") Rule = asked with { Version = Rule.Version };
        return page;
    }
}
