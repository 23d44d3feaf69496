using System.Net;
using System.Text.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.SmartLauncher.Ehrs;

/// <summary>Reads discovery documents: pure. Addresses may be relative to the FHIR base (R379) and must be https or loopback.</summary>
public static class DiscoveryRules
{
    private const string OAuthUris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

    public static Outcome<EhrEndpoints> FromSmart(Uri root, JsonElement smart)
    {
        if (Address(root, smart, "authorization_endpoint") is not { } authorize || Address(root, smart, "token_endpoint") is not { } token)
        {
            return Failed("has no usable authorization_endpoint and token_endpoint");
        }
        var challenges = Set(smart, "code_challenge_methods_supported");
        if (challenges.Count > 0 && !challenges.Contains("S256")) return Failed("does not support PKCE with S256");
        return new EhrEndpoints(authorize, token, Text(smart, "issuer"), Address(root, smart, "jwks_uri"), Address(root, smart, "revocation_endpoint"))
        {
            Capabilities = Set(smart, "capabilities"),
            AuthMethods = Set(smart, "token_endpoint_auth_methods_supported"),
            SigningAlgorithms = Set(smart, "token_endpoint_auth_signing_alg_values_supported"),
        };
    }

    public static Outcome<EhrEndpoints> FromMetadata(Uri root, JsonElement statement)
    {
        var uris = Items(statement, "rest")
            .Where(rest => rest.ValueKind == JsonValueKind.Object && rest.TryGetProperty("security", out var s) && s.ValueKind == JsonValueKind.Object)
            .SelectMany(rest => Items(rest.GetProperty("security"), "extension"))
            .Where(e => Text(e, "url") == OAuthUris)
            .SelectMany(e => Items(e, "extension"))
            .Where(e => Text(e, "url") is not null)
            .ToLookup(e => Text(e, "url")!, e => Address(root, e, "valueUri"), StringComparer.Ordinal);
        return uris["authorize"].FirstOrDefault() is { } authorize && uris["token"].FirstOrDefault() is { } token
            ? new EhrEndpoints(authorize, token, null, null, uris["revoke"].FirstOrDefault())
            : Failed("names no authorize and token address in its security extension");
    }

    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String
        && v.GetString() is { Length: > 0 and < 4000 } text ? text : null;

    public static Uri? Address(Uri root, JsonElement element, string name)
    {
        if (Text(element, name) is not { } text) return null;
        // "/x" alone would be taken for a file path on Unix.
        var uri = text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal)
            ? new Uri(root.GetLeftPart(UriPartial.Authority) + text)
            : Uri.TryCreate(root, text, out var other) ? other : null;
        return uri is { IsAbsoluteUri: true, UserInfo: "", Fragment: "" } && (uri.Scheme == "https" || (uri.Scheme == "http" && Loopback(uri))) ? uri : null;
    }

    /// <summary>
    /// Whether an address that an EHR's discovery names may become reachable by that alone. Its own host at any port; elsewhere
    /// https and no literal private address. What an operator registered needs no leave of this.
    /// </summary>
    public static bool MayPin(Uri root, Uri named) => SameHost(root, named)
        || (named.Scheme == "https" && !Loopback(named) && !(IPAddress.TryParse(named.DnsSafeHost, out var address) && AddressRanges.IsPrivate(address)));

    public static bool SameHost(Uri root, Uri named) => string.Equals(root.IdnHost, named.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static bool Loopback(Uri uri) => uri.IsLoopback || uri.Host.EndsWith(".localhost", StringComparison.Ordinal);

    private static HashSet<string> Set(JsonElement element, string name) =>
        [.. Items(element, name).Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!)];

    private static JsonElement[] Items(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Array
            ? [.. v.EnumerateArray()] : [];

    private static Problem Failed(string why) => new(502, "discovery-failed", $"The EHR's discovery {why}.");
}
