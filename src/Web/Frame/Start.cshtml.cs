namespace HealthTeams.Web.Frame;

/// <summary>The front door leads to the queue, or to the first thing that is open to its reader.</summary>
public sealed class StartPage(MyPolicy my) : StaffPage
{
    public async Task<IActionResult> OnGetAsync()
    {
        var (policy, hour) = await my.Get(Me, Stop);
        return SeeOther(MyPolicy.Shut(policy, hour, "/visits") is null ? "/visits" : policy.PinnedApps.Select(app => "/" + app).FirstOrDefault(path => MyPolicy.Shut(policy, hour, path) is null) ?? "/me/policy");
    }
}
