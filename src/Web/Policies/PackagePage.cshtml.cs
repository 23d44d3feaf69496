using HealthTeams.Collaboration.Policies;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Policies;

/// <summary>A package, looked at before it is assigned (PP-04).</summary>
public sealed class PackagePage(PolicyDesk desk) : AdminPage
{
    public PolicyPackage Package { get; private set; } = null!;
    public PolicyGroups Groups { get; private set; } = new([], [], []);
    public Problem? Problem { get; private set; }

    public Task<IActionResult> OnGetAsync(string package) => Look(package, null);

    public async Task<IActionResult> OnPostAsync(string package)
    {
        var given = await desk.AssignPackage(Me, package, PolicyForm.Targets(Request.Form), Stop);
        return given.Ok ? SeeOther(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/admin/policies?done=assigned&count={given.Value}")) : await Look(package, given.Problem);
    }

    private async Task<IActionResult> Look(string package, Problem? problem)
    {
        if (PolicyPackages.Find(package) is not { } found) return NotFound();
        (Package, Groups, Problem) = (found, (await desk.Groups(Me, Stop)).Value, problem);
        if (problem is not null) Response.StatusCode = problem.Status;
        return Page();
    }
}
