using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Shifts;

/// <summary>Who is on shift now, in my teams, by role, group, skill or shift.</summary>
public sealed class NowPage(MyShifts mine, Rosters rosters) : StaffPage
{
    public IReadOnlyList<OnShift> List { get; private set; } = [];
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public string? Role { get; private set; }

    public async Task<IActionResult> OnGetAsync(string? role, string? part)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Role = string.IsNullOrWhiteSpace(role) ? null : role.Trim();
        Teams = [.. (await rosters.Teams(Me, Stop)).Where(t => t.HasSchedule).Select(t => t.Team)];
        List = await mine.Now(Me, Role, Stop);
        return part == "list" ? Partial("_Now", this) : Page();
    }
}
