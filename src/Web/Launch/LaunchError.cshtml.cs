using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.Web.Launch;

/// <summary>Why a launch ended, and the way on: the words of the code, what the EHR said, a start from here where there is one.</summary>
[AllowAnonymous]
public partial class LaunchErrorPage(Launches launches, LaunchFailures failures, Ending ending) : PageModel
{
    public string Code { get; private set; } = "unknown";
    public string? Reference { get; private set; }
    public string? EhrSays { get; private set; }
    public string? Again { get; private set; }

    /// <summary>A clinician may start a visit instead.</summary>
    public LaunchChoice? Choice { get; private set; }

    // Anybody can write this address: only what looks like a code or a reference of ours is repeated on the page.
    public async Task OnGetAsync(string? code, string? @ref, string? start)
    {
        if (code is not null && CodeLike().IsMatch(code)) Code = code;
        if (@ref is not null && ReferenceLike().IsMatch(@ref)) Reference = @ref;
        if (failures.Find(Reference) is { } failure) (EhrSays, Again) = (failure.EhrSays, failure.Again);
        if (start is not null && await launches.Choices(start, HttpContext, HttpContext.RequestAborted) is { Ok: true } choice) Choice = choice.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
    }

    public async Task<IActionResult> OnPostAsync(string? start)
    {
        var chosen = await launches.Choose(start ?? "", null, HttpContext, HttpContext.RequestAborted);
        return Answers.SeeOther(Response, chosen.Ok ? chosen.Value.Room
            : await ending.Of(chosen.Problem, new LaunchTrace(), null, HttpContext.RequestAborted));
    }

    [GeneratedRegex(@"^[a-z][a-z-]{1,39}\z")]
    private static partial Regex CodeLike();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{4,64}\z")]
    private static partial Regex ReferenceLike();
}
