using System.Security.Cryptography;
using Dapper;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Visits;

/// <summary>A link as its holder may see it: no patient's name.</summary>
public sealed record GuestLink(int Tenant, Guid Id, Guid Visit, SeatRole Role, string Hospital, bool Over, bool RedeemedElsewhere, bool Named)
{
    /// <summary>It stands where others read it, too: whoever opens it first writes the birth date.</summary>
    public bool AsksBirthFirst { get; init; }
}

/// <summary>
/// A guest's link: GET shows a button (mail scanners open links), POST redeems it and binds this device, which may come
/// back until the visit ends. Another device needs the patient's birth date, and waits to be admitted again.
/// </summary>
public sealed class GuestLinks(Db db, TenantDirectory tenants)
{
    /// <summary>Wrong birth dates after which a link no longer opens on another device.</summary>
    public const int Attempts = 5;

    public async Task<GuestLink?> Find(string token, string? deviceSecret, CancellationToken stop)
    {
        if (await TenantOf(token, stop) is not { } tenant) return null;
        var hospital = (await tenants.Find(tenant, stop))!.Name;
        return await db.In(tenant, Actor.Product, async tx => await Row(tx, token) is { } l
            ? new GuestLink(tenant, l.Id, l.Visit, l.Role, hospital, Over(l), l.DeviceHash is not null && !SameDevice(l, deviceSecret), l.Display is not null)
            {
                AsksBirthFirst = l.AsksBirthFirst,
            }
            : null, stop);
    }

    public async Task<Outcome<Participant>> Redeem(string token, string? display, DateOnly? birthDate, string deviceSecret, CancellationToken stop)
    {
        if (await TenantOf(token, stop) is not { } tenant) return Problem.NotFound("This link is not known.", "link-unknown");
        return await db.In<Outcome<Participant>>(tenant, Actor.Product, async tx =>
        {
            if (await Row(tx, token) is not { } link) return Problem.NotFound("This link is not known.", "link-unknown");
            if (Over(link)) return new Problem(410, "visit-over", "This visit is over.");
            var elsewhere = link.DeviceHash is not null && !SameDevice(link, deviceSecret);
            if (elsewhere || link.AsksBirthFirst)
            {
                if (link.Failures >= Attempts) return Problem.Forbidden("The date of birth was wrong too often. Ask the clinic for a new link.", "link-locked");
                if (birthDate is null && !elsewhere) return Problem.Forbidden("This link stands in the chart, where others read it. Enter the patient's date of birth.", "birth-date-first");
                if (birthDate is null) return Problem.Forbidden("This link was opened on another device. Enter the patient's date of birth to use it here.", "birth-date-needed");
                if (birthDate != link.BirthDate)
                {
                    await tx.Execute("update collab.visit_link set failures = failures + 1 where tenant = @Tenant and id = @Id", new { tx.Tenant, link.Id });
                    return Problem.Forbidden("That is not the date of birth we have.", "birth-date-wrong");
                }
            }
            await tx.Execute("""
                update collab.visit_link set redeemed_at = coalesce(redeemed_at, @Now), device_hash = @device, failures = 0
                where tenant = @Tenant and id = @Id
                """, new { tx.Tenant, tx.Now, link.Id, device = Secrets.Hash(deviceSecret) });
            var named = link.Display ?? (string.IsNullOrWhiteSpace(display) ? null : display.Trim()[..Math.Min(display.Trim().Length, 100)]);
            var request = link.Role == SeatRole.Patient
                ? new SeatRequest(link.Visit, SeatRole.Patient, null, link.PatientName, KnownBy.Link, link.Id)
                : new SeatRequest(link.Visit, SeatRole.Guest, null, named ?? "Guest", link.Display is null ? KnownBy.Self : KnownBy.Link, link.Id);
            if (elsewhere) await LeaveOldDevice(tx, link);
            var seat = await TakeSeat.Run(tx, request);
            if (!seat.Ok) return seat;
            tx.Publish("visit.link-redeemed", $"visit/{link.Visit}", link.Patient is { } p ? $"person/{p}" : null, new { link = link.Id, elsewhere });
            return seat;
        }, stop);
    }

    /// <summary>The link moves to another device: the seat on the old one is closed for good, the new one waits to be admitted.</summary>
    private static async Task LeaveOldDevice(Tx tx, Link link)
    {
        var old = await tx.Scalar<Guid?>("""
            update collab.participant set state = 'Removed', link = null, left_at = @Now where tenant = @Tenant and link = @Id and state <> 'Removed'
            returning id
            """, new { tx.Tenant, tx.Now, link.Id });
        if (old is { } participant) tx.Publish("visit.removed", $"visit/{link.Visit}", null, new { participant });
    }

    private async Task<int?> TenantOf(string token, CancellationToken stop)
    {
        if (token.Length is < 22 or > 64) return null;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
            "select collab.link_tenant(@hash)", new { hash = Secrets.Hash(token) }, cancellationToken: stop));
    }

    private static Task<Link?> Row(Tx tx, string token) => tx.OneOrNone<Link>("""
        select l.id, l.visit, l.role, l.display, l.device_hash as DeviceHash, l.failures, l.asks_birth as AsksBirth, v.status,
          coalesce(v.end_at, v.start_at, l.created_at) + interval '24 hours' < @Now as Stale, v.patient, p.birth_date as BirthDate, p.family, p.given
        from collab.visit_link l
        join collab.visit v on v.tenant = l.tenant and v.id = l.visit
        left join collab.person p on p.tenant = v.tenant and p.id = v.patient
        where l.tenant = @Tenant and l.hash = @hash
        for update of l
        """, new { tx.Tenant, tx.Now, hash = Secrets.Hash(token) });

    /// <summary>A link dies with its visit, and a day after its time when the visit was never held.</summary>
    private static bool Over(Link link) => link.Stale || new Visit { Status = link.Status }.Over;

    private static bool SameDevice(Link link, string? secret) =>
        secret is not null && CryptographicOperations.FixedTimeEquals(link.DeviceHash, Secrets.Hash(secret));

    private sealed record Link
    {
        public Guid Id { get; init; }
        public Guid Visit { get; init; }
        public SeatRole Role { get; init; }
        public string? Display { get; init; }
        public byte[]? DeviceHash { get; init; }
        public int Failures { get; init; }
        public bool AsksBirth { get; init; }

        /// <summary>Where no birth date is known there is nothing to ask; the waiting room still stands before the visit.</summary>
        public bool AsksBirthFirst => AsksBirth && DeviceHash is null && BirthDate is not null;
        public VisitStatus Status { get; init; }
        public bool Stale { get; init; }
        public Guid? Patient { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string PatientName => new People.Person { Kind = People.PersonKind.Patient, Family = Family, Given = Given }.Display;
    }
}
