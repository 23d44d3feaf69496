namespace HealthTeams.Web.SignIn;

[AllowAnonymous]
public sealed class SignOutPage(StaffSignIn staff) : PageModel
{
    public async Task<IActionResult> OnPostAsync()
    {
        if (Request.Cookies[StaffSessions.Cookie] is { } secret) await staff.SignOut(secret, HttpContext.RequestAborted);
        StaffSessions.TakeBack(HttpContext);
        return Answers.SeeOther(Response, "/auth/sign-in");
    }
}
