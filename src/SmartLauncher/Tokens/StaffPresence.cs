using HealthTeams.Collaboration.People;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Tokens;

/// <summary>A signed-in member of staff, as tokens refer to them.</summary>
/// <param name="Since">When they signed in (auth_time).</param>
internal sealed record PresentSession(byte[] Hash, DateTimeOffset Since);

/// <summary>The session behind a grant: when its user signed in, whether it is still open, and whether a launch belongs to it.</summary>
internal sealed class StaffPresence(Db db, TenantDirectory tenants)
{
    /// <summary>Reaches us from a frame on our own page, where the session's own cookie does not: it is Lax, and the frame has been elsewhere.</summary>
    public const string FrameCookie = "__Host-ht-app";

    public async Task<PresentSession?> Of(HttpContext http, Caller caller, AppLaunchRow? launch, CancellationToken stop)
    {
        var hash = http.Request.Cookies[StaffSessions.Cookie] is { } secret ? Secrets.Hash(secret) : launch?.Session;
        return hash is null ? null : await db.In(caller.Tenant, Actor.Product, async tx =>
            await tx.Scalar<DateTimeOffset?>($"select created_at from auth.staff_session where tenant = @Tenant and hash = @hash and person = @Person and {Open}",
                new { tx.Tenant, hash, caller.Person, tx.Now, idle = tx.Now - StaffSessions.LongestIdle }) is { } since ? new PresentSession(hash, since) : null, stop);
    }

    /// <summary>online_access: as long as the user is signed in (SMART-S8).</summary>
    public Task<bool> StillOpen(int tenant, byte[] hash, CancellationToken stop) => db.In(tenant, Actor.Product, tx => tx.Scalar<bool>(
        $"select exists (select from auth.staff_session where tenant = @Tenant and hash = @hash and {Open})", new { tx.Tenant, hash, tx.Now, idle = tx.Now - StaffSessions.LongestIdle }), stop);

    /// <summary>A launch from our page belongs to who pressed, in the session they pressed in; an operator's to whoever of the hospital signs in.</summary>
    public async Task<bool> Owns(HttpContext http, Caller caller, AppLaunchRow launch, CancellationToken stop) =>
        launch.Person is null || (launch.Person == caller.Person && launch.Session is { } session
            && await Of(http, caller, launch, stop) is { } present && present.Hash.AsSpan().SequenceEqual(session));

    /// <summary>Who pressed, where this browser is the one they pressed in and their session is open.</summary>
    public async Task<Caller?> Framed(HttpContext http, string handle, Client client, CancellationToken stop)
    {
        if (!http.Request.Cookies.TryGetValue(FrameCookie, out var browser) || await tenants.Find(client.Tenant, stop) is not { } tenant) return null;
        return await db.In(tenant.Id, Actor.Product, async tx =>
        {
            var person = await tx.OneOrNone<Person>("""
                select p.id, p.kind, p.family, p.given, p.title
                from auth.app_launch a
                join auth.staff_session s on s.tenant = a.tenant and s.hash = a.session and s.person = a.person
                join collab.person p on p.tenant = a.tenant and p.id = a.person
                where a.tenant = @Tenant and a.hash = @hash and a.client = @Id and a.browser = @browser and a.used_at is null and a.expires_at > @Now
                  and s.revoked_at is null and s.expires_at > @Now and s.last_seen_at > @idle
                """, new { tx.Tenant, hash = Secrets.Hash(handle), client.Id, browser = Secrets.Hash(browser!), tx.Now, idle = tx.Now - StaffSessions.LongestIdle });
            return person is null ? null : new Caller
            {
                Tenant = tenant.Id, TenantSlug = tenant.Slug, Id = person.Id.ToString(), Kind = CallerKind.Staff, Person = person.Id, Display = person.Display,
                Roles = await StaffRoles.Of(tx, person.Id), Source = http.Connection.RemoteIpAddress?.ToString(),
            };
        }, stop);
    }

    private const string Open = "revoked_at is null and expires_at > @Now and last_seen_at > @idle";
}
