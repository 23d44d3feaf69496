using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace EhrSim;

/// <summary>The key of the id_tokens, kept over restarts so that apps may go on trusting what they cached.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly RSA stranger = RSA.Create(2048);

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

    public SigningCredentials Credentials => Sign(rsa);

    /// <summary>Same key id, another key: a signature that only a real check finds out.</summary>
    public SigningCredentials WrongCredentials => Sign(stranger);

    public JsonObject PublicJwk()
    {
        var key = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["alg"] = "RS256",
            ["kid"] = Id,
            ["n"] = Base64UrlEncoder.Encode(key.Modulus),
            ["e"] = Base64UrlEncoder.Encode(key.Exponent),
        };
    }

    public void Dispose()
    {
        rsa.Dispose();
        stranger.Dispose();
    }

    // Signature providers are cached by key id otherwise, and the stranger's would be taken for ours.
    private SigningCredentials Sign(RSA key) => new(new RsaSecurityKey(key) { KeyId = Id }, SecurityAlgorithms.RsaSha256)
    {
        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
    };
}
