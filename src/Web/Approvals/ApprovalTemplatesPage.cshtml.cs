using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Approvals;

public sealed class ApprovalTemplatesPage(ApprovalTemplates templates, TeamViews teams) : StaffPage
{
    public IReadOnlyList<ApprovalTemplate> All { get; private set; } = [];

    /// <summary>The teams whose templates I keep; Guid.Empty is the hospital.</summary>
    public IReadOnlySet<Guid> Keeps { get; private set; } = new HashSet<Guid>();

    public async Task OnGetAsync()
    {
        Keeps = (await teams.Mine(Me, Stop)).Where(t => t.Role == TeamRole.Owner).Select(t => t.Id).Concat(Me.Has("administrator") ? [Guid.Empty] : []).ToHashSet();
        All = [.. (await templates.All(Me, Stop)).Where(t => t.Enabled || Keeps.Contains(t.Team ?? Guid.Empty))];
    }

    public async Task<IActionResult> OnPostSwitchAsync(Guid id, bool enabled)
    {
        var done = await templates.Switch(Me, id, enabled, Stop);
        return done.Ok ? SeeOther("/approvals/templates") : Refuse(done.Problem);
    }
}
