// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

internal static class IdToken
{
    public static string? Make(Ehr ehr, AuthorizationCode code)
    {
        var (scopes, faults) = (new SmartScopes(code.Scope), ehr.Faults.Now);
        if (!scopes.Has("openid") || faults.NoIdToken) return null;
        var issued = (faults.ExpiredIdToken ? ehr.Now.AddHours(-2) : ehr.Now).AddSeconds(faults.ClockSkew);
        var claims = new Dictionary<string, object>
        {
            ["iss"] = faults.WrongIssuer ? "https://another-hospital.example/oauth" : ehr.Issuer,
            // One word per person, stable over launches, and not the FHIR id: apps must not mix the two.
            ["sub"] = faults.Subject ?? "u-" + code.Context.User.Replace('/', '-').ToLowerInvariant(),
            ["aud"] = faults.WrongAudience ? "another-app" : code.ClientId,
            ["iat"] = issued.ToUnixTimeSeconds(),
            ["exp"] = issued.AddMinutes(10).ToUnixTimeSeconds(),
        };
        if (code.Nonce is not null) claims["nonce"] = faults.WrongNonce ? Secrets.New() : code.Nonce;
        if (scopes.Has("fhirUser") && !faults.NoFhirUser)
            claims["fhirUser"] = faults.FhirUser ?? (faults.RelativeFhirUser ? code.Context.User : $"{ehr.FhirBase}/{code.Context.User}");
        if (faults.AlgNone) return Unsigned(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            SigningCredentials = faults.HmacIdToken ? ehr.SigningKey.PublicKeyAsSecret : faults.BadIdTokenSignature ? ehr.SigningKey.WrongCredentials
                : ehr.SigningKey.Credentials(faults.RotatedKey, named: !faults.NoKid),
        });
    }

    private static string Unsigned(Dictionary<string, object> claims) => string.Join('.',
        Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}"""), Base64UrlEncoder.Encode(System.Text.Json.JsonSerializer.Serialize(claims)), "");
}
