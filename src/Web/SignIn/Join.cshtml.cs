namespace HealthTeams.Web.SignIn;

/// <summary>Once for each account of the hospital's provider: whose is it? Shown only in the browser where the provider just said so.</summary>
[AllowAnonymous]
public sealed class JoinAccountPage(ProviderSignIn providers) : PageModel
{
    [BindProperty] public string? Username { get; set; }

    public string Provider { get; private set; } = "";
    public string? Name { get; private set; }
    public Problem? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync() => await Waits() ? Page() : Late();

    public async Task<IActionResult> OnPostAsync(string? password)
    {
        if (!await Waits()) return Late();
        if (string.IsNullOrWhiteSpace(Username) || string.IsNullOrEmpty(password)) return Again(Problem.Invalid("", code: "empty"));
        var there = await providers.Join(Username.Trim(), password, HttpContext, HttpContext.RequestAborted);
        if (there.Ok) return Answers.SeeOther(Response, there.Value);
        return there.Problem.Code == "provider-state" ? Late() : Again(there.Problem);
    }

    public string What(Words words) => Problem switch
    {
        { Code: "empty" } => words["Write your user name and your password."],
        { Code: "provider-taken" } => words["This person already signs in with another account of your hospital. Ask your administrator which one counts."],
        { Status: 429 } => words["Too many attempts. Wait a minute, then try again."],
        _ => words["User name and password do not belong together. Check both; capitals count in the password."],
    };

    private async Task<bool> Waits()
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        if (await providers.Waiting(HttpContext, HttpContext.RequestAborted) is not { } waiting) return false;
        (Provider, Name) = waiting;
        return true;
    }

    private IActionResult Late() => Answers.SeeOther(Response, "/auth/sign-in?problem=provider-state");

    private PageResult Again(Problem problem)
    {
        Problem = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }
}
