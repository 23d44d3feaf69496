using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Messages;

/// <summary>A message as another module brings it, free of FHIR types.</summary>
/// <param name="Communication">Logical id of the Communication in our FHIR API, the idempotency key.</param>
/// <param name="Priority">"normal", "important" or "urgent".</param>
public sealed record MessageSaid(
    string? Communication, string Priority, string Sender, Guid? SenderPerson, PersonSaid? Patient, string Text, DateTimeOffset? SentAt,
    IReadOnlyList<PersonSaid> Recipients);

/// <summary>The public door of messages: for the gateway, and for who hands patients over.</summary>
public sealed class MessageDoor
{
    /// <summary>Urgent messages to somebody about these patients that they have not acknowledged.</summary>
    public Task<IReadOnlyList<OpenMessage>> OpenUrgent(Tx tx, Guid person, IReadOnlyCollection<Guid> patients) => PassMessages.Open(tx, person, patients);

    /// <summary>They ring the next person from now on.</summary>
    /// <returns>How many.</returns>
    public Task<int> PassOn(Tx tx, Guid from, Guid to, IReadOnlyCollection<Guid> patients) => PassMessages.Run(tx, from, to, patients);

    /// <summary>Stores the message and one delivery per recipient, due at once; the same Communication is sent once.</summary>
    public async Task<Guid> Send(Tx tx, MessageSaid said)
    {
        if (said.Communication is not null
            && await tx.Scalar<Guid?>("select id from collab.message where tenant = @Tenant and communication = @Communication", new { tx.Tenant, said.Communication }) is { } sent)
        {
            return sent;
        }
        var patient = said.Patient is { } p ? await PeopleSql.FindOrMake(tx, p) : null;
        var recipients = new List<Guid>();
        foreach (var r in said.Recipients) recipients.Add((await PeopleSql.FindOrMake(tx, r)).Id);
        recipients = [.. recipients.Distinct()]; // a Practitioner and a role of theirs are one person
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.message (tenant, id, communication, priority, sender, sender_person, patient, text, sent_at)
            values (@Tenant, @id, @Communication, @Priority, @Sender, @SenderPerson, @patient, @Text, @Now)
            """, new { tx.Tenant, id, said.Communication, said.Priority, said.Sender, said.SenderPerson, patient = patient?.Id, said.Text, tx.Now });
        await tx.Execute("""
            insert into collab.message_delivery (tenant, id, message, recipient, priority, next_at, sent_at)
            select @Tenant, d.id, @message, d.recipient, @Priority, @Now, @Now from unnest(@ids, @people) as d (id, recipient)
            """, new { tx.Tenant, tx.Now, message = id, said.Priority, ids = recipients.Select(_ => tx.NewId()).ToArray(), people = recipients.ToArray() });
        tx.Publish("message.sent", $"message/{id}", patient is null ? null : $"person/{patient.Id}", new { recipients, said.Priority });
        return id;
    }

    /// <summary>The sender took it back: nothing rings any more.</summary>
    public async Task Withdraw(Tx tx, string communication)
    {
        var recipients = (await tx.Query<(Guid Message, Guid Recipient)>("""
            update collab.message_delivery d set next_at = null, closed = 'withdrawn'
            from collab.message m
            where m.tenant = @Tenant and m.communication = @communication and d.tenant = @Tenant and d.message = m.id and d.closed is distinct from 'withdrawn'
            returning d.message, d.recipient
            """, new { tx.Tenant, communication })).ToList();
        if (recipients.Count > 0) tx.Publish("message.withdrawn", $"message/{recipients[0].Message}", null, new { recipients = recipients.Select(r => r.Recipient) });
    }
}
