using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Collaboration.Visits;

namespace HealthTeams.Collaboration.Policies;

/// <summary>What a room's screen shows: never more than its policy allows.</summary>
/// <param name="Patient">Only where the policy shows names on the idle screen.</param>
public sealed record KioskView(string Name, bool Occupied, string? Patient, Guid? Visit, DateTimeOffset? VisitAt, bool MayCall, DateTimeOffset? CalledAt);

/// <summary>A device's own doings: the visit of its room's patient, and calling the care team. Staff of the team say whose room it is.</summary>
public sealed class RoomKiosk(Db db, TeamDoor teams, ShiftDoor shifts, VisitDoor visits, ConversationDoor conversations, Platform.Audit.AccessLog audit)
{
    private static readonly Problem Unknown = Problem.NotFound("There is no such device.", "device-unknown");

    public async Task<KioskView?> View(SignedInDevice device, CancellationToken stop)
    {
        var (view, patient) = await db.In(device.Tenant, Me(device), async tx =>
        {
            if (await Row(tx, device.Id) is not { } row) return ((KioskView?)null, (Guid?)null);
            var policy = await Policy(tx);
            var visit = policy.AllowVisit && row.Patient is { } p ? await Next(tx, p) : null;
            return (new KioskView(row.Name, row.Patient is not null, policy.ShowPatientName ? row.PatientName : null, visit?.Id, visit?.At, policy.AllowCallTeam, row.CalledAt), row.Patient);
        }, stop);
        if (view is not null && patient is { } shown && (view.Patient is not null || view.Visit is not null))
            await audit.Record(new(device.Tenant, db.Clock.GetUtcNow(), Me(device), "view", $"device/{device.Id}", $"person/{shown}", 200), stop);
        return view;
    }

    /// <summary>The device's own place in the visit: a link of its own, which only its secret opens again.</summary>
    public Task<Outcome<Participant>> Join(SignedInDevice device, string secret, CancellationToken stop) => db.In<Outcome<Participant>>(device.Tenant, Me(device), async tx =>
    {
        if (await Row(tx, device.Id, "for update of d") is not { } row) return Unknown;
        if ((await Policy(tx)).Refuse(nameof(EffectivePolicy.AllowVisit)) is { } refused) return refused;
        if (row.Patient is not { } patient || await Next(tx, patient) is not { } visit) return Problem.Conflict("There is no visit to join now.", "no-visit");
        var token = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($"{secret}|{visit.Id}")));
        var link = await visits.RoomLink(tx, visit.Id, token, device.Id);
        return await visits.Seat(tx, new SeatRequest(visit.Id, SeatRole.Patient, null, device.Name, KnownBy.Link, link));
    }, stop);

    /// <summary>Rings, as an urgent message, whoever of the team is on shift; without a roster the whole team.</summary>
    public Task<Outcome<bool>> Call(SignedInDevice device, CancellationToken stop) => db.In<Outcome<bool>>(device.Tenant, Me(device), async tx =>
    {
        if (await Row(tx, device.Id, "for update of d") is not { } row) return Unknown;
        if ((await Policy(tx)).Refuse(nameof(EffectivePolicy.AllowCallTeam)) is { } refused) return refused;
        if (row.CalledAt is { } called && tx.Now - called < RoomRules.CallEvery) return true;
        var people = (await shifts.OnShift(tx, row.Team, null, tx.Now)).Select(s => s.Person).Distinct().ToList();
        if (people.Count == 0) people = [.. (await teams.Members(tx, row.Team)).Where(m => m.Role >= TeamRole.Member).Select(m => m.Person)];
        if (people.Count == 0) return Problem.Conflict("Nobody is in the care team. Use the call button of the bed.", "nobody");
        var posted = await conversations.Post(tx, new PostSaid { People = people, Sender = row.Name, Text = $"Call from {row.Name}", Priority = "urgent", AnyoneOfRole = true });
        if (!posted.Ok) return tx.Abandon<Outcome<bool>>(posted.Problem);
        await tx.Execute("update collab.room_device set called_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, row.Id });
        tx.Publish("device.called", $"device/{row.Id}", data: new { message = posted.Value.Message });
        return true;
    }, stop);

    /// <summary>Rooms of the caller's teams, with who lies there: for those who care for them.</summary>
    public async Task<IReadOnlyList<RoomDevice>> Mine(Caller caller, CancellationToken stop)
    {
        var rows = await db.In(caller.Tenant, caller.Actor, tx => tx.Query<RoomDevice>($"""
            {RoomDevices.Select} join collab.team_member m on m.tenant = d.tenant and m.team = d.team and m.person = @Person
            where d.tenant = @Tenant and d.revoked_at is null and m.role <> 'Guest' order by lower(d.name)
            """, new { tx.Tenant, tx.Now, caller.Person }), stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "list", "rooms", null, 200), rows.Select(r => r.Patient is { } p ? $"person/{p}" : null), stop);
        return rows;
    }

    /// <param name="patient">Null: the room is empty.</param>
    public Task<Outcome<bool>> Put(Caller caller, Guid id, Guid? patient, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Row(tx, id, "for update of d") is not { } row) return Unknown;
        var may = await teams.May(tx, caller, row.Team, TeamRole.Member, change: true);
        if (!may.Ok) return may.Problem.Status == 404 ? Unknown : may.Problem;
        if (patient is { } p && !await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @p and kind = 'Patient')", new { tx.Tenant, p })) return Problem.Unprocessable("Choose a patient of this hospital.", "patient", "patient-unknown");
        await tx.Execute("update collab.room_device set patient = @patient, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id, patient });
        tx.Publish("device.patient-set", $"device/{id}", patient is { } now ? $"person/{now}" : row.Patient is { } before ? $"person/{before}" : null);
        return true;
    }, stop);

    private static Actor Me(SignedInDevice device) => new(device.Id.ToString(), CallerKind.System, "room-device");

    private static Task<RoomDevice?> Row(Tx tx, Guid id, string then = "") =>
        tx.OneOrNone<RoomDevice>($"{RoomDevices.Select} where d.tenant = @Tenant and d.id = @id and d.revoked_at is null {then}", new { tx.Tenant, tx.Now, id });

    /// <summary>The patient-room package as it stands; what was never made, or was deleted, is as predefined.</summary>
    private static async Task<EffectivePolicy> Policy(Tx tx)
    {
        var package = PolicyPackages.Find("patient-room")!;
        var kept = (await tx.Query<Policy>("select id, area, name, settings::text as SettingsJson from collab.policy where tenant = @Tenant and package = @Id and deleted_at is null", new { tx.Tenant, package.Id })).ToDictionary(p => p.Area);
        return new(package.Settings.Select(s => new PolicyReach(s.Key, Guid.Empty, package.Policy, "everyone", "", tx.Now, null, kept.TryGetValue(s.Key, out var policy) ? policy.Settings : s.Value)));
    }

    private static Task<Upcoming?> Next(Tx tx, Guid patient) => tx.OneOrNone<Upcoming>("""
        select id, start_at as At from collab.visit
        where tenant = @Tenant and patient = @patient and status in ('Booked', 'Arrived', 'InProgress') and (status = 'InProgress' or start_at between @since and @until)
        order by status = 'InProgress' desc, start_at limit 1
        """, new { tx.Tenant, patient, since = tx.Now - TimeSpan.FromHours(4), until = tx.Now + RoomRules.Early });

    private sealed record Upcoming
    {
        public Guid Id { get; init; }
        public DateTimeOffset? At { get; init; }
    }
}
