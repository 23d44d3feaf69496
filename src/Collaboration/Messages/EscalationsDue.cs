using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Messages;

/// <summary>
/// Steps of escalation whose time has come (FEATURES 15.1, 16 #10, #11): whoever is asked next gets a delivery with repeats of their own and a
/// place in the conversation. One transaction a step; the message's lock keeps an acknowledgement and a step apart.
/// </summary>
public sealed class EscalationsDue(Db db, ShiftDoor shifts, TeamDoor teams, ProjectFhir project, ILogger<EscalationsDue> log) : IDueSweep
{
    private static readonly DueRows Rows = new("collab.message_escalation", "due_at", "Escalation");

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => Rows.Each(db, log, now, One, stop);

    private async Task One(Tx tx, Guid id)
    {
        if (await tx.Scalar<Guid?>("select message from collab.message_escalation where tenant = @Tenant and id = @id", new { tx.Tenant, id }) is not { } message) return;
        if (await MessageSql.Lock(tx, message) is not { } raised) return;
        var step = await tx.OneOrNone<StepRow>("""
            select step, kind, name, people, planned_at as PlannedAt from collab.message_escalation
            where tenant = @Tenant and id = @id and due_at <= @Now and not exists (
              select from collab.message_escalation b where b.tenant = @Tenant and b.message = @message and b.step < message_escalation.step and b.due_at is not null)
            """, new { tx.Tenant, tx.Now, id, message });
        if (step is null)
        {
            // The step before it is late and comes first; its own end brings this one back.
            await tx.Execute("update collab.message_escalation set due_at = due_at + interval '1 second' where tenant = @Tenant and id = @id and due_at <= @Now", new { tx.Tenant, tx.Now, id });
            return;
        }
        var asked = step.Kind == "sender" ? [] : await Ask(tx, raised, step);
        var outcome = step.Kind == "sender" ? "told" : asked.Count > 0 ? "asked" : "nobody";
        await tx.Execute("""
            update collab.message_escalation set due_at = null, done_at = @Now, outcome = @outcome, asked = @asked where tenant = @Tenant and id = @id
            """, new { tx.Tenant, tx.Now, id, outcome, asked = asked.ToArray() });
        if (step.Kind == "sender") await Unanswered(tx, raised);
        else await Following(tx, message, step, asked.Count == 0);
        tx.Publish("message.escalated", $"message/{message}", raised.Patient is { } p ? $"person/{p}" : null, new { step.Step, outcome, recipients = MessageSql.Concerned(raised, [.. asked]) });
        await project(tx, "message", message);
    }

    /// <summary>Whoever this step means now, without those who were asked already and the sender.</summary>
    private async Task<IReadOnlyList<Guid>> Ask(Tx tx, RaisedRow raised, StepRow step)
    {
        var called = step.Kind switch
        {
            "people" => await RaiseMessage.Resolve(tx, shifts, teams, [.. step.People.Select(Target.Person)]),
            "onShift" when raised.Team is { } team => await RaiseMessage.Resolve(tx, shifts, teams, [Target.Group(team, step.Name)]),
            "role" when raised.Team is { } team => await RaiseMessage.Resolve(tx, shifts, teams, [Target.Role(team, step.Name!)]),
            "owners" when raised.Team is { } team => [.. (await teams.Members(tx, team)).Where(m => m.Role == TeamRole.Owner).Select(m => new Called(m.Person, m.Name, null, team))],
            _ => [],
        };
        var asked = await RaiseMessage.Deliver(tx, raised.Message, raised.Priority, [.. called.Where(c => c.Person != raised.Sender)], step.Step);
        if (asked.Count > 0 && raised.Conversation is { } conversation) await ConversationDoor.Include(tx, conversation, asked);
        return asked;
    }

    private static async Task Following(Tx tx, Guid message, StepRow step, bool nobody)
    {
        var later = await tx.Query<(Guid Id, DateTimeOffset PlannedAt)>("""
            select id, planned_at from collab.message_escalation where tenant = @Tenant and message = @message and step > @Step and due_at is not null order by step
            """, new { tx.Tenant, message, step.Step });
        if (later.Count == 0) return;
        // The one behind comes at once where nobody was found, or later where this one was late; all behind it move as far.
        var moved = EscalationRules.Next(step.PlannedAt, later[0].PlannedAt, tx.Now, nobody) - later[0].PlannedAt;
        if (moved == TimeSpan.Zero) return;
        await tx.Execute("""
            update collab.message_escalation set due_at = due_at + @moved, planned_at = planned_at + @moved where tenant = @Tenant and id = any(@ids)
            """, new { tx.Tenant, moved, ids = later.Select(l => l.Id).ToArray() });
    }

    /// <summary>The end of the chain is not silence: the sender is told that nobody has acknowledged, and so is the team.</summary>
    private async Task Unanswered(Tx tx, RaisedRow raised)
    {
        await tx.Execute("""
            update collab.message_raised set settled = 'unanswered', settled_at = @Now where tenant = @Tenant and message = @Message and settled is null
            """, new { tx.Tenant, tx.Now, raised.Message });
        var owners = raised.Team is { } team ? (await teams.Members(tx, team)).Where(m => m.Role == TeamRole.Owner).Select(m => m.Person) : [];
        await Notices.Tell(tx, raised.Sender is { } sender ? [sender] : [], "message.unanswered", $"/messages/sent/{raised.Message}", null, $"message/{raised.Message}/unanswered");
        // What no person sent (an EHR's result) has nobody to tell: the team's owners hear of it.
        if (raised.Sender is null) await Notices.Tell(tx, owners, "message.unanswered", "/messages/urgent", null, $"message/{raised.Message}/unanswered");
    }

    private sealed record StepRow
    {
        public int Step { get; init; }
        public string Kind { get; init; } = "";
        public string? Name { get; init; }
        public Guid[] People { get; init; } = [];
        public DateTimeOffset PlannedAt { get; init; }
    }
}
