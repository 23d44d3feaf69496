namespace HealthTeams.Web.SignIn;

[AllowAnonymous]
public sealed class SignOutPage(StaffSignIn staff) : PageModel
{
    public async Task<IActionResult> OnPostAsync()
    {
        if (Request.Cookies[StaffSessions.Cookie] is { } secret) await staff.SignOut(secret, HttpContext.RequestAborted);
        StaffSessions.TakeBack(HttpContext);
        // On a shared workstation the provider still knows the last person: the next one is asked.
        ProviderSignIn.AskAgain(HttpContext);
        return Answers.SeeOther(Response, "/auth/sign-in");
    }
}
