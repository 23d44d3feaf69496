using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace HealthTeams.SmartLauncher.Callers;

/// <summary>Random bearer values, and the only form in which they are stored.</summary>
internal static class Secrets
{
    /// <summary>256 random bits, url-safe.</summary>
    public static string New() => Random(32);

    public static string Random(int bytes) => Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(bytes));

    /// <summary>High-entropy values need no salt and no slow hash.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool Same(string? secret, byte[] hash) =>
        secret is not null && CryptographicOperations.FixedTimeEquals(Hash(secret), hash);
}
