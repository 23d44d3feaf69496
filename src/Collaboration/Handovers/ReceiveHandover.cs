using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>The receiver reads back patient by patient, asks, then accepts, and with that is responsible; or declines and says why.</summary>
public sealed class ReceiveHandover(Db db, TeamDoor teams, TaskDoor tasks, MessageDoor messages, ProjectFhir project)
{
    private static readonly Problem NotForYou = Problem.Forbidden("This handover is offered to others by name. Its giver, or an owner of the team, can send it to you.", "handover-receiver");

    /// <summary>In one's own words; for a patient who is stable a tick is enough.</summary>
    /// <param name="seen">What was on the screen: nobody reads back what was changed meanwhile and they have not seen.</param>
    public Task<Outcome<bool>> ReadBack(Caller caller, Guid id, Guid entry, string? text, string? seen, CancellationToken stop) => Receiving(caller, id, async (tx, h) =>
    {
        if (await HandoverSql.Entries(tx, id, entry) is not [var patient]) return NoPatient;
        if (seen is not null && seen != patient.Words(h)) return HandoverSql.Stale;
        var said = string.IsNullOrWhiteSpace(text) ? null : text.Trim();
        if (said is null && HandoverRules.NeedsWords(patient.Severity)) return Problem.Unprocessable("Say in your own words what you heard: this patient is not stable.", "text", "handover-words");
        if (said?.Length > 2000) return Problem.Unprocessable("What is read back has at most 2,000 characters.", "text", "handover-text");
        await tx.Execute("""
            insert into collab.handover_readback (tenant, entry, person, text, at) values (@Tenant, @entry, @me, @said, @Now)
            on conflict (tenant, entry, person) do update set text = excluded.text, at = excluded.at
            """, new { tx.Tenant, tx.Now, entry, me = caller.Person, said });
        await HandoverSql.Happened(tx, id, "read-back", patient.Patient, said);
        HandoverSql.Tell(tx, h, "read-back", patient.Patient);
        return true;
    }, stop);

    public Task<Outcome<bool>> Ask(Caller caller, Guid id, Guid entry, string? text, CancellationToken stop) => Receiving(caller, id, async (tx, h) =>
    {
        if (await HandoverSql.Entries(tx, id, entry) is not [var patient]) return NoPatient;
        if (text?.Trim() is not { Length: > 0 and <= 1000 } said) return Problem.Unprocessable("A question has 1 to 1,000 characters.", "text", "handover-text");
        await tx.Execute("insert into collab.handover_question (tenant, id, entry, by, at, text) values (@Tenant, @question, @entry, @me, @Now, @said)", new { tx.Tenant, tx.Now, question = tx.NewId(), entry, me = caller.Person, said });
        await HandoverSql.Happened(tx, id, "asked", patient.Patient);
        await Notices.Tell(tx, [h.Giver], "handover.asked", GiveHandover.Link(h), new { from = caller.Display });
        HandoverSql.Tell(tx, h, "asked", patient.Patient);
        return true;
    }, stop);

    /// <summary>Settled without an answer, by who asked.</summary>
    public Task<Outcome<bool>> Withdraw(Caller caller, Guid id, Guid question, CancellationToken stop) => Receiving(caller, id, async (tx, h) =>
    {
        var done = await tx.Execute("""
            update collab.handover_question q set withdrawn_at = @Now from collab.handover_patient e
            where q.tenant = @Tenant and q.id = @question and q.by = @me and q.answer is null and q.withdrawn_at is null and e.tenant = q.tenant and e.id = q.entry and e.handover = @id
            """, new { tx.Tenant, tx.Now, id, question, me = caller.Person });
        if (done == 0) return Problem.Conflict("This question is answered or withdrawn.", "handover-question");
        HandoverSql.Tell(tx, h, "answered");
        return true;
    }, stop);

