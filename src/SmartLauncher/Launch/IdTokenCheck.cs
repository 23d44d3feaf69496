using System.Text.Json;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>An EHR's user, proven by its id_token.</summary>
public sealed record EhrUser(string Issuer, string Subject, string FhirUser, string? Name);

/// <summary>Checks id_tokens by the book: signature against the issuer's keys, then the claims (SMART-A18).</summary>
public sealed class IdTokenCheck(EhrDiscovery discovery, EhrIssuer issuers, TimeProvider clock)
{
    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };
    private readonly BriefMemory<Uri, JsonWebKeySet> known = new(clock, TimeSpan.FromMinutes(5), 1000);

    public async Task<Outcome<EhrUser>> Check(string? idToken, Ehr ehr, EhrEndpoints at, string fhirBase, string nonce, CancellationToken stop)
    {
        if (Read(idToken) is not { } unproven) return Wrong("there is none, or it is not a JWT");
        if (await issuers.Find(unproven.Issuer, ehr, at, fhirBase, stop) is not { } issuer) return Wrong("the EHR names no issuer and keys");
        var proven = await Prove(idToken, issuer, ehr.ClientId, nonce, stop);
        if (!proven.Ok) return proven.Problem;
        var token = proven.Value;
        // Older EHRs call the claim "profile".
        return (Text(token, "fhirUser") ?? Text(token, "profile")) is { } fhirUser
            ? new EhrUser(issuer.Issuer, token.Subject, fhirUser, Text(token, "name"))
            : LaunchProblem.Of(LaunchProblem.UserUnknown, "The id_token has no fhirUser.");
    }

    /// <summary>An issuer's id_token for one of our client ids: its signature, then its claims.</summary>
    public async Task<Outcome<JsonWebToken>> Prove(string? idToken, IssuerKeys issuer, string clientId, string nonce, CancellationToken stop)
    {
        if (Read(idToken) is not { } token) return Wrong("there is none, or it is not a JWT");
        if (!IdTokenRules.Algorithms.Contains(token.Alg)) return Wrong($"alg {token.Alg} is not accepted");
        // An issuer may change its key under the same name, or without one: what fails with remembered keys is tried with fresh ones.
        var signed = await Signed(idToken!, token, issuer, afresh: false, stop);
        if (signed is { Ok: true, Value: false }) signed = await Signed(idToken!, token, issuer, afresh: true, stop);
        if (!signed.Ok) return signed.Problem;
        if (!signed.Value) return Wrong("its signature is not the issuer's");
        return IdTokenRules.Wrong(Claims(token), issuer.Issuer, clientId, nonce, clock.GetUtcNow()) is { } wrong ? Wrong(wrong) : token;
    }

    private async Task<Outcome<bool>> Signed(string idToken, JsonWebToken token, IssuerKeys issuer, bool afresh, CancellationToken stop)
    {
        var keys = await Keys(issuer, token, afresh, stop);
        if (!keys.Ok) return keys.Problem;
        var validated = await handler.ValidateTokenAsync(idToken, new TokenValidationParameters
        {
            IssuerSigningKeys = keys.Value,
            ValidAlgorithms = IdTokenRules.Algorithms,
            RequireSignedTokens = true,
            // The rest is IdTokenRules', which tests can ask without a signature.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return validated.IsValid;
    }

    private JsonWebToken? Read(string? idToken)
    {
        try
        {
            return idToken is not null && handler.CanReadToken(idToken) && handler.ReadJsonWebToken(idToken) is var token
                && JsonText.Readable(Base64UrlEncoder.DecodeBytes(token.EncodedPayload)) ? token : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or JsonException or SecurityTokenException)
        {
            return null;
        }
    }

    /// <summary>The keys that may have signed; an unknown kid is looked up afresh once, since issuers rotate.</summary>
    private async Task<Outcome<IReadOnlyList<SecurityKey>>> Keys(IssuerKeys issuer, JsonWebToken token, bool afresh, CancellationToken stop)
    {
        var address = issuer.Keys;
        var fresh = !known.TryGet(address, out var set) || afresh;
        for (; ; fresh = true)
        {
            if (fresh)
            {
                var answer = await discovery.Json(address, stop, issuer.Named);
                if (!answer.Ok) return LaunchProblem.Named(answer.Problem, LaunchProblem.IdTokenInvalid);
                try
                {
                    set = new JsonWebKeySet(answer.Value.GetRawText());
                }
                catch (ArgumentException)
                {
                    return Wrong("the issuer's keys cannot be read");
                }
                known.Keep(address, set);
            }
            var usable = set.Keys.Where(k => k.Use != "enc" && k.Kty == (token.Alg.StartsWith('R') ? "RSA" : "EC")).ToList();
            var named = string.IsNullOrEmpty(token.Kid) ? usable : [.. usable.Where(k => k.Kid == token.Kid)];
            if (string.IsNullOrEmpty(token.Kid) && named.Count > 1) return Wrong("it names no key and the issuer has several");
            if (named.Count > 0) return named.ToList<SecurityKey>();
            if (fresh) return Wrong("its key is not among the issuer's");
        }
    }

    private static IdClaims Claims(JsonWebToken token) => new(
        token.Issuer, [.. token.Audiences], Text(token, "azp"), token.Subject, Text(token, "nonce"),
        Time(token, "exp"), Time(token, "nbf"), Time(token, "iat"));

    internal static string? Text(JsonWebToken token, string name) =>
        token.TryGetPayloadValue<string>(name, out var value) && !string.IsNullOrEmpty(value) ? value : null;

    internal static DateTimeOffset? Time(JsonWebToken token, string name) =>
        token.TryGetPayloadValue<double>(name, out var seconds) && seconds is > 0 and < 1e11 ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;

    private static Problem Wrong(string why) => LaunchProblem.Of(LaunchProblem.IdTokenInvalid, $"The id_token is refused: {why}.");
}
