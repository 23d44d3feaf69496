namespace HealthTeams.Web.SignIn;

[AllowAnonymous]
public sealed class SignOutPage(StaffSignIn staff) : PageModel
{
    public async Task<IActionResult> OnPostAsync()
    {
        await staff.SignOut(HttpContext, HttpContext.RequestAborted);
        return Answers.SeeOther(Response, "/auth/sign-in");
    }
}
