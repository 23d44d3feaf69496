using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.SignIn;

[AllowAnonymous]
public sealed class SignInPage(StaffSignIn staff, IServiceProvider services) : PageModel
{
    [BindProperty] public string? Username { get; set; }
    [BindProperty(SupportsGet = true)] public string? ReturnUrl { get; set; }

    public DemoSignIn? Demo { get; } = services.GetService<DemoSignIn>();
    public Problem? Problem { get; private set; }

    public void OnGet() => Response.Headers.CacheControl = "no-cache, no-store";

    public async Task<IActionResult> OnPostAsync(string? password, string? demo)
    {
        if (demo is not null && Demo is not null) (Username, password) = (demo, Demo.Password);
        if (string.IsNullOrWhiteSpace(Username) || string.IsNullOrEmpty(password))
            return Again(Problem.Invalid("", string.IsNullOrWhiteSpace(Username) ? "username" : "password", "empty"));
        var source = HttpContext.Connection.RemoteIpAddress?.ToString() ?? "";
        var session = await staff.SignIn(Username.Trim(), password, source, HttpContext.RequestAborted);
        if (!session.Ok) return Again(session.Problem);
        StaffSessions.HandOver(HttpContext, session.Value);
        return Answers.SeeOther(Response, Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/");
    }

    /// <summary>The same words whether the name or the password is wrong: a stranger learns nothing.</summary>
    public string What(Words words) => Problem switch
    {
        { Code: "empty", Where: "username" } => words["Write your user name."],
        { Code: "empty" } => words["Write your password."],
        { Status: 429 } => words["Too many attempts. Wait a minute, then try again."],
        _ => words["User name and password do not belong together. Check both; capitals count in the password."],
    };

    private PageResult Again(Problem problem)
    {
        Problem = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }
}
