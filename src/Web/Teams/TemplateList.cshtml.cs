using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

public sealed class TemplateListPage(Templates templates) : StaffPage
{
    public IReadOnlyList<TeamTemplate> All { get; private set; } = [];
    public bool Keeps => Templates.Keeps(Me);

    public async Task OnGetAsync() => All = await templates.All(Me, Stop);
}
