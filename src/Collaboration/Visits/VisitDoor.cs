using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Visits;

/// <summary>The public door of visits for other modules: booking (gateway, launcher) and taking a seat (launcher, pages).</summary>
public sealed class VisitDoor
{
    /// <summary>Joins the booking to the visit it belongs to (by key, else by shared identifier, never by name), or makes a new one.</summary>
    public Task<IReadOnlyList<Visit>> Book(Tx tx, IReadOnlyList<VisitBooking> bookings) => BookVisit.Run(tx, bookings);

    public async Task<Visit> Book(Tx tx, VisitBooking booking) => (await Book(tx, [booking]))[0];

    /// <summary>Takes a seat; the same person gets the same seat again. A visit that is over answers 410 "visit-over".</summary>
    public Task<Outcome<Participant>> Seat(Tx tx, SeatRequest request) => TakeSeat.Run(tx, request);

    /// <summary>Finds or makes the person a source describes; joins by (source, reference), else by shared identifier when birth dates do not contradict.</summary>
    public Task<IReadOnlyList<Person>> People(Tx tx, IReadOnlyList<PersonSaid> said) => PeopleSql.FindOrMake(tx, said);

    public async Task<Person> Person(Tx tx, PersonSaid said) => (await People(tx, [said]))[0];

    /// <summary>Video visits of these patients between two moments that are not over: for handovers.</summary>
    public Task<IReadOnlyList<PlannedVisit>> Planned(Tx tx, IReadOnlyCollection<Guid> patients, DateTimeOffset from, DateTimeOffset to) => tx.Query<PlannedVisit>("""
        select v.id, v.patient, v.start_at as StartAt, coalesce(v.service, v.reason) as What from collab.visit v
        where v.tenant = @Tenant and v.patient = any(@patients) and v.start_at >= @from and v.start_at < @to and v.status in ('Booked', 'Arrived', 'InProgress')
        order by v.start_at, v.id
        """, new { tx.Tenant, patients = patients.ToArray(), from, to });

    /// <summary>Those of these people who are in a visit's room now.</summary>
    public Task<IReadOnlyList<Guid>> InVisit(Tx tx, IReadOnlyCollection<Guid> people) => tx.Query<Guid>("""
        select distinct p.person from collab.participant p
        where p.tenant = @Tenant and p.person = any(@people) and p.state = 'InCall' and p.connected_until > @Now
        """, new { tx.Tenant, tx.Now, people = people.ToArray() });

    /// <summary>
    /// The patient's link as it may stand in an EHR's appointment: known by its token's hash, made once, dead with the visit. The
    /// token follows from the visit, so that writing it again writes the same; a copy of the database does not tell it.
    /// </summary>
    public Task KeepEhrLink(Tx tx, Guid visit, string token) => tx.Execute("""
        insert into collab.visit_link (tenant, id, visit, role, hash, created_at, created_by, asks_birth)
        values (@Tenant, @id, @visit, 'Patient', @hash, @Now, @nobody, true)
        on conflict (hash) do nothing
        """, new { tx.Tenant, id = tx.NewId(), visit, hash = Secrets.Hash(token), tx.Now, nobody = Guid.Empty });

    /// <summary>The link of a room's device: opened again by the same token, and seen as a room's by those who come in.</summary>
    public async Task<Guid> RoomLink(Tx tx, Guid visit, string token, Guid device)
    {
        await tx.Execute("""
            insert into collab.visit_link (tenant, id, visit, role, hash, created_at, created_by, redeemed_at, device_hash, room_device)
            values (@Tenant, @id, @visit, 'Patient', @hash, @Now, @device, @Now, @hash, @device)
            on conflict (hash) do nothing
            """, new { tx.Tenant, id = tx.NewId(), visit, hash = Secrets.Hash(token), tx.Now, device });
        return await tx.Scalar<Guid>("select id from collab.visit_link where tenant = @Tenant and hash = @hash", new { tx.Tenant, hash = Secrets.Hash(token) });
    }
}

public sealed record PlannedVisit(Guid Id, Guid Patient, DateTimeOffset StartAt, string? What);

/// <summary>The token of a visit's link in its EHR; bound by SmartLauncher, which keeps the keys.</summary>
public delegate string VisitLinkToken(int tenant, Guid visit);
