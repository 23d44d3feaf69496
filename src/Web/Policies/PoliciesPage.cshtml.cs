using HealthTeams.Collaboration.Policies;
using HealthTeams.Web.Administration;

namespace HealthTeams.Web.Policies;

/// <summary>Packages, and the policies there are (PP-01, PP-03).</summary>
public sealed class PoliciesPage(PolicyDesk desk) : AdminPage
{
    public IReadOnlyList<Policy> Rows { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public string? Typed { get; private set; }
    public string? TypedArea { get; private set; }

    [BindProperty(SupportsGet = true)] public int? Count { get; set; }

    public async Task OnGetAsync() => Rows = (await desk.All(Me, Stop)).Value;

    public async Task<IActionResult> OnPostAsync(string? area, string? name)
    {
        var made = await desk.Create(Me, area ?? "", name ?? "", Stop);
        if (made.Ok) return SeeOther($"/admin/policies/{made.Value}?done=made");
        (Problem, Typed, TypedArea, Response.StatusCode) = (made.Problem, name, area, made.Problem.Status);
        await OnGetAsync();
        return Page();
    }

    /// <summary>How many assignments a package's policies have; null before it was ever used.</summary>
    public IReadOnlyList<Policy> Of(PolicyPackage package) => [.. Rows.Where(r => r.Package == package.Id)];
}
