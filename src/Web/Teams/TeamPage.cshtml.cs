using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

/// <summary>One team: its channels, tabs and people, and what its owners do to it.</summary>
public sealed class TeamPage(TeamViews views, TeamActions teams, Channels channels) : StaffPage
{
    public TeamPageView View { get; private set; } = null!;
    public Problem? Problem { get; private set; }
    [BindProperty(SupportsGet = true)] public string? Done { get; set; }
    [BindProperty(SupportsGet = true)] public Guid? Channel { get; set; }

    public Task<IActionResult> OnGetAsync(Guid id) => Show(id);

    public async Task<IActionResult> OnPostJoinAsync(Guid id) => await After(id, await teams.Join(Me, id, Stop));
    public async Task<IActionResult> OnPostAddAsync(Guid id, Guid[] person, TeamRole role) => await After(id, await teams.Add(Me, id, person, role, Stop));
    public async Task<IActionResult> OnPostRoleAsync(Guid id, Guid person, TeamRole role) => await After(id, await teams.SetRole(Me, id, person, role, Stop));

    public async Task<IActionResult> OnPostRemoveAsync(Guid id, Guid person)
    {
        var removed = await teams.Remove(Me, id, person, Stop);
        return removed.Ok && person == Me.Person ? SeeOther("/teams") : await After(id, removed);
    }

    public async Task<IActionResult> OnPostArchiveAsync(Guid id) => await After(id, await teams.Archive(Me, id, true, Stop));
    public async Task<IActionResult> OnPostRestoreAsync(Guid id) => await After(id, await teams.Archive(Me, id, false, Stop));
    public async Task<IActionResult> OnPostRemoveTabAsync(Guid id, Guid tab) => await After(id, await channels.RemoveTab(Me, id, tab, Stop));
    public async Task<IActionResult> OnPostDeleteChannelAsync(Guid id, Guid channel) => await After(id, await channels.Delete(Me, id, channel, Stop), $"?done=deleted&channel={channel}");
    public async Task<IActionResult> OnPostRestoreChannelAsync(Guid id, Guid channel) => await After(id, await channels.Restore(Me, id, channel, Stop));

    private async Task<IActionResult> After(Guid id, Outcome<bool> done, string query = "")
    {
        if (done.Ok) return SeeOther($"/teams/{id}{query}");
        Problem = done.Problem;
        return done.Problem.Status == 404 && done.Problem.Code == "team-unknown" ? Refuse(done.Problem) : await Show(id);
    }

    private async Task<IActionResult> Show(Guid id)
    {
        var view = await views.Page(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        View = view.Value;
        if (Problem is not null) Response.StatusCode = Problem.Status;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
