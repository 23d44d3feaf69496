using System.Text.Json;
using static HealthTeams.SmartLauncher.Ehrs.Checks.CheckStep;

namespace HealthTeams.SmartLauncher.Ehrs.Checks;

/// <summary>Discovery: is it there, is it usable, and if not, is the address only nearly right? (SMART-A4, A5)</summary>
internal static class DiscoveryProbe
{
    private const string Path = ".well-known/smart-configuration";

    /// <summary>Without these a launch cannot lead to a visit; the first of each line is enough.</summary>
    private static readonly string[][] Needed =
    [
        ["launch-ehr", "launch-standalone"],
        ["context-ehr-patient", "context-standalone-patient", "context-ehr-encounter"],
    ];

    public static async Task<(CheckStep Step, EhrEndpoints? At)> Run(
        Ehr ehr, Uri root, Outcome<JsonElement> smart, Outcome<JsonElement> metadata, ProbeHttp http, CancellationToken stop)
    {
        var read = smart.Ok ? DiscoveryRules.FromSmart(root, smart.Value)
            : metadata.Ok ? DiscoveryRules.FromMetadata(root, metadata.Value) : smart.Problem;
        if (read.Ok) read = read.Value with { Named = EhrDiscovery.Named(ehr.Iss, read.Value.Token, read.Value.Jwks) };
        if (!read.Ok) return (await Missing(ehr, root, smart, read.Problem, http, stop), null);
        if (!smart.Ok) return (Note("discovery", Word("There is no {0}; the older way, the CapabilityStatement's security extension, names the addresses."), Word("Ask the vendor for SMART App Launch 2; the older way says nothing of PKCE and issuer."), Path), read.Value);
        var challenges = Texts(smart.Value, "code_challenge_methods_supported");
        if (challenges.Count == 0)
        {
            return (Note("discovery", Word("Discovery does not say that the EHR supports PKCE with S256. We send it all the same."), Word("Ask the vendor; a server that refuses it cannot be launched from."), Path), read.Value);
        }
        if (read.Value.Capabilities.Count > 0 && Array.Find(Needed, any => !any.Any(read.Value.Capabilities.Contains)) is { } lacks)
        {
            return (Failed("discovery", Word("Discovery lists none of {0} among its capabilities."), Word("Ask the vendor to enable it for this client: without it no launch tells us which patient is meant."), string.Join(", ", lacks)), read.Value);
        }
        return ehr.Auth switch
        {
            "private_key_jwt" when read.Value.AuthMethods.Count > 0 && !read.Value.AuthMethods.Contains("private_key_jwt") =>
                (Failed("discovery", Word("The EHR does not take clients that sign with a key; it takes {0}."), Word("Register with a client secret, or ask the vendor to allow private_key_jwt."), string.Join(", ", read.Value.AuthMethods)), read.Value),
            "secret" when read.Value.AuthMethods.Count > 0 && !read.Value.AuthMethods.Any(m => m.StartsWith("client_secret", StringComparison.Ordinal)) =>
                (Failed("discovery", Word("The EHR does not take client secrets; it takes {0}."), Word("Register with our key (private_key_jwt) and give the vendor our key address."), string.Join(", ", read.Value.AuthMethods)), read.Value),
            _ => (Ok("discovery", Word("{0} is there, with PKCE S256; authorization at {1}, tokens at {2}."), Path, read.Value.Authorize.Authority, read.Value.Token.Authority), read.Value),
        };
    }

    private static async Task<CheckStep> Missing(Ehr ehr, Uri root, Outcome<JsonElement> smart, Problem problem, ProbeHttp http, CancellationToken stop)
    {
        if (smart.Ok) return Failed("discovery", Word("Discovery is there and cannot be used: {0}"), Word("Show this sentence to the EHR's vendor."), problem.Detail);
        if (await Elsewhere(ehr, root, http, stop) is { } better)
        {
            return Failed("discovery", Word("There is no {0} below {1}, but there is one below {2}."), Word("Register that address, if it is the one that the EHR's launches send as iss."), Path, ehr.Iss, better);
        }
        return smart.Problem.Code == "no-json"
            ? Failed("discovery", Word("{0}/{1} answers with something that is not JSON, perhaps a sign-in page."), Word("Is it the FHIR address and not the web site's? Ask the vendor for the FHIR base URL, R4."), ehr.Iss, Path)
            : Failed("discovery", Word("There is no {0} below {1}: {2}"), Word("Check the address: it is the FHIR base URL, often with /R4 or a tenant at its end, without /metadata."), Path, ehr.Iss, smart.Problem.Detail);
    }

    /// <summary>The usual slips: the version at the end is missing or another, or something too much is there.</summary>
    internal static IEnumerable<string> Nearby(string iss)
    {
        foreach (var end in (string[])["/DSTU2", "/dstu2", "/STU3", "/stu3", "/metadata"])
        {
            if (iss.EndsWith(end, StringComparison.Ordinal)) yield return iss[..^end.Length] + (end == "/metadata" ? "" : char.IsUpper(end[1]) ? "/R4" : "/r4");
        }
        foreach (var end in (string[])["/R4", "/r4", "/fhir", "/api/FHIR/R4", "/fhir/r4"]) yield return iss + end;
        if (iss.LastIndexOf('/') is > 8 and var slash) yield return iss[..slash];
    }

    private static async Task<string?> Elsewhere(Ehr ehr, Uri root, ProbeHttp http, CancellationToken stop)
    {
        var tried = Nearby(ehr.Iss).Distinct().ToList();
        var found = await Task.WhenAll(tried.Select(async near =>
        {
            var answer = await http.Json(new Uri($"{near}/{Path}"), stop);
            return answer.Ok && DiscoveryRules.FromSmart(root, answer.Value).Ok;
        }));
        return tried.Where((_, i) => found[i]).FirstOrDefault();
    }

    private static List<string> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? [.. items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!)] : [];
}
