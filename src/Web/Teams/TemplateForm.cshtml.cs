using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Teams;

public sealed class ChannelRow
{
    public string? Name { get; set; }
    public string? Description { get; set; }
    public bool Favourite { get; set; }
    public string? Tab { get; set; }
}

/// <summary>A template from scratch, from a template, from a team, or changed: /teams/templates/new, /teams/templates/ID/edit.</summary>
public sealed class TemplateFormPage(Templates templates, TeamViews teams) : StaffPage
{
    public TeamTemplate? Known { get; private set; }
    public Team? FromTeam { get; private set; }
    public Problem? Problem { get; private set; }
    [BindProperty] public int Version { get; set; }
    [BindProperty] public string Name { get; set; } = "";
    [BindProperty] public string? Description { get; set; }
    [BindProperty] public List<ChannelRow> Channels { get; set; } = [];
    [BindProperty] public List<string> Apps { get; set; } = [];
    [BindProperty] public Dictionary<string, string> Roles { get; set; } = [];
    [BindProperty(SupportsGet = true)] public Guid? Team { get; set; }

    public async Task<IActionResult> OnGetAsync(string id, string? act, Guid? template)
    {
        if (await Load(id, act) is { } refused) return refused;
        if (Known is not null) Fill(Known.Content, Known.Version);
        else if (FromTeam is { } team) Name = team.Name;
        else if (template is { } from && await templates.Find(Me, from, Stop) is { Ok: true } source) Fill(source.Value.Content with { Name = "" }, 0);
        else Fill(TemplateContent.Empty, 0);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string id, string? act)
    {
        if (await Load(id, act) is { } refused) return refused;
        if (FromTeam is { } team) return After(await templates.AddFrom(Me, team.Id, Name ?? "", Stop));
        if (Known is null) return After(await templates.Add(Me, Content(TemplateContent.Empty), Stop));
        var changed = await templates.Change(Me, Known.Id, Content(Known.Content), Version, Stop);
        return After(changed.Ok ? Known.Id : changed.Problem);
    }

    private async Task<IActionResult?> Load(string id, string? act)
    {
        if (id == "new" && act is null)
        {
            if (Team is not { } team) return null;
            var view = await teams.Page(Me, team, Stop);
            if (!view.Ok) return Refuse(view.Problem);
            FromTeam = view.Value.Team;
            return null;
        }
        if (act != "edit" || !Guid.TryParse(id, out var template)) return NotFound();
        var found = await templates.Find(Me, template, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Known = found.Value;
        return null;
    }

    private void Fill(TemplateContent content, int version)
    {
        (Name, Description, Version, Apps) = (content.Name, content.Description, version, [.. content.Apps]);
        Channels = [.. content.Channels.Select(c => new ChannelRow { Name = c.Name, Description = c.Description, Favourite = c.Favourite, Tab = c.Tabs.Count > 0 ? c.Tabs[0].App : null }), new(), new()];
        Roles = content.Roles.ToDictionary(r => r.Role, r => r.Becomes.ToString());
    }

    /// <param name="before">Tabs beyond the first, and settings, are not on the form: they stay.</param>
    private TemplateContent Content(TemplateContent before) => before with
    {
        Name = (Name ?? "").Trim(), Description = (Description ?? "").Trim(), Apps = [.. Apps.Distinct()],
        Channels = [.. Channels.Where(c => !string.IsNullOrWhiteSpace(c.Name)).Select(c => Channel(c, before.Channels.FirstOrDefault(o => o.Name == c.Name!.Trim())))],
        Roles = [.. Roles.Where(r => TeamWords.StaffRoles.Append("*").Contains(r.Key) && Enum.TryParse<TeamRole>(r.Value, out _)).Select(r => new RolePlan(r.Key, Enum.Parse<TeamRole>(r.Value)))],
    };

    private static ChannelPlan Channel(ChannelRow row, ChannelPlan? before)
    {
        var first = before?.Tabs is [var one, ..] ? one : null;
        IReadOnlyList<TabPlan> tabs = first is not null && first.App == row.Tab ? before!.Tabs
            : [.. (string.IsNullOrEmpty(row.Tab) ? [] : new[] { new TabPlan(TeamApps.Name(row.Tab), row.Tab, null) }), .. (before?.Tabs ?? []).Skip(1)];
        return new ChannelPlan(row.Name!.Trim(), string.IsNullOrWhiteSpace(row.Description) ? null : row.Description.Trim(), row.Favourite, tabs);
    }

    private IActionResult After(Outcome<Guid> done)
    {
        if (done.Ok) return SeeOther($"/teams/templates/{done.Value}");
        (Problem, Response.StatusCode) = (done.Problem, done.Problem.Status);
        return Page();
    }
}
