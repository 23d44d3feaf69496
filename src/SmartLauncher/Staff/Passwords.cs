using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>Hashes of passwords: PBKDF2 with SHA-512, salted, the work kept in the hash, so that older ones stay valid when it grows.</summary>
public sealed class Passwords(IOptions<PasswordHasherOptions> work)
{
    /// <summary>Rounds of a new hash (OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA512).</summary>
    public const int Rounds = 210_000;

    private readonly PasswordHasher<string> hasher = new(work);
    private string? nobodys;

    public string Hash(string password) => hasher.HashPassword("", password);

    /// <param name="hash">Null for an unknown name: the same work is done, and it is wrong.</param>
    public bool Right(string? hash, string password) =>
        hasher.VerifyHashedPassword("", hash ?? (nobodys ??= Hash("an account that does not exist")), password) != PasswordVerificationResult.Failed && hash is not null;
}
