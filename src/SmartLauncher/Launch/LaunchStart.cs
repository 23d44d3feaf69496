using System.Security.Cryptography;
using System.Text;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>From /launch to the EHR's authorization endpoint (SMART-A1 to A8).</summary>
public sealed class LaunchStart(EhrRegistry ehrs, EhrDiscovery discovery, PendingLaunches pending, LauncherSettings settings)
{
    private const int LongestQuery = 8000;

    /// <returns>Where the browser goes.</returns>
    public async Task<Outcome<string>> Begin(HttpContext http, CancellationToken stop)
    {
        var query = http.Request.Query;
        // Further parameters are hints an EHR may add; nothing is made of them but a limit.
        if (http.Request.QueryString.Value?.Length > LongestQuery || query["iss"].Count != 1 || query["launch"].Count > 1) return Invalid;
        var given = query["iss"].ToString();
        var iss = IssMatch.Normalise(given);
        if (!iss.Ok) return iss.Problem;
        var ehr = await ehrs.Find(iss.Value, exactly: false, stop);
        if (!ehr.Ok) return ehr.Problem;

        var at = await discovery.Find(iss.Value, stop);
        if (!at.Ok) return LaunchProblem.Named(at.Problem, LaunchProblem.DiscoveryFailed);

        var launch = query["launch"].ToString();
        var scope = LaunchScopes.Ask(at.Value.V2, fromEhr: launch.Length > 0, ehr.Value.WriteBack);
        var secrets = new LaunchSecrets(Verifier: Secrets.New(), Nonce: Secrets.New(), scope);
        var state = await pending.Start(ehr.Value, iss.Value, secrets, http, stop);
        if (!state.Ok) return state.Problem;

        var ask = new Dictionary<string, string?>
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
        return QueryHelpers.AddQueryString(at.Value.Authorize.AbsoluteUri, ask);
    }

    private static readonly Problem Invalid = LaunchProblem.Of(LaunchProblem.IssInvalid, "A launch has one iss and at most one launch.");
}
