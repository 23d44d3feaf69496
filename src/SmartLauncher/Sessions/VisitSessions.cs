using Dapper;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Staff;
using Microsoft.AspNetCore.Http;

namespace HealthTeams.SmartLauncher.Sessions;

/// <summary>Who takes a place, as the door that let them in knows them.</summary>
public sealed record SeatHolder(Guid Visit, Guid Participant, Guid? Person, CallerKind Kind, string Display, Guid? Ehr = null, string? Device = null)
{
    /// <summary>False where the EHR around the frame shows the patient's banner (SMART-A31).</summary>
    public bool Banner { get; init; } = true;

    /// <summary>A style sheet that follows the EHR's look (SMART-A32); ours, checked value by value.</summary>
    public string? Style { get; init; }

    /// <summary>A seat that another one opened ends with it.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>How a launched page looks.</summary>
public sealed record SeatLook(bool Banner, string? Style, DateTimeOffset ExpiresAt);

/// <summary>A place just taken: the room is at /room/{Id}; the secret goes into the cookie and nowhere else.</summary>
public sealed record OpenedSeat(string Id, string Secret, DateTimeOffset ExpiresAt)
{
    public string Room => $"/room/{Id}";
}

/// <summary>
/// Sessions of places in visits, one cookie each, so that several visits in one browser keep apart (SMART-A28).
/// Partitioned: works inside an EHR's frame where third-party cookies are blocked (SMART-A27).
/// </summary>
public sealed class VisitSessions(Db db, TenantDirectory tenants)
{
    public const string CookiePrefix = "__Host-ht-seat-";
    internal const int IdLength = 16;
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    /// <summary>How long the page after the visit stays open.</summary>
    public static readonly TimeSpan AfterVisit = TimeSpan.FromMinutes(15);
    private readonly BriefMemory<string, (Caller Caller, byte[] SecretHash)> known = new(db.Clock, TimeSpan.FromSeconds(5), 50_000);

    /// <summary>In the transaction that seats the participant; call <see cref="HandOver"/> once it is committed.</summary>
    public async Task<OpenedSeat> Open(Tx tx, SeatHolder holder)
    {
        var seat = new OpenedSeat(Secrets.Random(12), Secrets.New(), holder.Until ?? tx.Now + Longest);
        await tx.Execute("""
            insert into auth.visit_session
              (tenant, id, secret_hash, visit, participant, person, kind, display, ehr, device, banner, style, created_at, expires_at)
            values (@Tenant, @Id, @hash, @Visit, @Participant, @Person, @kind, @Display, @Ehr, @Device, @Banner, @Style, @Now, @ExpiresAt)
            """, new
        {
            tx.Tenant, seat.Id, hash = Secrets.Hash(seat.Secret), holder.Visit, holder.Participant, holder.Person,
            kind = holder.Kind.ToString(), holder.Display, holder.Ehr, holder.Device, holder.Banner, holder.Style, tx.Now, seat.ExpiresAt,
        });
        return seat;
    }

    /// <summary>Opens and hands over at once; then redirect (303) to <see cref="OpenedSeat.Room"/>.</summary>
    public async Task<OpenedSeat> Open(HttpContext http, int tenant, SeatHolder holder, CancellationToken stop)
    {
        var seat = await db.In(tenant, new Actor((holder.Person ?? holder.Participant).ToString(), holder.Kind), tx => Open(tx, holder), stop);
        HandOver(http, seat);
        return seat;
    }

    public async Task<SeatLook> Look(Caller caller, CancellationToken stop) =>
        await db.In(caller.Tenant, Actor.Product, tx => tx.OneOrNone<SeatLook>(
            "select banner, style, expires_at as ExpiresAt from auth.visit_session where tenant = @Tenant and id = @Session", new { tx.Tenant, caller.Seat!.Session }), stop)
        ?? new SeatLook(true, null, db.Clock.GetUtcNow());

