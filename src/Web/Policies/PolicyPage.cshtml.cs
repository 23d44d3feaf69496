using HealthTeams.Collaboration.Policies;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Policies;

/// <summary>One policy: its settings, who has it.</summary>
public sealed class PolicyPage(PolicyDesk desk) : AdminPage
{
    public Policy Policy { get; private set; } = null!;
    public IReadOnlyList<PolicyAssignment> Assigned { get; private set; } = [];
    public PolicyGroups Groups { get; private set; } = new([], [], []);
    public Problem? Problem { get; private set; }
    public string Name { get; private set; } = "";

    /// <summary>What the form shows: what was typed, else what is kept.</summary>
    public IReadOnlyDictionary<string, string> Shown { get; private set; } = new Dictionary<string, string>();

    public string Value(PolicySwitch s) => Shown.GetValueOrDefault(s.Name, s.Default);

    public async Task<IActionResult> OnGetAsync(Guid id) => await Look(id, null);

    public async Task<IActionResult> OnPostAsync(Guid id, int version, string? name)
    {
        var found = await desk.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        var said = PolicySwitches.Of(found.Value.Policy.Area).ToDictionary(s => s.Name, Said);
        var edited = await desk.Edit(Me, id, version, name ?? "", said, Stop);
        // Of a stale form what is there now is shown, not what was typed over it.
        return edited.Ok ? SeeOther($"/admin/policies/{id}?done=saved") : await Look(id, edited.Problem, edited.Problem.Code == "policy-stale" ? null : (name ?? "", said));
    }

    public async Task<IActionResult> OnPostAssignAsync(Guid id)
    {
        var given = await desk.Assign(Me, id, PolicyForm.Targets(Request.Form), Stop);
        return given.Ok ? SeeOther($"/admin/policies/{id}?done=assigned") : await Look(id, given.Problem);
    }

    public async Task<IActionResult> OnPostUnassignAsync(Guid id, string? kind, string? target)
    {
        var gone = await desk.Unassign(Me, id, kind ?? "", target ?? "", Stop);
        return gone.Ok ? SeeOther($"/admin/policies/{id}?done=unassigned") : Refuse(gone.Problem);
    }

    public async Task<IActionResult> OnPostDeleteAsync(Guid id)
    {
        var gone = await desk.Delete(Me, id, Stop);
        return gone.Ok ? SeeOther("/admin/policies?done=deleted") : Refuse(gone.Problem);
    }

    private string Said(PolicySwitch s) => s.Kind == SwitchKind.Apps
        ? s.Name == "PinnedApps"
            ? string.Join(',', PolicySwitches.Apps.Select(app => (app, Place: int.TryParse(Request.Form[$"pin.{app}"], out var place) ? place : 0)).Where(p => p.Place > 0).OrderBy(p => p.Place).Select(p => p.app))
            : string.Join(',', Request.Form[s.Name].OfType<string>().Distinct())
        : Request.Form[s.Name].LastOrDefault() ?? s.Default;

    private async Task<IActionResult> Look(Guid id, Problem? problem, (string Name, IReadOnlyDictionary<string, string> Said)? typed = null)
    {
        var found = await desk.Find(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        (Policy, Assigned) = found.Value;
        (Groups, Problem) = ((await desk.Groups(Me, Stop)).Value, problem);
        (Name, Shown) = typed ?? (Policy.Name, Policy.Settings);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
