using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>The giver signs, answers, takes back, cancels, amends; an owner of the team sends on what nobody accepts.</summary>
public sealed class GiveHandover(Db db, TeamDoor teams, ProjectFhir project)
{
    /// <summary>draft → offered. Every reason why not is named at once.</summary>
    public Task<Outcome<bool>> Offer(Caller caller, Guid id, CancellationToken stop) => Giving(caller, id, async (tx, h) =>
    {
        if (h.State != "draft") return Problem.Conflict("This handover is signed. Take it back to change it.", "handover-signed");
        if (HandoverRules.NotReady(await HandoverSql.Entries(tx, id)).ToList() is { Count: > 0 } reasons) return Problem.Unprocessable(string.Join(" ", reasons), null, "handover-not-ready");
        var minutes = (await HandoverSql.Rule(tx, h.Team) ?? new()).EscalateMinutes;
        await tx.Execute("""
            update collab.handover set state = 'offered', offered_at = @Now, next_at = case when escalated_at is null then @next end, version = version + 1 where tenant = @Tenant and id = @id
            """, new { tx.Tenant, tx.Now, id, next = HandoverRules.EscalateAt(h.EndsAt, tx.Now, minutes, tx.Now) });
        await HandoverSql.Happened(tx, id, "offered");
        await TellReceivers(tx, teams, h, h.To, "handover.offered");
        await Changed(tx, h, "offered");
        return true;
    }, stop);

    /// <summary>offered → draft, to change it: what was read back is read back again.</summary>
    public Task<Outcome<bool>> TakeBack(Caller caller, Guid id, CancellationToken stop) => Giving(caller, id, async (tx, h) =>
    {
        if (h.Origin is not null) return FromFhir;
        if (h.State != "offered") return NotOffered(h);
        await tx.Execute("""
            update collab.handover set state = 'draft', version = version + 1 where tenant = @Tenant and id = @id;
            delete from collab.handover_readback b using collab.handover_patient e where b.tenant = @Tenant and e.tenant = b.tenant and e.id = b.entry and e.handover = @id
            """, new { tx.Tenant, id });
        await HandoverSql.Happened(tx, id, "taken-back");
        await Notices.Settle(tx, Link(h));
        HandoverSql.Tell(tx, h, "taken-back");
        return true;
    }, stop);

