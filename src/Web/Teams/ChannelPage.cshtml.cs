using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

/// <summary>A channel's name, and a tab for it.</summary>
public sealed class ChannelPage(TeamViews views, Channels channels) : StaffPage
{
    public Guid TeamId { get; private set; }
    public string TeamName { get; private set; } = "";
    public Channel? Known { get; private set; }
    public Problem? Problem { get; private set; }
    [BindProperty] public string Name { get; set; } = "";
    [BindProperty] public string? Description { get; set; }
    [BindProperty] public bool Favourite { get; set; }
    public string? TabName { get; private set; }
    public string? App { get; private set; }
    public string? Target { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid id, string channel)
    {
        if (await Load(id, channel) is { } refused) return refused;
        if (Known is { } known) (Name, Description, Favourite) = (known.Name, known.Description, known.Favourite);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid id, string channel)
    {
        if (await Load(id, channel) is { } refused) return refused;
        var plan = new ChannelPlan(Name ?? "", string.IsNullOrWhiteSpace(Description) ? null : Description.Trim(), Favourite, []);
        return After(id, Known is { } known ? await channels.Rename(Me, id, known.Id, plan, Stop) : await channels.Add(Me, id, plan, Stop));
    }

    public async Task<IActionResult> OnPostTabAsync(Guid id, string channel, string? tabName, string? app, string? target)
    {
        if (await Load(id, channel) is { } refused) return refused;
        if (Known is not { } known) return NotFound();
        (Name, Description, Favourite, TabName, App, Target) = (known.Name, known.Description, known.Favourite, tabName, app, target);
        return After(id, await channels.AddTab(Me, id, known.Id, new TabPlan(tabName ?? "", app ?? "", string.IsNullOrWhiteSpace(target) ? null : target.Trim()), Stop));
    }

    private async Task<IActionResult?> Load(Guid id, string channel)
    {
        var view = await views.Page(Me, id, Stop);
        if (!view.Ok) return Refuse(view.Problem);
        if (view.Value.Role == TeamRole.Guest) return Refuse(Problem.Forbidden("Members change channels, guests do not.", "team-role"));
        (TeamId, TeamName) = (id, view.Value.Team.Name);
        if (channel == "new") return null;
        Known = Guid.TryParse(channel, out var wanted) ? view.Value.Channels.FirstOrDefault(c => c.Id == wanted && c.DeletedAt is null) : null;
        return Known is null ? NotFound() : null;
    }

    private IActionResult After(Guid id, Outcome<bool> done)
    {
        if (done.Ok) return SeeOther($"/teams/{id}");
        Problem = done.Problem;
        Response.StatusCode = done.Problem.Status;
        return Page();
    }
}
