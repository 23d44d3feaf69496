using HealthTeams.SmartLauncher.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Clients;

/// <summary>What a registration may say, whoever registers: pure.</summary>
public static class ClientRules
{
    public const string BackendScope = "system/*.cruds";
    private const int LongestName = 100, MostRedirects = 20, LongestAddress = 2000, LongestScope = 4000;

    public static Problem? Wrong(ClientToAdd said)
    {
        if (said.Id.Length is 0 or > 100 || said.Id.Any(c => c <= ' ' || c > '~')) return Problem.Invalid("A client id has 1 to 100 visible ASCII characters.", "id");
        if (said.Name is { } name && (name.Trim().Length is 0 or > LongestName || name.Any(c => char.IsControl(c) || c is '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'))))
        {
            return Problem.Invalid($"A name has 1 to {LongestName} visible characters.", "name");
        }
        if (said.Auth is not ("public" or "secret" or "private_key_jwt")) return Problem.Invalid("auth is public, secret or private_key_jwt.", "auth");
        if (said is { Backend: true, Auth: "public" }) return Problem.Invalid("A backend client proves who it is.", "auth");
        if (!said.Backend && said.Redirects.Count == 0) return Problem.Invalid("A client with users needs --redirect.", "redirect");
        if (said.Redirects.Count > MostRedirects) return Problem.Invalid($"A client has at most {MostRedirects} redirect addresses.", "redirect");
        if (said.Redirects.FirstOrDefault(r => !UsableRedirect(r)) is { } redirect) return Problem.Invalid($"{Short(redirect)} is not a usable redirect address: https, http on this machine, or an app's own scheme with a dot in it; no fragment, no user name.", "redirect");
        if (said.LaunchUrl is { } launch && !UsableAddress(launch)) return Problem.Invalid($"{Short(launch)} is not a usable launch address: https, or http on this machine.", "launch-url");
        if (said is { Frame: true, Trusted: false }) return Problem.Invalid("A page that asks for consent cannot stand in a frame: --in-frame needs --trusted.", "frame");
        if (said is { LaunchUrl: null } and ({ Frame: true } or { Trusted: true })) return Problem.Invalid("--in-frame and --trusted are for apps that our pages start: they need --launch-url.", "launch-url");
        if (said.Scope is { } scope && (scope.Length > LongestScope || ScopeRules.NotUnderstood(scope) is not null))
        {
            return Problem.Invalid(scope.Length > LongestScope ? $"The scope is longer than {LongestScope} characters." : $"{Short(ScopeRules.NotUnderstood(scope)!)} is not a scope we know.", "scope");
        }
        if (said.JwksUrl is { } url && !UsableAddress(url)) return Problem.Invalid("A JWKS address is https.", "jwks-url");
        if (said.Auth == "private_key_jwt" && (said.Jwks is null) == (said.JwksUrl is null)) return Problem.Invalid("private_key_jwt needs either --jwks or --jwks-url.", "jwks");
        return said.Jwks is null ? null : Keys(said.Jwks) is { Ok: false } bad ? bad.Problem : null;
    }

    /// <summary>Public keys only; a document with a secret in it must not be kept.</summary>
    public static Outcome<JsonWebKeySet> Keys(string document)
    {
        try
        {
            var set = new JsonWebKeySet(document);
            return set.Keys.Count is > 0 and <= 50 && set.Keys.Any(k => k.Kty is "RSA" or "EC") && set.Keys.All(k => k is { D: null, K: null, P: null, Q: null })
                ? set : Problem.Invalid("The JWKS holds no public RSA or EC key, or holds secrets.", "jwks");
        }
        catch (ArgumentException)
        {
            return Problem.Invalid("The JWKS cannot be read.", "jwks");
        }
    }

    /// <summary>
    /// Compared letter by letter at authorize. Never a scheme that a browser would run (javascript, data); an app's own
    /// scheme is a reversed domain name (RFC 8252, 7.1).
    /// </summary>
    private static bool UsableRedirect(string text) => UsableAddress(text) || (Plain(text, out var uri) && uri.Scheme.Contains('.', StringComparison.Ordinal));

    private static bool UsableAddress(string text) => Plain(text, out var uri) && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback));

    private static bool Plain(string text, out Uri uri) => Uri.TryCreate(text, UriKind.Absolute, out uri!) && text.Length <= LongestAddress
        && uri.Fragment.Length == 0 && !text.Contains('#', StringComparison.Ordinal) && uri.UserInfo.Length == 0 && !text.Any(c => c <= ' ' || c is '\\' or '"' or '<' or '>');

    private static string Short(string text) => text.Length > 100 ? text[..100] + "…" : text;
}
