using HealthTeams.SmartLauncher.Sessions;

namespace HealthTeams.Web.Launch;

/// <summary>Gives up this device's place in a visit (SMART-A30). The EHR's tokens go with it.</summary>
[Authorize(Policy = "seat")]
public sealed class SignOutPage(VisitSessions sessions) : PageModel
{
    public IActionResult OnGet(string sid) => Answers.SeeOther(Response, $"/room/{sid}");

    public async Task<IActionResult> OnPostAsync()
    {
        await sessions.SignOut(HttpContext, Caller.Of(HttpContext)!, HttpContext.RequestAborted);
        return Answers.SeeOther(Response, "/launch/signed-out");
    }
}
