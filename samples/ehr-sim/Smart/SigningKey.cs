using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

/// <summary>The key of the id_tokens, kept over restarts so that apps may go on trusting what they cached.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly RSA stranger = RSA.Create(2048);
    private readonly RSA next = RSA.Create(2048);

    public SigningKey(Journal journal)
    {
        if (journal.Take("signing-key").TryGetValue("rsa", out var kept))
        {
            rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(kept["pkcs8"]!.GetValue<string>()), out _);
            Id = kept["kid"]!.GetValue<string>();
            return;
        }
        Id = Secrets.New()[..12];
        journal.Keep("signing-key", "rsa", new JsonObject { ["kid"] = Id, ["pkcs8"] = Convert.ToBase64String(rsa.ExportPkcs8PrivateKey()) });
    }

    public string Id { get; }

    public SigningCredentials Credentials(bool rotated, bool named) => Sign(rotated ? next : rsa, !named ? null : rotated ? Id + "-next" : Id);

    /// <summary>Same key id, another key: a signature that only a real check finds out.</summary>
    public SigningCredentials WrongCredentials => Sign(stranger, Id);

    /// <summary>The public key's own bytes as a shared secret: what a careless check takes for a signature.</summary>
    public SigningCredentials PublicKeyAsSecret =>
        new(new SymmetricSecurityKey(System.Text.Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem())) { KeyId = Id }, SecurityAlgorithms.HmacSha256);

    /// <summary>After a change of keys the old one stays published, for tokens that are under way.</summary>
    public JsonArray PublicSet(bool rotated) => rotated ? new JsonArray(PublicJwk(next, Id + "-next"), PublicJwk(rsa, Id)) : new JsonArray(PublicJwk(rsa, Id));

    private static JsonObject PublicJwk(RSA rsa, string id)
    {
        var key = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["alg"] = "RS256",
            ["kid"] = id,
            ["n"] = Base64UrlEncoder.Encode(key.Modulus),
            ["e"] = Base64UrlEncoder.Encode(key.Exponent),
        };
    }

    public void Dispose()
    {
        rsa.Dispose();
        stranger.Dispose();
        next.Dispose();
    }

    // Signature providers are cached by key id otherwise, and the stranger's would be taken for ours.
    private static SigningCredentials Sign(RSA key, string? id) => new(new RsaSecurityKey(key) { KeyId = id }, SecurityAlgorithms.RsaSha256)
    {
        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
    };
}
