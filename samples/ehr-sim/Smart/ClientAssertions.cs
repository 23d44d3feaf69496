// https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

internal sealed record SeenAssertion(DateTimeOffset Expires);

/// <summary>private_key_jwt: signed by a key the client publishes, for this token URL, short-lived, never seen before.</summary>
internal sealed class ClientAssertions
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private readonly Ehr ehr;
    private readonly ClientKeys keys;
    private readonly KeptTable<SeenAssertion> seen;
    private readonly JsonWebTokenHandler handler = new();

    public ClientAssertions(Ehr ehr, Journal journal, HttpClient http)
    {
        this.ehr = ehr;
        keys = new ClientKeys(http, () => ehr.HealthTeamsUrl + "/.well-known/jwks.json", ehr.Clock);
        seen = new KeptTable<SeenAssertion>(journal, "jti");
        seen.RemoveWhere(s => s.Expires <= ehr.Now);
    }

    public async Task<ClientProof> Check(string assertion, string tokenUrl, Func<string?, RegisteredClient?> find, CancellationToken cancellation)
    {
        if (!handler.CanReadToken(assertion)) return Refuse("The client assertion is not a JWT");
        JsonWebToken token;
        try { token = handler.ReadJsonWebToken(assertion); }
        catch (ArgumentException) { return Refuse("The client assertion is not a JWT"); }
        if (token.Alg is not ("RS384" or "ES384")) return Refuse($"The assertion is signed with {token.Alg}; RS384 or ES384 is required");
        if (find(token.Subject) is not { } client || token.Issuer != token.Subject) return Refuse("iss and sub must both be the client id");
        if (!token.Audiences.Contains(tokenUrl)) return Refuse($"aud must be {tokenUrl}");
        if (Expiry(token) is not { } expires) return Refuse("exp is missing");
        if (expires <= ehr.Now - Skew) return Refuse("The assertion has expired");
        if (expires > ehr.Now + Longest + Skew) return Refuse("exp is more than five minutes ahead");
        if (token.Id is not { Length: > 0 and <= 200 } jti) return Refuse("jti is missing");

        var (key, problem) = await keys.Find(token.Kid, token.Alg, cancellation);
        if (key is null) return Refuse(problem!);
        if (!await IsSigned(assertion, key)) return Refuse("The signature does not match the published key");
        return seen.TryAdd($"{client.Id} {jti}", new SeenAssertion(expires + Skew))
            ? new ClientProof(client, null)
            : Refuse("This assertion was used before (jti)");
    }

    private async Task<bool> IsSigned(string assertion, SecurityKey key)
    {
        var result = await handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            // Checked above, against this EHR's own clock and words.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return result.IsValid;
    }

    private static DateTimeOffset? Expiry(JsonWebToken token) =>
        token.TryGetPayloadValue<long>("exp", out var seconds) && seconds is > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static ClientProof Refuse(string why) => new(null, why);
}
