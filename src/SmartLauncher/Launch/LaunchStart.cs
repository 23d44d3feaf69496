using System.Security.Cryptography;
using System.Text;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>Where the browser goes on, and with what: in the address, or in a form where that would be too long (SMART-A9).</summary>
public sealed record Onward(Uri To, IReadOnlyDictionary<string, string> Fields, bool Post)
{
    public string Address => QueryHelpers.AddQueryString(To.AbsoluteUri, Fields!);
}

/// <summary>The page with that form; the pages' module draws it, in the reader's language.</summary>
public delegate IResult OnwardPage(HttpContext http, Onward onward);

/// <summary>From /launch to the EHR's authorization endpoint (SMART-A1 to A9).</summary>
public sealed class LaunchStart(EhrRegistry ehrs, EhrDiscovery discovery, PendingLaunches pending, LauncherSettings settings)
{
    private const int LongestQuery = 8000;

    /// <summary>What proxies and older web views still carry.</summary>
    internal const int LongestAddress = 2000;

    public async Task<Outcome<Onward>> Begin(HttpContext http, LaunchTrace trace, CancellationToken stop)
    {
        var query = http.Request.Query;
        if (http.Request.QueryString.Value?.Length > LongestQuery || query["iss"].Count != 1 || query["launch"].Count > 1) return Invalid;
        var given = query["iss"].ToString();
        var iss = IssMatch.Normalise(given);
        if (!iss.Ok) return iss.Problem;
        var ehr = await ehrs.Find(iss.Value, exactly: false, stop);
        if (!ehr.Ok) return ehr.Problem;
        // Nothing is used up before the EHR was asked: the same address may be tried again.
        trace.Again = http.Request.Path + http.Request.QueryString;

        var at = await discovery.Find(iss.Value, stop);
        if (!at.Ok) return LaunchProblem.Named(at.Problem, LaunchProblem.DiscoveryFailed);

        var launch = query["launch"].ToString();
        var scope = LaunchScopes.Ask(at.Value.V2, fromEhr: launch.Length > 0, ehr.Value.WriteBack, at.Value.Capabilities);
        var secrets = new LaunchSecrets(Verifier: Secrets.New(), Nonce: Secrets.New(), scope) { Hints = LaunchHints.Of(query) };
        var state = await pending.Start(ehr.Value, iss.Value, secrets, http, stop);
        if (!state.Ok) return state.Problem;

        var ask = new Dictionary<string, string>
        {
            ["response_type"] = "code",
            ["client_id"] = ehr.Value.ClientId,
            ["redirect_uri"] = settings.LaunchCallback,
            ["scope"] = scope,
            ["state"] = state.Value,
            // As the EHR gave it: some compare it letter by letter with their own base (SMART-A8).
            ["aud"] = given,
            ["nonce"] = secrets.Nonce,
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(secrets.Verifier))),
            ["code_challenge_method"] = "S256",
        };
        if (launch.Length > 0) ask["launch"] = launch;
        var onward = new Onward(at.Value.Authorize, ask, Post: false);
        return onward with { Post = at.Value.Capabilities.Contains("authorize-post") && onward.Address.Length > LongestAddress };
    }

    private static readonly Problem Invalid = LaunchProblem.Of(LaunchProblem.IssInvalid, "A launch has one iss and at most one launch.");
}
