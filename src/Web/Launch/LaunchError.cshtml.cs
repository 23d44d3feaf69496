using System.Text.RegularExpressions;

namespace HealthTeams.Web.Launch;

[AllowAnonymous]
public sealed partial class LaunchErrorPage : PageModel
{
    public string Code { get; private set; } = "unknown";
    public string? Reference { get; private set; }

    // Anybody can write this address: only what looks like a code or a reference of ours is repeated on the page.
    public void OnGet(string? code, string? @ref)
    {
        if (code is not null && CodeLike().IsMatch(code)) Code = code;
        if (@ref is not null && ReferenceLike().IsMatch(@ref)) Reference = @ref;
        Response.Headers.CacheControl = "no-cache, no-store";
    }

    [GeneratedRegex("^[a-z][a-z-]{1,39}$")]
    private static partial Regex CodeLike();

    [GeneratedRegex("^[A-Za-z0-9-]{4,64}$")]
    private static partial Regex ReferenceLike();
}
