using System.Security.Cryptography;
using System.Text;
using Dapper;
using HealthTeams.SmartLauncher.Callers;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>A new session of a staff member; the secret belongs in the cookie and nowhere else.</summary>
public sealed record StaffSession(int Tenant, Guid Person, string Secret, DateTimeOffset ExpiresAt);

/// <summary>Checks user name and password: the same work for unknown names, and a growing wait after failures (<see cref="Lockout"/>).</summary>
public sealed class StaffSignIn(Db db, StaffSessions sessions, Passwords passwords)
{
    private static readonly Problem Refused = Problem.Unauthorized("User name or password is wrong.", "sign-in-refused");

    /// <param name="username">"name", or "name@tenant" where two hospitals know the same name.</param>
    /// <param name="source">Network address.</param>
    public async Task<Outcome<StaffSession>> SignIn(string username, string password, string source, CancellationToken stop)
    {
        var proven = await Prove(username, password, source, stop);
        return proven.Ok ? await sessions.Start(proven.Value.Tenant, proven.Value.Person, stop) : proven.Problem;
    }

    internal async Task<Outcome<(int Tenant, Guid Person)>> Prove(string username, string password, string source, CancellationToken stop)
    {
        if (username.Length > 200 || password.Length > 500) return Refused;
        var name = username.Trim().ToLowerInvariant();
        var now = db.Clock.GetUtcNow();
        var pair = SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{source}"));
        var alone = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        // Counted before the password is looked at, so that guesses side by side are as few as guesses in a row.
        if (await Count(pair, now, Lockout.Forgotten, Lockout.Waits, stop) is null)
        {
            return new Problem(429, "sign-in-locked", $"Too many attempts. Try again in {await Seconds(pair, now, stop):0} seconds.");
        }
        if (await Count(alone, now, Lockout.NameForgotten, [TimeSpan.Zero], stop) > Lockout.FreeAttemptsOfName) await Task.Delay(Lockout.Slow, stop);

        var found = await Credentials(name, stop);
        // A name that two hospitals know is nobody until the hospital is named.
        if (!passwords.Right(found.Count == 1 ? found[0].Hash : null, password)) return Refused;
        await Clear(pair, alone, stop);
        return (found[0].Tenant, found[0].Person);
    }

    public Task SignOut(string secret, CancellationToken stop) => sessions.End(secret, stop);

    // Each step on a connection of its own, given back before the next: hashing takes its time and needs none.

    /// <returns>Attempts without success, this one included; null when the wait after the last is not over, which changes nothing.</returns>
    private async Task<int?> Count(byte[] key, DateTimeOffset now, TimeSpan forgotten, TimeSpan[] waits, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition("""
            insert into auth.sign_in_failure as f (key, failures, last_at, open_at) values (@key, 1, @now, @now)
            on conflict (key) do update
            set failures = case when f.last_at > @since then f.failures + 1 else 1 end, last_at = @now,
              open_at = @now + (@waits::interval[])[least(case when f.last_at > @since then f.failures + 1 else 1 end, cardinality(@waits::interval[]))]
            where f.open_at <= @now
            returning failures
            """, new { key, now, since = now - forgotten, waits }, cancellationToken: stop));
    }

    private async Task<double> Seconds(byte[] key, DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var open = await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(
            "select open_at from auth.sign_in_failure where key = @key", new { key }, cancellationToken: stop));
        return Math.Max(1, Math.Ceiling(((open ?? now.UtcDateTime) - now.UtcDateTime).TotalSeconds));
    }

    private async Task<List<(int Tenant, Guid Person, string Hash)>> Credentials(string name, CancellationToken stop)
    {
        var at = name.LastIndexOf('@');
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<(int Tenant, Guid Person, string Hash)>(new CommandDefinition(
            "select tenant, person, hash from auth.credential_by_username(@plain, @slug)",
            new { plain = at < 0 ? name : name[..at], slug = at < 0 ? null : name[(at + 1)..] }, cancellationToken: stop))).AsList();
    }

    /// <summary>The pair is forgiven; of the name only this attempt, for the others may be somebody else's.</summary>
    private async Task Clear(byte[] pair, byte[] alone, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from auth.sign_in_failure where key = @pair;
            update auth.sign_in_failure set failures = failures - 1 where key = @alone and failures > 0
            """, new { pair, alone }, cancellationToken: stop));
    }
}

/// <summary>Passwords of staff members.</summary>
public sealed class StaffAccounts(Db db, Passwords passwords)
{
    public const int ShortestPassword = 8;

    /// <summary>Gives a person a user name and password, or new ones.</summary>
    public async Task<Problem?> Add(int tenant, Guid person, string username, string password, CancellationToken stop)
    {
        if (password.Length < ShortestPassword) return Problem.Invalid($"A password has at least {ShortestPassword} characters.", "password");
        var hash = passwords.Hash(password);
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
                """, new { tx.Tenant, person, name = username.ToLowerInvariant(), hash, tx.Now });
            return null;
        }, stop);
    }
}
