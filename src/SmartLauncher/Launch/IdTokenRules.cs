namespace HealthTeams.SmartLauncher.Launch;

/// <summary>The claims of an id_token that decide (SMART-A18).</summary>
public sealed record IdClaims(
    string? Issuer, IReadOnlyList<string> Audiences, string? AuthorizedParty, string? Subject, string? Nonce,
    DateTimeOffset? Expires, DateTimeOffset? NotBefore, DateTimeOffset? IssuedAt);

/// <summary>OpenID Connect Core 3.1.3.7 without the signature: pure.</summary>
public static class IdTokenRules
{
    /// <summary>Clocks of hospitals differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(90);

    public static readonly IReadOnlyList<string> Algorithms = ["RS256", "RS384", "ES256", "ES384"];

    /// <returns>What is wrong with it, or null.</returns>
    public static string? Wrong(IdClaims token, string issuer, string clientId, string nonce, DateTimeOffset now) => token switch
    {
        _ when token.Issuer is null || token.Issuer.TrimEnd('/') != issuer.TrimEnd('/') => "iss is not the EHR's issuer",
        _ when !token.Audiences.Contains(clientId) => "aud is not us",
        _ when token.Audiences.Count > 1 && token.AuthorizedParty is null => "several aud without azp",
        _ when token.AuthorizedParty is not null && token.AuthorizedParty != clientId => "azp is not us",
        _ when string.IsNullOrEmpty(token.Subject) || token.Subject.Length > 255 => "sub is missing or too long",
        _ when token.Expires is null || token.Expires + Skew <= now => "exp is missing or past",
        _ when token.NotBefore > now + Skew => "nbf is in the future",
        _ when token.IssuedAt is null || token.IssuedAt > now + Skew => "iat is missing or in the future",
        _ when token.Nonce != nonce => "nonce is not ours",
        _ => null,
    };
}
