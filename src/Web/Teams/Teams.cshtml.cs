using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

public sealed class TeamsPage(TeamViews views) : StaffPage
{
    public IReadOnlyList<Team> Mine { get; private set; } = [];
    public IReadOnlyList<Team> Others { get; private set; } = [];

    public async Task OnGetAsync() => (Mine, Others) = (await views.Mine(Me, Stop), await views.Others(Me, Stop));
}