    /// <summary>By the giver, or by an owner of the team when the giver has gone.</summary>
    public Task<Outcome<bool>> Cancel(Caller caller, Guid id, string? why, CancellationToken stop) => Opened(caller, id, async (tx, h) =>
    {
        if (h.Giver != caller.Person && await teams.Standing(tx, h.Team, caller.Person) is not { Role: TeamRole.Owner }) return HandoverSql.NotGiver;
        if (!h.Live) return NotOffered(h);
        if (why?.Length > 1000) return Problem.Unprocessable("A reason has at most 1,000 characters.", "why", "handover-why");
        await tx.Execute("update collab.handover set state = 'cancelled', closed_at = @Now, why = @why, next_at = null, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, why = string.IsNullOrWhiteSpace(why) ? null : why.Trim() });
        await HandoverSql.Happened(tx, id, "cancelled", null, why);
        await Notices.Settle(tx, Link(h));
        if (h.State == "offered") await Notices.Tell(tx, h.To, "handover.cancelled", Link(h), new { from = h.GiverName });
        if (h.OfferedAt is not null) await Changed(tx, h, "cancelled");
        else HandoverSql.Tell(tx, h, "cancelled");
        return true;
    }, stop);

    /// <summary>To others, while it is offered: by the giver, or by an owner whom it was escalated to.</summary>
    public Task<Outcome<bool>> Redirect(Caller caller, Guid id, IReadOnlyList<Guid> to, CancellationToken stop) => Opened(caller, id, async (tx, h) =>
    {
        if (h.Giver != caller.Person && await teams.Standing(tx, h.Team, caller.Person) is not { Role: TeamRole.Owner }) return HandoverSql.NotGiver;
        if (h.State != "offered") return NotOffered(h);
        if (await BeginHandover.WrongReceivers(tx, teams, h.Team, h.Giver, to) is { } wrong) return wrong;
        await BeginHandover.SetReceivers(tx, id, to);
        await tx.Execute("update collab.handover set version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        await HandoverSql.Happened(tx, id, "redirected");
        await TellReceivers(tx, teams, h, to.Except(h.To).ToArray(), "handover.offered");
        await Changed(tx, h, "redirected");
        return true;
    }, stop);

    /// <summary>By the giver, or whoever else was there and knows it: the answer says who.</summary>
    public Task<Outcome<bool>> Answer(Caller caller, Guid id, Guid question, string? text, CancellationToken stop) => Opened(caller, id, async (tx, h) =>
    {
        if (h.State != "offered") return NotOffered(h);
        if (text?.Trim() is not { Length: > 0 and <= 2000 } said) return Problem.Unprocessable("An answer has 1 to 2,000 characters.", "text", "handover-text");
        var asked = await tx.Query<(Guid By, Guid Patient)>("""
            update collab.handover_question q set answer = @said, answered_by = @me, answered_at = @Now from collab.handover_patient e
            where q.tenant = @Tenant and q.id = @question and q.answer is null and q.withdrawn_at is null and e.tenant = q.tenant and e.id = q.entry and e.handover = @id returning q.by, e.patient
            """, new { tx.Tenant, tx.Now, id, question, said, me = caller.Person });
        if (asked is not [var was]) return Problem.Conflict("This question is answered or withdrawn.", "handover-question");
        if (was.By == caller.Person) return tx.Abandon<Outcome<bool>>(Problem.Unprocessable("Whoever asked does not answer. Withdraw the question if it is settled.", "text", "handover-question"));
        await HandoverSql.Happened(tx, id, "answered", was.Patient);
        await Notices.Tell(tx, [was.By], "handover.answered", Link(h), new { from = caller.Display });
        HandoverSql.Tell(tx, h, "answered", was.Patient);
        return true;
    }, stop);

    /// <summary>An accepted handover is never overwritten: its next version is another, read back again, and replaces it.</summary>
    public Task<Outcome<Guid>> Amend(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var open = await HandoverSql.Open(tx, teams, caller, id, change: true);
        if (!open.Ok) return open.Problem;
        var h = open.Value;
        if (h.Giver != caller.Person) return HandoverSql.NotGiver;
        if (h.Origin is not null) return FromFhir;
        if (h.State != "accepted") return Problem.Conflict("Only an accepted handover is amended. Take this one back to change it.", "handover-state");
        if (h.ReplacedBy is { } next) return next;
        var amended = tx.NewId();
        await tx.Execute("""
            insert into collab.handover (tenant, id, team, list, giver, shift, shift_label, ends_at, title, note, replaces, number, created_at, filled_at)
            select tenant, @amended, team, list, giver, shift, shift_label, ends_at, title, note, id, number + 1, @Now, filled_at from collab.handover where tenant = @Tenant and id = @id;
            insert into collab.handover_to (tenant, handover, person) values (@Tenant, @amended, @Receiver)
            """, new { tx.Tenant, tx.Now, id, amended, h.Receiver });
        foreach (var entry in await HandoverSql.Entries(tx, id))
        {
            var copy = tx.NewId();
            await tx.Execute("""
                insert into collab.handover_patient (tenant, handover, id, patient, bed, fhir_id) values (@Tenant, @amended, @copy, @Patient, @Bed, @copy::text);
                insert into collab.handover_section (tenant, entry, section, text, filled, at, by) select tenant, @copy, section, text, filled, at, by from collab.handover_section where tenant = @Tenant and entry = @Id;
                insert into collab.handover_item (tenant, entry, kind, ref, place, text, priority, at) select tenant, @copy, kind, ref, place, text, priority, at from collab.handover_item where tenant = @Tenant and entry = @Id
                """, new { tx.Tenant, amended, copy, entry.Patient, entry.Bed, entry.Id });
        }
        await HandoverSql.Happened(tx, amended, "amended");
        HandoverSql.Tell(tx, (await HandoverSql.Find(tx, amended))!, "begun");
        HandoverSql.Tell(tx, h, "amended");
        return amended;
    }, stop);

    public Task<Outcome<bool>> SetRule(Caller caller, Guid team, HandoverRule rule, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Owner, change: true);
        if (!may.Ok) return may.Problem;
        if (rule.ClockOut is not ("off" or "warn" or "refuse")) return Problem.Invalid("Clocking out is off, warn or refuse.", "clockOut", "handover-rule");
        if (rule.EscalateMinutes is < 1 or > 1440) return Problem.Unprocessable("The owners are told after 1 to 1,440 minutes.", "minutes", "handover-rule");
        var done = await tx.Execute("""
            insert into collab.handover_rule as r (tenant, team, clock_out, escalate_minutes) select @Tenant, @team, @ClockOut, @EscalateMinutes
            on conflict (tenant, team) do update set clock_out = excluded.clock_out, escalate_minutes = excluded.escalate_minutes, version = r.version + 1 where r.version = @Version
            """, new { tx.Tenant, team, rule.ClockOut, rule.EscalateMinutes, rule.Version });
        return done == 1 ? true : Problem.Conflict("Somebody else changed these settings meanwhile. Look at them again.", "stale");
    }, stop);

    internal static readonly Problem FromFhir = Problem.Conflict("This handover came from another system. Its changes come from there, too.", "handover-fhir");

    internal static Problem NotOffered(Handover h) => h.State == "draft" ? Problem.Conflict("This handover is not signed yet.", "handover-state") : Problem.Conflict("This handover is over. It is kept as it was.", "handover-over");

    internal static string Link(Handover h) => $"/handovers/{h.Id}";

    /// <summary>Nobody named: whoever of the team is at work sees it on their desk; one notice for each member would be noise, but for the owners' when it is late.</summary>
    internal static async Task TellReceivers(Tx tx, TeamDoor teams, Handover h, IReadOnlyList<Guid> to, string kind)
    {
        var people = to.Count > 0 ? to : [.. (await teams.Members(tx, h.Team)).Where(m => m.Role >= TeamRole.Member && m.Person != h.Giver).Select(m => m.Person)];
        await Notices.Tell(tx, people, kind, Link(h), new { from = h.GiverName, patients = h.Patients, team = h.TeamName });
    }

    private async Task Changed(Tx tx, Handover h, string what)
    {
        HandoverSql.Tell(tx, h, what);
        await project(tx, "handover", h.Id);
    }

    private Task<Outcome<bool>> Giving(Caller caller, Guid id, Func<Tx, Handover, Task<Outcome<bool>>> change, CancellationToken stop) =>
        Opened(caller, id, async (tx, h) => h.Giver == caller.Person ? await change(tx, h) : HandoverSql.NotGiver, stop);

    private Task<Outcome<bool>> Opened(Caller caller, Guid id, Func<Tx, Handover, Task<Outcome<bool>>> change, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var open = await HandoverSql.Open(tx, teams, caller, id, change: true);
        if (!open.Ok) return open.Problem;
        var done = await change(tx, open.Value);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);
}