    /// <summary>This device's place is given up: the session ends, its cookie goes; the EHR's tokens go when no other of this person's is open.</summary>
    public async Task SignOut(HttpContext http, Caller caller, CancellationToken stop)
    {
        var seat = caller.Seat!;
        await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            await tx.Execute("update auth.visit_session set expires_at = @Now where tenant = @Tenant and id = @Session and expires_at > @Now", new { tx.Tenant, tx.Now, seat.Session });
            var last = caller.Person is not null && !await tx.Scalar<bool>("""
                select exists (select from auth.visit_session where tenant = @Tenant and visit = @Visit and person = @Person and expires_at > @Now)
                """, new { tx.Tenant, tx.Now, seat.Visit, caller.Person });
            tx.Publish("seat.signed-out", $"visit/{seat.Visit}", null, new { participant = seat.Participant, person = last ? caller.Person : null });
        }, stop);
        known.Forget(seat.Session);
        http.Response.Cookies.Delete(CookiePrefix + seat.Session, FrameCookie.Options(null));
    }

    /// <summary>Puts the place into this browser; then redirect (303) to <see cref="OpenedSeat.Room"/>.</summary>
    public static void HandOver(HttpContext http, OpenedSeat seat) =>
        http.Response.Cookies.Append(CookiePrefix + seat.Id, seat.Secret, FrameCookie.Options(seat.ExpiresAt));

    /// <summary>The visit is over: its sessions live on for the page after it, then end.</summary>
    public static Task EndVisit(Tx tx, Guid visit) =>
        tx.Execute("update auth.visit_session set expires_at = least(expires_at, @until) where tenant = @Tenant and visit = @visit",
            new { tx.Tenant, visit, until = tx.Now + AfterVisit });

    /// <summary>One participant was removed: nothing of theirs opens the room again.</summary>
    public static Task EndParticipant(Tx tx, Guid participant) =>
        tx.Execute("update auth.visit_session set expires_at = least(expires_at, @Now) where tenant = @Tenant and participant = @participant",
            new { tx.Tenant, participant, tx.Now });

    /// <summary>The next request of theirs asks the database.</summary>
    internal void Forget(Guid participant) => known.ForgetWhere(seen => seen.Caller.Seat!.Participant == participant);

    internal async Task<Caller?> Find(string id, string secret, CancellationToken stop)
    {
        if (!known.TryGet(id, out var seen))
        {
            if (await Load(id, stop) is not { } loaded) return null;
            seen = loaded;
        }
        return Secrets.Same(secret, seen.SecretHash) ? seen.Caller : null;
    }

    private async Task<(Caller, byte[])?> Load(string id, CancellationToken stop)
    {
        Row? row;
        await using (var connection = await db.App.OpenConnectionAsync(stop))
        {
            row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
                select tenant, secret_hash as SecretHash, visit, participant, person, kind, display, expires_at as ExpiresAt
                from auth.visit_session_by_id(@id)
                """, new { id }, cancellationToken: stop));
        }
        if (row is null || row.ExpiresAt <= db.Clock.GetUtcNow()) return null;
        var kind = Enum.Parse<CallerKind>(row.Kind);
        var caller = new Caller
        {
            Tenant = row.Tenant,
            TenantSlug = (await tenants.Find(row.Tenant, stop))!.Slug,
            Id = (row.Person ?? row.Participant).ToString(),
            Kind = kind,
            Person = row.Person,
            Display = row.Display,
            Roles = kind == CallerKind.Staff && row.Person is { } person
                ? await db.In(row.Tenant, Actor.Product, tx => StaffRoles.Of(tx, person), stop)
                : new HashSet<string>(),
            Seat = new VisitSeat(row.Visit, row.Participant, id),
        };
        known.Keep(id, (caller, row.SecretHash), row.ExpiresAt);
        return (caller, row.SecretHash);
    }

    private sealed record Row
    {
        public int Tenant { get; init; }
        public byte[] SecretHash { get; init; } = [];
        public Guid Visit { get; init; }
        public Guid Participant { get; init; }
        public Guid? Person { get; init; }
        public string Kind { get; init; } = "";
        public string Display { get; init; } = "";
        public DateTimeOffset ExpiresAt { get; init; }
    }
}

/// <summary>Cookies that must work in a cross-site frame without third-party cookies (CHIPS), measured in SMART.md.</summary>
internal static class FrameCookie
{
    public static CookieOptions Options(DateTimeOffset? expires)
    {
        var options = new CookieOptions { HttpOnly = true, Secure = true, SameSite = SameSiteMode.None, Path = "/", Expires = expires, IsEssential = true };
        options.Extensions.Add("Partitioned");
        return options;
    }
}
