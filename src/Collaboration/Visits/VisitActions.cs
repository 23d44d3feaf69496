using System.Buffers.Text;
using System.Security.Cryptography;
using HealthTeams.Collaboration.Policies;

namespace HealthTeams.Collaboration.Visits;

/// <summary>What staff do to a visit outside its room.</summary>
public sealed class VisitActions(Db db, ProjectFhir project, PolicyDoor policies)
{
    /// <summary>How long a confirmed no-show can be taken back; it reaches the EHR after that.</summary>
    public static readonly TimeSpan UndoFor = TimeSpan.FromSeconds(10);

    /// <summary>A member of staff opens the room: a host's place, by name.</summary>
    public Task<Outcome<Participant>> TakeSeat(Caller caller, Guid visit, CancellationToken stop) =>
        db.In(caller.Tenant, caller.Actor, async tx => await Visits.TakeSeat.Run(tx, new SeatRequest(visit, await Lobby(tx, caller, visit) ? SeatRole.Guest : SeatRole.Host, caller.Person, caller.Display, KnownBy.Staff)), stop);

    /// <summary>A visit held with a room's device: clinical roles come in at once, everybody else waits (PP-07).</summary>
    private static async Task<bool> Lobby(Tx tx, Caller caller, Guid visit) => !RoomRules.IsClinical(caller.Roles) && await tx.Scalar<bool>("""
        select exists (select from collab.visit_link l join collab.participant p on p.tenant = l.tenant and p.link = l.id where l.tenant = @Tenant and l.visit = @visit and l.room_device is not null)
          and not exists (select from collab.visit_clinician c where c.tenant = @Tenant and c.visit = @visit and c.person = @Person)
          and coalesce((select (q.settings ->> 'AutoAdmitClinicalRoles')::boolean from collab.policy q where q.tenant = @Tenant and q.package = 'patient-room' and q.area = 'device' and q.deleted_at is null), true)
        """, new { tx.Tenant, visit, caller.Person });

    /// <summary>Makes a link for somebody without an account. The token (256 bits) is shown once; only its hash is kept.</summary>
    public Task<Outcome<string>> InviteGuest(Caller caller, Guid visit, SeatRole role, string? name, CancellationToken stop) =>
        db.In<Outcome<string>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (role == SeatRole.Host) return Problem.Invalid("A link is for a patient or a guest.", "role");
            if (name?.Length > 100) return Problem.Invalid("A name has at most 100 characters.", "name");
            if ((await policies.Of(tx, caller)).Refuse(nameof(EffectivePolicy.AllowGuestLinks)) is { } refused) return refused;
            var v = await VisitSql.Lock(tx, visit);
            if (v is null) return Problem.NotFound("There is no such visit.", "visit-unknown");
            if (v.Over) return new Problem(410, "visit-over", "This visit is over.");
            var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            var id = tx.NewId();
            await tx.Execute("""
                insert into collab.visit_link (tenant, id, visit, role, display, hash, created_at, created_by)
                values (@Tenant, @id, @visit, @role, @name, @hash, @Now, @by)
                """, new { tx.Tenant, id, visit, role = role.ToString(), name = string.IsNullOrWhiteSpace(name) ? null : name.Trim(), hash = Secrets.Hash(token), tx.Now, by = caller.Person });
            tx.Publish("visit.invited", $"visit/{visit}", VisitSql.PatientOf(v), new { link = id });
            return token;
        }, stop);

    /// <summary>The clinician confirms that the patient did not come; nobody else ever decides it.</summary>
    public Task<Outcome<bool>> ConfirmNoShow(Caller caller, Guid visit, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            var v = await VisitSql.Lock(tx, visit);
            if (v is null) return Problem.NotFound("There is no such visit.", "visit-unknown");
            if (v.Status == VisitStatus.NoShow) return true;
            if (v.Status != VisitStatus.Booked) return Problem.Conflict("The patient came to this visit, or it is over.", "visit-not-booked");
            if (v.StartAt > tx.Now) return Problem.Conflict("The visit has not begun yet.", "visit-not-begun");
            await VisitSql.SetStatus(tx, v, VisitStatus.NoShow);
            await VisitEnd.CloseRoom(tx, visit);
            tx.Publish("visit.noshow", $"visit/{visit}", VisitSql.PatientOf(v), delay: UndoFor);
            await project(tx, "visit", visit);
            return true;
        }, stop);

    public Task<Outcome<bool>> UndoNoShow(Caller caller, Guid visit, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            var v = await VisitSql.Lock(tx, visit);
            if (v is null) return Problem.NotFound("There is no such visit.", "visit-unknown");
            if (v.Status != VisitStatus.NoShow) return Problem.Conflict("This visit is not marked as a no-show.", "visit-not-noshow");
            if (tx.Now > v.NoShowAt + UndoFor) return Problem.Conflict("The EHR has been told. Change it there.", "undo-late");
            await VisitSql.SetStatus(tx, v, VisitStatus.Booked);
            tx.Publish("visit.noshow-undone", $"visit/{visit}", VisitSql.PatientOf(v));
            await project(tx, "visit", visit);
            return true;
        }, stop);
}

/// <summary>Secrets we hand out are random and kept only as hashes.</summary>
internal static class Secrets
{
    public static byte[] Hash(string secret) => SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(secret));
}
