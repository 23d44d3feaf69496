using System.Security.Cryptography;
using System.Text;
using Dapper;
using HealthTeams.SmartLauncher.Callers;
using Microsoft.AspNetCore.Identity;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>A new session of a staff member; the secret belongs in the cookie and nowhere else.</summary>
public sealed record StaffSession(int Tenant, Guid Person, string Secret, DateTimeOffset ExpiresAt);

/// <summary>Checks user name and password: the same work for unknown names, and a growing wait after failures.</summary>
public sealed class StaffSignIn(Db db, StaffSessions sessions)
{
    private static readonly PasswordHasher<string> Hasher = new();
    private static readonly string NobodysHash = Hasher.HashPassword("", "an account that does not exist");
    private static readonly Problem Refused = Problem.Unauthorized("User name or password is wrong.", "sign-in-refused");

    /// <param name="username">"name", or "name@tenant" where two hospitals know the same name.</param>
    /// <param name="source">Network address.</param>
    public async Task<Outcome<StaffSession>> SignIn(string username, string password, string source, CancellationToken stop)
    {
        if (username.Length > 200 || password.Length > 500) return Refused;
        var name = username.Trim().ToLowerInvariant();
        var now = db.Clock.GetUtcNow();
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{source}"));
        await using var connection = await db.App.OpenConnectionAsync(stop);

        var (failures, last) = await connection.QuerySingleOrDefaultAsync<(int, DateTime)>(new CommandDefinition(
            "select failures, last_at from auth.sign_in_failure where key = @key and last_at > @since",
            new { key, since = now - Lockout.Forgotten }, cancellationToken: stop));
        if (failures > 0 && Lockout.OpenAgain(failures, last) is var open && open > now)
        {
            return new Problem(429, "sign-in-locked", $"Too many attempts. Try again in {Math.Ceiling((open - now).TotalSeconds):0} seconds.");
        }

        var at = name.LastIndexOf('@');
        var found = (await connection.QueryAsync<(int Tenant, Guid Person, string Hash)>(new CommandDefinition(
            "select tenant, person, hash from auth.credential_by_username(@plain, @slug)",
            new { plain = at < 0 ? name : name[..at], slug = at < 0 ? null : name[(at + 1)..] }, cancellationToken: stop))).AsList();
        // A name that two hospitals know is nobody until the hospital is named.
        var known = found.Count == 1;
        var right = Hasher.VerifyHashedPassword("", known ? found[0].Hash : NobodysHash, password) != PasswordVerificationResult.Failed;
        if (!known || !right)
        {
            await Remember(connection, key, now, stop);
            return Refused;
        }
        await connection.ExecuteAsync(new CommandDefinition("delete from auth.sign_in_failure where key = @key", new { key }, cancellationToken: stop));
        return await sessions.Start(found[0].Tenant, found[0].Person, stop);
    }

    public Task SignOut(string secret, CancellationToken stop) => sessions.End(secret, stop);

    internal static string Hash(string password) => Hasher.HashPassword("", password);

    private static async Task Remember(Npgsql.NpgsqlConnection connection, byte[] key, DateTimeOffset now, CancellationToken stop) =>
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into auth.sign_in_failure as f (key, failures, last_at) values (@key, 1, @now)
            on conflict (key) do update
            set failures = case when f.last_at > @since then f.failures + 1 else 1 end, last_at = excluded.last_at
            """, new { key, now, since = now - Lockout.Forgotten }, cancellationToken: stop));
}

/// <summary>Passwords of staff members.</summary>
public sealed class StaffAccounts(Db db)
{
    public const int ShortestPassword = 8;

    /// <summary>Gives a person a user name and password, or new ones.</summary>
    public async Task<Problem?> Add(int tenant, Guid person, string username, string password, CancellationToken stop)
    {
        if (password.Length < ShortestPassword) return Problem.Invalid($"A password has at least {ShortestPassword} characters.", "password");
        return await db.In(tenant, Actor.Product, async tx =>
        {
            var taken = await tx.Scalar<bool>(
                "select exists (select from auth.credential where tenant = @Tenant and username = @name and person <> @person)",
                new { tx.Tenant, name = username.ToLowerInvariant(), person });
            if (taken) return Problem.Conflict("This user name is taken.", "username-taken");
            await tx.Execute("""
                insert into auth.credential (tenant, person, username, hash, changed_at)
                values (@Tenant, @person, @name, @hash, @Now)
                on conflict (tenant, person) do update
                set username = excluded.username, hash = excluded.hash, changed_at = excluded.changed_at
                """, new { tx.Tenant, person, name = username.ToLowerInvariant(), hash = StaffSignIn.Hash(password), tx.Now });
            return null;
        }, stop);
    }
}
