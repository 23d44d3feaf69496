using Dapper;
using HealthTeams.Collaboration.People;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Staff;

/// <summary>Sessions of staff members: kept on the server, so that signing out ends them; twelve hours at most, one hour idle.</summary>
public sealed class StaffSessions(Db db, TenantDirectory tenants)
{
    public const string Cookie = "__Host-ht-staff";
    internal const int SecretLength = 43; // 32 bytes in base64url
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);
    public static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);
    private readonly BriefMemory<string, Caller> known = new(db.Clock, TimeSpan.FromSeconds(5), 20_000);

    internal async Task<StaffSession> Start(int tenant, Guid person, CancellationToken stop)
    {
        var secret = Secrets.New();
        return await db.In(tenant, new Actor(person.ToString(), CallerKind.Staff), async tx =>
        {
            var expiresAt = tx.Now + Longest;
            await tx.Execute("""
                insert into auth.staff_session (tenant, hash, person, created_at, last_seen_at, expires_at)
                values (@Tenant, @hash, @person, @Now, @Now, @expiresAt)
                """, new { tx.Tenant, hash = Secrets.Hash(secret), person, tx.Now, expiresAt });
            tx.Publish("staff.signed-in", $"person/{person}");
            return new StaffSession(tenant, person, secret, expiresAt);
        }, stop);
    }

    /// <summary>Puts the session into the browser. Lax: a foreign site's form cannot use it.</summary>
    public static void HandOver(HttpContext http, StaffSession session) =>
        http.Response.Cookies.Append(Cookie, session.Secret, Options(session.ExpiresAt));

    public static void TakeBack(HttpContext http) => http.Response.Cookies.Delete(Cookie, Options(null));

    internal async Task<Caller?> Find(string secret, CancellationToken stop)
    {
        if (known.TryGet(secret, out var seen)) return seen;
        var hash = Secrets.Hash(secret);
        var row = await ByHash(hash, stop);
        var now = db.Clock.GetUtcNow();
        if (row is null || row.ExpiresAt <= now || row.LastSeenAt + LongestIdle <= now) return null;
        var caller = await Load(row, hash, stop);
        if (caller is not null) known.Keep(secret, caller, row.ExpiresAt);
        return caller;
    }

    internal async Task End(string secret, CancellationToken stop)
    {
        var hash = Secrets.Hash(secret);
        known.Forget(secret);
        if (await ByHash(hash, stop) is not { } row) return;
        await db.In(row.Tenant, new Actor(row.Person.ToString(), CallerKind.Staff), async tx =>
        {
            await tx.Execute("update auth.staff_session set revoked_at = @Now where tenant = @Tenant and hash = @hash", new { tx.Tenant, tx.Now, hash });
            tx.Publish("staff.signed-out", $"person/{row.Person}");
        }, stop);
    }

    /// <summary>On a connection that is given back before the next is taken: under load nobody holds one while waiting for another.</summary>
    private async Task<SessionRow?> ByHash(byte[] hash, CancellationToken stop)
    {
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.QuerySingleOrDefaultAsync<SessionRow>(new CommandDefinition("""
            select tenant, person, last_seen_at as LastSeenAt, expires_at as ExpiresAt from auth.staff_session_by_hash(@hash)
            """, new { hash }, cancellationToken: stop));
    }

    private async Task<Caller?> Load(SessionRow row, byte[] hash, CancellationToken stop)
    {
        var slug = (await tenants.Find(row.Tenant, stop))!.Slug;
        return await db.In(row.Tenant, Actor.Product, async tx =>
        {
            if (tx.Now - row.LastSeenAt > SeenEvery)
            {
                await tx.Execute("update auth.staff_session set last_seen_at = @Now where tenant = @Tenant and hash = @hash", new { tx.Tenant, tx.Now, hash });
            }
            var person = await tx.OneOrNone<Person>(
                "select id, family, given, title from collab.person where tenant = @Tenant and id = @Person", new { tx.Tenant, row.Person });
            if (person is null) return null;
            var roles = await StaffRoles.Of(tx, row.Person);
            return new Caller
            {
                Tenant = row.Tenant,
                TenantSlug = slug,
                Id = row.Person.ToString(),
                Kind = CallerKind.Staff,
                Person = row.Person,
                Display = (person with { Kind = PersonKind.Staff }).Display,
                Roles = roles,
            };
        }, stop);
    }

    private static CookieOptions Options(DateTimeOffset? expires) =>
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", Expires = expires, IsEssential = true };

    private sealed record SessionRow
    {
        public int Tenant { get; init; }
        public Guid Person { get; init; }
        public DateTimeOffset LastSeenAt { get; init; }
        public DateTimeOffset ExpiresAt { get; init; }
    }
}

internal static class StaffRoles
{
    public static async Task<IReadOnlySet<string>> Of(Tx tx, Guid person) =>
        (await tx.Query<string>("select role from collab.person_role where tenant = @Tenant and person = @person", new { tx.Tenant, person })).ToHashSet();
}
