using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using static HealthTeams.SmartLauncher.Ehrs.Checks.CheckStep;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>Who signs the id_tokens, and whether the keys can be read (SMART-A18).</summary>
internal static class IssuerProbe
{
    private static readonly string[] Algorithms = ["RS256", "RS384", "ES256", "ES384"];

    public static async Task<IReadOnlyList<CheckStep>> Run(Ehr ehr, EhrEndpoints at, ProbeHttp http, CancellationToken stop)
    {
        var issuer = ehr.Issuer ?? at.Issuer;
        if (issuer is null)
        {
            return
            [
                Note("issuer", Word("Neither discovery nor the registration names the issuer; the id_token's own word counts, on the EHR's own hosts only."), Word("Ask the vendor for the issuer and register it (--issuer): safer, and needed where it stands on another host.")),
                Skipped("keys", Word("Not tested: the issuer is not known before a launch.")),
            ];
        }
        if (!Uri.TryCreate(issuer.TrimEnd('/') + "/.well-known/openid-configuration", UriKind.Absolute, out var address))
        {
            return [Failed("issuer", Word("The issuer {0} is not an address."), Word("Ask the vendor which issuer its id_tokens carry, and register it (--issuer)."), issuer), Skipped("keys", Word("Not tested: the issuer is not known before a launch."))];
        }
        var configuration = await http.Json(address, stop, named: EhrDiscovery.Named(ehr.Iss, address));
        var keys = at.Jwks;
        CheckStep step;
        if (!configuration.Ok)
        {
            step = keys is null
                ? Failed("issuer", Word("{0} cannot be read: {1}"), Word("Compare the issuer with the vendor's; its openid-configuration must be open to everybody."), address.AbsoluteUri, configuration.Problem.Detail)
                : Note("issuer", Word("{0} cannot be read ({1}) The keys that SMART discovery names are used."), null, address.AbsoluteUri, configuration.Problem.Detail);
        }
        else if (DiscoveryRules.Text(configuration.Value, "issuer") is var said && said?.TrimEnd('/') != issuer.TrimEnd('/'))
        {
            step = Failed("issuer", Word("{0} speaks for the issuer {1}, not for {2}."), Word("Register the issuer that the id_tokens carry (--issuer), letter by letter."), address.AbsoluteUri, said ?? "-", issuer);
        }
        else
        {
            step = Ok("issuer", Word("Id_tokens are signed by {0}."), issuer);
            keys ??= DiscoveryRules.Address(address, configuration.Value, "jwks_uri");
        }
        return [step, keys is null ? Failed("keys", Word("Nothing names the issuer's keys (jwks_uri)."), Word("Ask the vendor to publish jwks_uri in its discovery.")) : await Keys(ehr, keys, http, stop)];
    }

    private static async Task<CheckStep> Keys(Ehr ehr, Uri address, ProbeHttp http, CancellationToken stop)
    {
        var answer = await http.Json(address, stop, named: EhrDiscovery.Named(ehr.Iss, address));
        if (!answer.Ok) return Failed("keys", Word("The keys at {0} cannot be read: {1}"), Word("Id_tokens cannot be checked without them: ask the vendor, or open the way to that host."), address.AbsoluteUri, answer.Problem.Detail);
        try
        {
            var usable = new JsonWebKeySet(answer.Value.GetRawText()).Keys.Where(k => k.Use != "enc" && k.Kty is "RSA" or "EC").ToList();
            if (usable.Count == 0) return Failed("keys", Word("There is no RSA or EC key for signatures at {0}."), Word("Show this sentence to the EHR's vendor."), address.AbsoluteUri);
            var unknown = usable.Where(k => !string.IsNullOrEmpty(k.Alg) && !Algorithms.Contains(k.Alg)).Select(k => k.Alg).Distinct().ToList();
            return unknown.Count == usable.Select(k => k.Alg).Distinct().Count()
                ? Failed("keys", Word("The keys at {0} are for {1}; we accept {2}."), Word("Ask the vendor to sign id_tokens with RS256."), address.AbsoluteUri, string.Join(", ", unknown), string.Join(", ", Algorithms))
                : Ok("keys", Word("Keys at {1}: {0}."), usable.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), address.AbsoluteUri);
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            return Failed("keys", Word("What is at {0} is not a key set."), Word("Show this sentence to the EHR's vendor."), address.AbsoluteUri);
        }
    }
}
