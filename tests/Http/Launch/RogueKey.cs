using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.Tests.Launch;

/// <summary>The signing key of an EHR that means ill; its signatures are good, its claims need not be.</summary>
internal static class RogueKey
{
    private static readonly RSA Rsa = RSA.Create(2048);

    public static object Public { get; } = new
    {
        kty = "RSA", use = "sig", alg = "RS256", kid = "rogue",
        n = Base64UrlEncoder.Encode(Rsa.ExportParameters(false).Modulus), e = Base64UrlEncoder.Encode(Rsa.ExportParameters(false).Exponent),
    };

    public static string IdToken(string issuer, string nonce, string fhirUser, DateTimeOffset now, string sub = "rogue", Dictionary<string, object>? more = null) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object>(more ?? [])
            {
                ["iss"] = issuer, ["sub"] = sub, ["aud"] = "healthteams", ["nonce"] = nonce, ["fhirUser"] = fhirUser,
                ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
            },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(Rsa) { KeyId = "rogue" }, SecurityAlgorithms.RsaSha256),
        });
}
