using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>This installation's key towards other hospitals (ES256). It stays: partners have pinned it.</summary>
public sealed record FederationKey(ECDsa Key)
{
    public JsonObject Public { get; } = Jwk(Key);
    public string Fingerprint { get; } = Of(Jwk(Key));

    /// <summary>SHA-256 of the public key (RFC 7638) in hexadecimal: what two administrators read to each other.</summary>
    public static string Of(JsonObject jwk) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{jwk["x"]}}","y":"{{jwk["y"]}}"}""")));

    /// <summary>Null for what is no P-256 key.</summary>
    public static ECDsa? Read(JsonObject jwk)
    {
        try
        {
            if ((string?)jwk["kty"] != "EC" || (string?)jwk["crv"] != "P-256" || (string?)jwk["x"] is not { Length: < 100 } x || (string?)jwk["y"] is not { Length: < 100 } y) return null;
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) } });
        }
        catch (Exception e) when (e is CryptographicException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonObject Jwk(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return new() { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(q.X!), ["y"] = Base64Url.EncodeToString(q.Y!) };
    }
}

/// <summary>Who signed a body, for whom, when; each word counts once.</summary>
internal sealed record Signed(string Issuer, string Audience, DateTimeOffset At, string Jti, string Key, string Header, byte[] Signature);

/// <summary>
/// A JWS with detached content (RFC 7515, appendix F) over the exact bytes of a body: whoever changes one byte, or says it
/// again, or says it to somebody else, is found out.
/// </summary>
internal static class FederationSignature
{
    public const string Name = "X-JWS-Signature";
    private const int Longest = 4096;

    public static string Make(FederationKey key, byte[] body, string issuer, string audience, DateTimeOffset now, string jti)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["alg"] = "ES256", ["kid"] = key.Fingerprint, ["typ"] = "federation+jws", ["iss"] = issuer, ["aud"] = audience, ["iat"] = now.ToUnixTimeSeconds(), ["jti"] = jti,
        }.ToJsonString()));
        return $"{header}..{Base64Url.EncodeToString(key.Key.SignData(Input(header, body), HashAlgorithmName.SHA256))}";
    }

    /// <summary>What a signature says of itself; nothing of it is believed before <see cref="Fits"/>. Null: none that we read.</summary>
    public static Signed? Read(string? jws)
    {
        if (jws is null || jws.Length > Longest || jws.Split('.') is not [var header, "", var signature]) return null;
        try
        {
            using var parsed = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
            var root = parsed.RootElement;
            if (root.GetProperty("alg").GetString() != "ES256" || root.GetProperty("typ").GetString() != "federation+jws" || root.TryGetProperty("crit", out _)) return null;
            return new(root.GetProperty("iss").GetString()!, root.GetProperty("aud").GetString()!, DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("iat").GetInt64()),
                root.GetProperty("jti").GetString()!, root.GetProperty("kid").GetString()!, header, Base64Url.DecodeFromChars(signature));
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    public static bool Fits(Signed signed, byte[] body, ECDsa key) => signed.Signature.Length == 64 && key.VerifyData(Input(signed.Header, body), signed.Signature, HashAlgorithmName.SHA256);

    private static byte[] Input(string header, byte[] body) => Encoding.ASCII.GetBytes($"{header}.{Base64Url.EncodeToString(body)}");
}
