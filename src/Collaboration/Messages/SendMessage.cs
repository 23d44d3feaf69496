using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

/// <summary>A message as another module brings it, free of FHIR types.</summary>
/// <param name="Communication">Logical id of the Communication in our FHIR API, the idempotency key.</param>
/// <param name="Priority">"normal", "important" or "urgent".</param>
public sealed record MessageSaid(
    string? Communication, string Priority, string Sender, Guid? SenderPerson, PersonSaid? Patient, string Text, DateTimeOffset? SentAt,
    IReadOnlyList<PersonSaid> Recipients, IReadOnlyList<Target>? To = null);

/// <summary>The public door of messages: for conversations, for the gateway, and for who hands patients over.</summary>
public sealed class MessageDoor(ShiftDoor shifts, TeamDoor teams)
{
    /// <summary>Urgent messages to somebody about these patients that they have not acknowledged.</summary>
    public Task<IReadOnlyList<OpenMessage>> OpenUrgent(Tx tx, Guid person, IReadOnlyCollection<Guid> patients) => PassMessages.Open(tx, person, patients);

    /// <summary>They ring the next person from now on.</summary>
    /// <returns>How many.</returns>
    public Task<int> PassOn(Tx tx, Guid from, Guid to, IReadOnlyCollection<Guid> patients) => PassMessages.Run(tx, from, to, patients);

    /// <summary>Rings whom a message is for: deliveries where it is important or urgent or a receipt is asked for. Refused when nobody would be rung.</summary>
    public Task<Outcome<IReadOnlyList<Called>>> Raise(Tx tx, Raised said) => RaiseMessage.Run(tx, shifts, teams, said);

    /// <summary>Whom these targets mean now.</summary>
    public Task<IReadOnlyList<Called>> WhoNow(Tx tx, IReadOnlyList<Target> to) => RaiseMessage.Resolve(tx, shifts, teams, to);

    /// <summary>Stores the message and one delivery per recipient, due at once; the same Communication is sent once.</summary>
    public async Task<Outcome<Guid>> Send(Tx tx, MessageSaid said)
    {
        if (said.Communication is not null
            && await tx.Scalar<Guid?>("select id from collab.message where tenant = @Tenant and communication = @Communication", new { tx.Tenant, said.Communication }) is { } sent)
        {
            return sent;
        }
        var patient = said.Patient is { } p ? await PeopleSql.FindOrMake(tx, p) : null;
        var to = new List<Target>(said.To ?? []);
        foreach (var r in said.Recipients) to.Add(Target.Person((await PeopleSql.FindOrMake(tx, r)).Id));
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.message (tenant, id, communication, priority, sender, sender_person, patient, text, sent_at)
            values (@Tenant, @id, @Communication, @Priority, @Sender, @SenderPerson, @patient, @Text, @Now)
            """, new { tx.Tenant, id, said.Communication, said.Priority, said.Sender, said.SenderPerson, patient = patient?.Id, said.Text, tx.Now });
        var raised = await Raise(tx, new(id, null, said.Priority, patient?.Id, to, AnyoneOfRole: false, ReceiptAsked: true, said.SenderPerson));
        return raised.Ok ? id : raised.Problem;
    }

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
        if (recipients.Count > 0) tx.Publish("message.withdrawn", $"message/{message}", null, new { recipients });
    }

    /// <summary>Somebody answered in the conversation: read as well, and not the same as acknowledged.</summary>
    public async Task Answered(Tx tx, Guid message, Guid person)
    {
        if (await MessageSql.Lock(tx, message) is not { } raised) return;
        var first = await tx.Execute("""
            update collab.message_delivery set answered_at = @Now, read_at = coalesce(read_at, @Now), next_at = null, closed = coalesce(closed, 'read')
            where tenant = @Tenant and message = @message and recipient = @person and answered_at is null and closed is distinct from 'withdrawn'
            """, new { tx.Tenant, tx.Now, message, person });
        if (first > 0) tx.Publish("message.answered", $"message/{message}", null, new { recipients = MessageSql.Concerned(raised, person) });
    }
}
