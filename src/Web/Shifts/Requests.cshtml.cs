using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>All requests of a team for those who decide, each with the rules it would break.</summary>
public sealed class RequestsPage(MyShifts mine) : StaffPage
{
    public TeamRequests List { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(Guid team, string? part)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var list = await mine.Requests(Me, team, Stop);
        if (!list.Ok) return Refuse(list.Problem);
        List = list.Value;
        return part == "list" ? Partial("_Requests", this) : Page();
    }
}
