using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Keys;

/// <summary>
/// The installation's keys, made on first start: the signing key of our tokens, the two SMART client keys (SMART-A12),
/// the key of authorization codes, and the data protection keys that encrypt EHR tokens at rest.
/// Kept as files, not in the database, so that a copy of the database alone opens nothing; several hosts on one
/// database share this folder.
/// </summary>
public sealed class KeyRing
{
    private const int RsaBits = 3072;

    public KeyRing(string folder, TimeProvider clock)
    {
        KeyFiles.Folder(folder);
        Client = new OwnKeys(folder, clock);
        Signing = Rsa(KeyFiles.ReadOrMake(folder, "signing-rs256.pem", NewRsa), SecurityAlgorithms.RsaSha256);
        // Made now rather than at the first launch.
        _ = Client.Published;
        Codes = new SymmetricSecurityKey(Convert.FromBase64String(
            KeyFiles.ReadOrMake(folder, "codes.key", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))));
        links = Convert.FromBase64String(KeyFiles.ReadOrMake(folder, "links.key", () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        Federation = ECDsa.Create();
        Federation.ImportFromPem(KeyFiles.ReadOrMake(folder, "federation-es256.pem", NewP256));
        ProtectionFolder = new DirectoryInfo(Path.Combine(folder, "data-protection"));
        KeyFiles.Folder(ProtectionFolder.FullName);
        Protection = DataProtectionProvider.Create(ProtectionFolder, b => b.SetApplicationName("HealthTeams"));
        // The first use makes the key: hosts and commands that start later find it.
        Protection.CreateProtector("first").Protect([1]);
        KeyFiles.Guard(ProtectionFolder.FullName);
    }

    /// <summary>Signs our access tokens and id_tokens (RS256).</summary>
    public SigningCredentials Signing { get; }

    /// <summary>Our keys as a SMART client (private_key_jwt).</summary>
    public OwnKeys Client { get; }
    public SigningCredentials ClientRs384 => Client.Rs384;
    public SigningCredentials ClientEs384 => Client.Es384;

    /// <summary>Encrypts authorization codes and refresh tokens, which only we read.</summary>
    public SymmetricSecurityKey Codes { get; }

    /// <summary>Signs what this installation says to other hospitals, which have pinned it: it stays.</summary>
    public ECDsa Federation { get; }

    private readonly byte[] links;

    /// <summary>The token of a visit's link in its EHR: 256 bits that nobody computes without this installation's key.</summary>
    public string LinkToken(int tenant, Guid visit) =>
        Base64UrlEncoder.Encode(HMACSHA256.HashData(links, System.Text.Encoding.ASCII.GetBytes($"ehr-link {tenant} {visit}")));

    public IDataProtectionProvider Protection { get; }
    internal DirectoryInfo ProtectionFolder { get; }

    internal static string NewRsa()
    {
        using var rsa = RSA.Create(RsaBits);
        return rsa.ExportPkcs8PrivateKeyPem();
    }

    private static string NewP256()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    internal static SigningCredentials Rsa(string pem, string algorithm)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return Named(new RsaSecurityKey(rsa), algorithm);
    }

    internal static SigningCredentials Ec(string pem)
    {
        var ec = ECDsa.Create();
        ec.ImportFromPem(pem);
        return Named(new ECDsaSecurityKey(ec), SecurityAlgorithms.EcdsaSha384);
    }

    private static SigningCredentials Named(AsymmetricSecurityKey key, string algorithm)
    {
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return new SigningCredentials(key, algorithm);
    }
}