    /// <summary>Responsibility passes now: one receiver wins, whoever is second learns who it was.</summary>
    /// <param name="passOn">The giver's open tasks and urgent messages about these patients come with it.</param>
    public Task<Outcome<bool>> Accept(Caller caller, Guid id, bool passOn, CancellationToken stop) => Receiving(caller, id, async (tx, h) =>
    {
        var entries = await HandoverSql.Entries(tx, id);
        var unread = entries.Count(e => e.By(caller.Person) is null);
        if (unread > 0) return Problem.Conflict($"{unread} of {entries.Count} patients are not read back by you yet.", "handover-unread");
        if (entries.Any(e => HandoverRules.NeedsWords(e.Severity) && e.By(caller.Person)!.Text is null)) return Problem.Conflict("A patient changed after you read them back: say it again in your own words.", "handover-unread");
        if (entries.SelectMany(e => e.Questions).Any(q => q.Open)) return Problem.Conflict("A question is open. Wait for its answer, or withdraw it.", "handover-question");
        await tx.Execute("""
            update collab.handover set state = 'accepted', receiver = @me, accepted_at = @Now, next_at = null, version = version + 1 where tenant = @Tenant and id = @id
            """, new { tx.Tenant, tx.Now, id, me = caller.Person });
        await HandoverSql.Happened(tx, id, "accepted");
        await Notices.Settle(tx, GiveHandover.Link(h));
        await Notices.Tell(tx, [h.Giver, .. h.To], "handover.accepted", GiveHandover.Link(h), new { from = caller.Display });
        HandoverSql.Tell(tx, h, "accepted");
        if (passOn) await PassOn(tx, h, caller.Person!.Value, entries);
        await project(tx, "handover", id);
        return true;
    }, stop);

    /// <summary>The same afterwards, by who accepted.</summary>
    public Task<Outcome<bool>> TakeOver(Caller caller, Guid id, CancellationToken stop) => Opened(caller, id, async (tx, h) =>
    {
        if (h.State != "accepted" || h.Receiver != caller.Person) return Problem.Forbidden("Who has accepted this handover takes over its tasks and messages.", "handover-receiver");
        await PassOn(tx, h, caller.Person!.Value, await HandoverSql.Entries(tx, id));
        return true;
    }, stop);

    public Task<Outcome<bool>> Decline(Caller caller, Guid id, string? why, CancellationToken stop) => Receiving(caller, id, async (tx, h) =>
    {
        if (why?.Trim() is not { Length: > 0 and <= 1000 } said) return Problem.Unprocessable("Say why, in at most 1,000 characters.", "why", "handover-why");
        if (h.To.Length == 0) return Problem.Conflict("This handover is offered to anyone of the team. Leave it to the others.", "handover-anyone");
        await HandoverSql.Happened(tx, id, "declined", null, said);
        await Notices.Settle(tx, GiveHandover.Link(h), caller.Person);
        await Notices.Tell(tx, [h.Giver], "handover.declined", GiveHandover.Link(h), new { from = caller.Display });
        // Others were asked as well: it is still theirs to accept.
        if (h.To.Length > 1)
        {
            await tx.Execute("delete from collab.handover_to where tenant = @Tenant and handover = @id and person = @me", new { tx.Tenant, id, me = caller.Person });
            HandoverSql.Tell(tx, h, "declined");
            return true;
        }
        await tx.Execute("update collab.handover set state = 'declined', closed_at = @Now, why = @said, next_at = null, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, said });
        HandoverSql.Tell(tx, h, "declined");
        await project(tx, "handover", id);
        return true;
    }, stop);

    private async Task PassOn(Tx tx, Handover h, Guid to, IReadOnlyList<HandoverEntry> entries)
    {
        var patients = entries.Select(e => e.Patient).ToArray();
        var (work, urgent) = (await tasks.PassOn(tx, h.Team, h.Giver, to, patients), await messages.PassOn(tx, h.Giver, to, patients));
        await tx.Execute("update collab.handover set passed_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, h.Id });
        if (work + urgent > 0) await HandoverSql.Happened(tx, h.Id, "passed", null, $"{work} / {urgent}");
        HandoverSql.Tell(tx, h, "passed");
    }

    private static readonly Problem NoPatient = Problem.NotFound("This patient is not in the handover any more.", "handover-patient");

    private Task<Outcome<bool>> Receiving(Caller caller, Guid id, Func<Tx, Handover, Task<Outcome<bool>>> change, CancellationToken stop) => Opened(caller, id, async (tx, h) =>
    {
        if (h.State == "accepted") return Problem.Conflict($"{h.ReceiverName} has accepted this handover and is responsible now.", "handover-taken");
        if (h.State != "offered") return GiveHandover.NotOffered(h);
        if (h.Giver == caller.Person) return Problem.Forbidden("Nobody hands over to themselves.", "handover-receiver");
        return h.To.Length == 0 || h.To.Contains(caller.Person!.Value) ? await change(tx, h) : NotForYou;
    }, stop);

    private Task<Outcome<bool>> Opened(Caller caller, Guid id, Func<Tx, Handover, Task<Outcome<bool>>> change, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var open = await HandoverSql.Open(tx, teams, caller, id, change: true);
        if (!open.Ok) return open.Problem;
        var done = await change(tx, open.Value);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);
}
