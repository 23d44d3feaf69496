using System.Buffers.Text;
using System.Security.Cryptography;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Visits;

/// <summary>What the holder of a seat sees before the room's script runs. Banner facts are empty until a patient or guest is admitted.</summary>
public sealed record RoomView
{
    public Guid Visit { get; init; }
    public required Participant Me { get; init; }
    public required VisitRow Row { get; init; }
    public string Hospital { get; init; } = "";
    public string TimeZone { get; init; } = "UTC";
    public bool Over { get; init; }
    public VisitStatus Status { get; init; }
}

/// <summary>
/// The room's state machine in PostgreSQL: waiting → admitted → in call → left. Every step checks the seat it is asked
/// for and the state it finds, under the visit's row lock, and leaves an event.
/// </summary>
public sealed class Rooms(Db db, ProjectFhir project, TenantDirectory tenants, Platform.Audit.AccessLog audit, PolicyDoor policies)
{
    /// <summary>A connection counts as alive this long after its last sign of life.</summary>
    public static readonly TimeSpan Presence = TimeSpan.FromSeconds(45);
    public static readonly TimeSpan TicketFor = TimeSpan.FromHours(1);

    public async Task<Outcome<RoomView>> View(Caller caller, CancellationToken stop)
    {
        if (caller.Seat is not { } seat) return Problem.Forbidden("This session has no seat.");
        var tenant = (await tenants.Find(caller.Tenant, stop))!;
        var view = await db.In<Outcome<RoomView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var me = await SeatSql.Find(tx, seat.Visit, seat.Participant);
            if (me is null) return Problem.NotFound("There is no such seat.", "seat-unknown");
            if (me.State == SeatState.Removed) return Problem.Forbidden("You have been removed from this visit.", "removed");
            var row = (await VisitLists.Rows(tx, caller, "v.id = @visit", new { tx.Tenant, tx.Now, caller.Person, visit = seat.Visit })).Single();
            var entitled = me.Role == SeatRole.Host || (me.KnownBy == KnownBy.Ehr && me.Role == SeatRole.Patient) || me.State is SeatState.Admitted or SeatState.InCall;
            return new RoomView
            {
                Visit = seat.Visit, Me = me with { Display = RoomSnapshot.NameFor(me, me) }, Hospital = tenant.Name, TimeZone = tenant.TimeZone, Status = row.Status,
                Over = new Visit { Status = row.Status }.Over,
                Row = entitled ? row : new VisitRow { Id = row.Id, Status = row.Status, StartAt = row.StartAt, Clinicians = row.Clinicians },
            };
        }, stop);
        if (view.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"visit/{seat.Visit}", view.Value.Row.PatientId is { } p ? $"person/{p}" : null, 200), stop);
        return view;
    }

    /// <summary>A secret for the page's connection; checked by the server at every entry.</summary>
    public Task<Outcome<string>> Ticket(Caller caller, CancellationToken stop) =>
        db.In<Outcome<string>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (caller.Seat is not { } seat) return Problem.Forbidden("This session has no seat.");
            if (await Closed(tx, seat) is { } closed) return closed;
            var ticket = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            await tx.Execute("""
                delete from collab.room_ticket where tenant = @Tenant and participant = @Participant and expires_at < @Now;
                insert into collab.room_ticket (tenant, hash, participant, expires_at) values (@Tenant, @hash, @Participant, @until)
                """, new { tx.Tenant, tx.Now, seat.Participant, hash = Secrets.Hash(ticket), until = tx.Now + TicketFor });
            return ticket;
        }, stop);

    /// <summary>Checks the ticket against the session's seat and marks the connection alive.</summary>
    internal Task<Outcome<Participant>> Enter(Caller caller, string ticket, CancellationToken stop) =>
        db.In<Outcome<Participant>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (caller.Seat is not { } seat) return Problem.Forbidden("This session has no seat.");
            var holder = await tx.Scalar<Guid?>(
                "select participant from collab.room_ticket where tenant = @Tenant and hash = @hash and expires_at > @Now",
                new { tx.Tenant, tx.Now, hash = Secrets.Hash(ticket) });
            if (holder != seat.Participant) return Problem.Forbidden("This ticket does not open this room. Reload the page.", "ticket");
            if (await Closed(tx, seat) is { } closed) return closed;
            var me = (await SeatSql.Find(tx, seat.Visit, seat.Participant))!;
            await tx.Execute("update collab.participant set connected_until = @until where tenant = @Tenant and id = @Id",
                new { tx.Tenant, me.Id, until = tx.Now + Presence });
            tx.Publish("visit.connected", $"visit/{seat.Visit}", null, new { participant = me.Id });
            return me with { Connected = true };
        }, stop);

    /// <summary>The patient or guest has done the device check and waits. The first patient to wait has arrived.</summary>
    internal Task<Outcome<bool>> Wait(Caller caller, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.Role == SeatRole.Host || me.State is not (SeatState.Invited or SeatState.Left)) return true;
        // Whoever was admitted once and left comes back without waiting again.
        if (me.State == SeatState.Left && me.AdmittedAt is not null)
        {
            await SeatSql.To(tx, me, SeatState.Admitted);
            tx.Publish("visit.back", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant = me.Id });
            return true;
        }
        await SeatSql.To(tx, me, SeatState.Waiting);
        tx.Publish("visit.waiting", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant = me.Id });
        if (me.Role == SeatRole.Patient && visit.Status is VisitStatus.Booked) await Change(tx, visit, VisitStatus.Arrived, "visit.arrived");
        return true;
    }, stop);

    internal Task<Outcome<bool>> Admit(Caller caller, Guid participant, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.Role != SeatRole.Host) return Problem.Forbidden("Only the clinic can admit.");
        var other = await SeatSql.Find(tx, visit.Id, participant);
        if (other is null) return Problem.NotFound("There is no such person in this visit.");
        if (other.State is SeatState.Admitted or SeatState.InCall) return true;
        await SeatSql.To(tx, other, SeatState.Admitted, me.Id);
        tx.Publish("visit.admitted", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant, by = me.Id });
        if (other.Role == SeatRole.Patient && visit.Status is VisitStatus.Booked or VisitStatus.Arrived)
        {
            if (visit.Status == VisitStatus.Booked) await Change(tx, visit, VisitStatus.Arrived, "visit.arrived");
            await Change(tx, visit, VisitStatus.InProgress, "visit.started");
        }
        return true;
    }, stop);

    internal Task<Outcome<bool>> Remove(Caller caller, Guid participant, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.Role != SeatRole.Host) return Problem.Forbidden("Only the clinic can remove somebody.");
        var other = await SeatSql.Find(tx, visit.Id, participant);
        if (other is null || other.Role == SeatRole.Host) return Problem.NotFound("There is no such person in this visit.");
        await SeatSql.To(tx, other, SeatState.Removed);
        tx.Publish("visit.removed", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant, by = me.Id });
        return true;
    }, stop);

    internal Task<Outcome<bool>> JoinCall(Caller caller, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.State == SeatState.InCall) return true;
        var mayCall = me.Role == SeatRole.Host || (me.AdmittedAt is not null && me.State is SeatState.Admitted or SeatState.Left);
        if (!mayCall) return Problem.Forbidden("The clinician has not let you in yet.", "not-admitted");
        await SeatSql.To(tx, me, SeatState.InCall);
        tx.Publish("visit.joined", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant = me.Id });
        return true;
    }, stop);

    internal Task<Outcome<bool>> LeaveCall(Caller caller, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.State is SeatState.Removed or SeatState.Left) return true;
        await SeatSql.To(tx, me, SeatState.Left);
        tx.Publish("visit.left", $"visit/{visit.Id}", VisitSql.PatientOf(visit), new { participant = me.Id });
        return true;
    }, stop);

    internal Task<Outcome<bool>> End(Caller caller, CancellationToken stop) => Step(caller, async (tx, visit, me) =>
    {
        if (me.Role != SeatRole.Host) return Problem.Forbidden("Only the clinic can end the visit.");
        if ((await policies.Of(tx, caller)).Refuse(nameof(EffectivePolicy.AllowEndVisit)) is { } refused) return refused;
        if (visit.Status is not (VisitStatus.InProgress or VisitStatus.Arrived)) return Problem.Conflict("The visit has not begun.", "visit-not-begun");
        await Finish(tx, visit, tx.Now);
        return true;
    }, stop);

    internal Task<Outcome<ChatLine>> Say(Caller caller, string text, CancellationToken stop) => Step<ChatLine>(caller, async (tx, visit, me) =>
    {
        if (me.State is not (SeatState.InCall or SeatState.Admitted)) return Problem.Forbidden("Chat opens once you are in the visit.", "not-admitted");
        if (await tx.Scalar<bool>("select exists (select from collab.participant p join collab.visit_link l on l.tenant = p.tenant and l.id = p.link where p.tenant = @Tenant and p.id = @Id and l.room_device is not null)", new { tx.Tenant, me.Id }))
            return Problem.Forbidden("A room's device does not chat: its policy, Healthcare_PatientRoom, keeps that shut.", "policy");
        if (text.Trim() is not { Length: > 0 and <= 4000 } said) return Problem.Invalid("A message has 1 to 4000 characters.", "text");
        var line = new ChatLine { Id = tx.NewId(), From = me.Id, Name = me.Display, Text = said, At = tx.Now };
        await tx.Execute("insert into collab.room_chat (tenant, id, visit, participant, text, at) values (@Tenant, @Id, @visit, @From, @Text, @At)",
            new { tx.Tenant, line.Id, visit = visit.Id, line.From, line.Text, line.At });
        return line;
    }, stop);

    /// <summary>Ends a visit: tickets die, the status goes to our FHIR API now and to the EHR through the outbox.</summary>
    internal async Task Finish(Tx tx, Visit visit, DateTimeOffset at)
    {
        if (visit.Status == VisitStatus.Arrived) await Change(tx, visit, VisitStatus.InProgress, "visit.started");
        await VisitSql.SetStatus(tx, visit, VisitStatus.Finished, at);
        await VisitEnd.CloseRoom(tx, visit.Id);
        tx.Publish("visit.finished", $"visit/{visit.Id}", VisitSql.PatientOf(visit));
        await project(tx, "visit", visit.Id);
    }

    /// <summary>A visit that is over and a seat that was taken away open nothing any more.</summary>
    private static async Task<Problem?> Closed(Tx tx, VisitSeat seat)
    {
        var (status, state) = await tx.OneOrNone<(string?, string?)>("""
            select v.status, p.state from collab.participant p join collab.visit v on v.tenant = p.tenant and v.id = p.visit
            where p.tenant = @Tenant and p.id = @Participant and p.visit = @Visit
            """, new { tx.Tenant, seat.Participant, seat.Visit });
        if (status is null) return Problem.NotFound("There is no such seat.", "seat-unknown");
        if (new Visit { Status = Enum.Parse<VisitStatus>(status) }.Over) return new Problem(410, "visit-over", "This visit is over.");
        return state == nameof(SeatState.Removed) ? Problem.Forbidden("You have been removed from this visit.", "removed") : null;
    }

    private async Task Change(Tx tx, Visit visit, VisitStatus status, string kind)
    {
        await VisitSql.SetStatus(tx, visit, status);
        tx.Publish(kind, $"visit/{visit.Id}", VisitSql.PatientOf(visit));
        await project(tx, "visit", visit.Id);
    }

    private Task<Outcome<T>> Step<T>(Caller caller, Func<Tx, Visit, Participant, Task<Outcome<T>>> step, CancellationToken stop) =>
        db.In<Outcome<T>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (caller.Seat is not { } seat) return Problem.Forbidden("This session has no seat.");
            var visit = await VisitSql.Lock(tx, seat.Visit);
            var me = visit is null ? null : await SeatSql.Find(tx, seat.Visit, seat.Participant);
            if (visit is null || me is null) return Problem.NotFound("There is no such seat.", "seat-unknown");
            if (visit.Over) return new Problem(410, "visit-over", "This visit is over.");
            if (me.State == SeatState.Removed) return Problem.Forbidden("You have been removed from this visit.", "removed");
            return await step(tx, visit, me);
        }, stop);

    private Task<Outcome<bool>> Step(Caller caller, Func<Tx, Visit, Participant, Task<Outcome<bool>>> step, CancellationToken stop) =>
        Step<bool>(caller, step, stop);
}
