using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

public sealed class TeamSettingsPage(TeamViews views, TeamActions teams) : StaffPage
{
    public Team Team { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    [BindProperty] public string Name { get; set; } = "";
    [BindProperty] public string? Description { get; set; }
    [BindProperty] public string Visibility { get; set; } = "private";
    [BindProperty] public int Version { get; set; }

    public async Task<IActionResult> OnGetAsync(Guid id)
    {
        if (await Load(id) is { } refused) return refused;
        (Name, Description, Visibility, Version) = (Team.Name, Team.Description, Team.Visibility, Team.Version);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id)
    {
        var done = await teams.Edit(Me, id, Name ?? "", Description, Visibility ?? "", Version, Stop);
        if (done.Ok) return SeeOther($"/teams/{id}");
        if (await Load(id) is { } refused) return refused;
        (Problem, Response.StatusCode) = (done.Problem, done.Problem.Status);
        return Page();
    }

    private async Task<IActionResult?> Load(Guid id)
    {
        var view = await views.Page(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        Team = view.Value.Team;
        return view.Value.Role == TeamRole.Owner ? null : Refuse(Problem.Forbidden("Only an owner changes this.", "team-role"));
    }
}
