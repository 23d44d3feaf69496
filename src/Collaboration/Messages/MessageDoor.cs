using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

/// <summary>The public door of messages: for conversations, for the gateway, and for who hands patients over.</summary>
public sealed class MessageDoor(ShiftDoor shifts, TeamDoor teams, ProjectFhir project)
{
    /// <summary>Urgent messages to somebody about these patients that they have not acknowledged.</summary>
    public Task<IReadOnlyList<OpenMessage>> OpenUrgent(Tx tx, Guid person, IReadOnlyCollection<Guid> patients) => PassMessages.Open(tx, person, patients);

    /// <summary>They ring the next person from now on.</summary>
    /// <returns>How many.</returns>
    public Task<int> PassOn(Tx tx, Guid from, Guid to, IReadOnlyCollection<Guid> patients) => PassMessages.Run(tx, project, from, to, patients);

    /// <summary>Rings whom a message is for: deliveries where it is important or urgent or a receipt is asked for. Refused when nobody would be rung.</summary>
    public Task<Outcome<IReadOnlyList<Called>>> Raise(Tx tx, Raised said) => RaiseMessage.Run(tx, shifts, teams, said);

    /// <summary>The message's FHIR face, its Communication and its receipts, as its rows are now.</summary>
    public Task Show(Tx tx, Guid message) => project(tx, "message", message);

    /// <summary>Somebody whom a FHIR resource describes.</summary>
    public static async Task<Guid> Person(Tx tx, People.PersonSaid said) => (await People.PeopleSql.FindOrMake(tx, said)).Id;

    /// <summary>Whom these targets mean now.</summary>
    public Task<IReadOnlyList<Called>> WhoNow(Tx tx, IReadOnlyList<Target> to) => RaiseMessage.Resolve(tx, shifts, teams, to);

    /// <summary>The sender took it back: nothing rings or escalates any more.</summary>
    public async Task Withdraw(Tx tx, string communication)
    {
        if (await tx.Scalar<Guid?>("select id from collab.message where tenant = @Tenant and communication = @communication", new { tx.Tenant, communication }) is { } message) await Withdraw(tx, message);
    }

    public async Task Withdraw(Tx tx, Guid message)
    {
        if (await MessageSql.Lock(tx, message) is null) return;
        await Escalations.Stop(tx, message, "withdrawn", null);
        var recipients = await tx.Query<Guid>("""
            update collab.message_delivery set next_at = null, closed = 'withdrawn'
            where tenant = @Tenant and message = @message and closed is distinct from 'withdrawn'
            returning recipient
            """, new { tx.Tenant, message });
        await project(tx, "message", message);
        if (recipients.Count > 0) tx.Publish("message.withdrawn", $"message/{message}", null, new { recipients });
    }

    /// <summary>What somebody of another hospital did with it, when their hospital says so.</summary>
    public Task Receipt(Tx tx, Guid message, Guid person, DateTimeOffset? read, DateTimeOffset? acknowledged, DateTimeOffset? answered) => RemoteReceipt.Run(tx, message, person, read, acknowledged, answered);

    /// <summary>Somebody answered in the conversation: read as well, and not the same as acknowledged.</summary>
    public async Task Answered(Tx tx, Guid message, Guid person)
    {
        if (await MessageSql.Lock(tx, message) is not { } raised) return;
        var first = await tx.Execute("""
            update collab.message_delivery set answered_at = @Now, read_at = coalesce(read_at, @Now), next_at = null, closed = coalesce(closed, 'read')
            where tenant = @Tenant and message = @message and recipient = @person and answered_at is null and closed is distinct from 'withdrawn'
            """, new { tx.Tenant, tx.Now, message, person });
        if (first == 0) return;
        await project(tx, "message", message);
        tx.Publish("message.answered", $"message/{message}", null, new { recipients = MessageSql.Concerned(raised, person) });
    }
}
