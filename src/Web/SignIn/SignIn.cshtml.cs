using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.SignIn;

/// <summary>With the hospital's own account, or with a user name and password of ours. ?hospital=SLUG shows that hospital's providers only.</summary>
[AllowAnonymous]
public sealed partial class SignInPage(StaffSignIn staff, IdentityProviders providers, IServiceProvider services) : PageModel
{
    [BindProperty] public string? Username { get; set; }
    [BindProperty(SupportsGet = true)] public string? ReturnUrl { get; set; }

    public DemoSignIn? Demo { get; } = services.GetService<DemoSignIn>();
    public IReadOnlyList<ProviderOffer> Providers { get; private set; } = [];
    public Problem? Problem { get; private set; }
    public string? Reference { get; private set; }

    // Anybody can write this address: only what looks like a code or a reference of ours counts.
    public async Task OnGetAsync(string? hospital, string? problem, string? @ref)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        Providers = await providers.Offers(hospital, HttpContext.RequestAborted);
        if (problem is null || !CodeLike().IsMatch(problem)) return;
        Problem = new Problem(400, problem, "");
        if (@ref is not null && ReferenceLike().IsMatch(@ref)) Reference = @ref;
    }

    public async Task<IActionResult> OnPostAsync(string? password, string? demo)
    {
        if (demo is not null && Demo is not null) (Username, password) = (demo, Demo.Password);
        if (string.IsNullOrWhiteSpace(Username) || string.IsNullOrEmpty(password))
            return await Again(Problem.Invalid("", string.IsNullOrWhiteSpace(Username) ? "username" : "password", "empty"));
        var source = HttpContext.Connection.RemoteIpAddress?.ToString() ?? "";
        var session = await staff.SignIn(Username.Trim(), password, source, HttpContext.RequestAborted);
        if (!session.Ok) return await Again(session.Problem);
        StaffSessions.HandOver(HttpContext, session.Value);
        return Answers.SeeOther(Response, Url.IsLocalUrl(ReturnUrl) ? ReturnUrl : "/");
    }

    /// <summary>The same words whether the name or the password is wrong: a stranger learns nothing.</summary>
    public string What(Words words) => Problem switch
    {
        { Code: "empty", Where: "username" } => words["Write your user name."],
        { Code: "empty" } => words["Write your password."],
        { Code: { } code } when code.StartsWith("provider-", StringComparison.Ordinal) => ProviderWords(words, code),
        { Status: 429 } => words["Too many attempts. Wait a minute, then try again."],
        _ => words["User name and password do not belong together. Check both; capitals count in the password."],
    };

    private static string ProviderWords(Words words, string code) => code switch
    {
        "provider-refused" => words["Your hospital’s sign-in said no, or you left it. Try again, or sign in with your password."],
        "provider-unreachable" => words["Your hospital’s sign-in does not answer. Try again in a moment, or sign in with your password."],
        "provider-state" => words["That sign-in took too long, or began in another browser. Start again here."],
        "provider-taken" => words["This person already signs in with another account of your hospital. Ask your administrator which one counts."],
        _ => words["Your hospital’s sign-in sent an answer we cannot trust. Tell your administrator, with the reference below."],
    };

    private async Task<PageResult> Again(Problem problem)
    {
        Problem = problem;
        Providers = await providers.Offers(null, HttpContext.RequestAborted);
        Response.StatusCode = problem.Status;
        return Page();
    }

    [GeneratedRegex(@"^provider-[a-z]{1,20}\z")]
    private static partial Regex CodeLike();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{4,64}\z")]
    private static partial Regex ReferenceLike();
}
