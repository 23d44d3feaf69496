using System.Text.Json;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;

namespace HealthTeams.FhirGateway.Communications;

/// <summary>
/// A message as a Communication, and the receipt of each recipient as a Task (http://hl7.org/fhir/R4/communication.html has one
/// "received" for all: it is set when the last of them has read). What came by FHIR stays as sent but for that one element.
/// </summary>
internal sealed class MessageProjection(ProjectedResources resources, WriteEngine engine) : IProjection
{
    public string Kind => "message";

    public async Task Project(Tx tx, Guid message)
    {
        var said = await tx.OneOrNone<MessageFace>("""
            select m.id, m.communication, m.priority, m.sender, m.sender_person as SenderPerson, case when m.deleted_at is null then m.text end as Text, m.sent_at as SentAt, m.deleted_at as DeletedAt,
              r.settled, m.conversation, (select p.communication from collab.message p where p.tenant = m.tenant and p.id = m.reply_to) as RootCommunication, m.reply_to as Root, m.seq,
              (select k.reference from collab.person_key k where k.tenant = m.tenant and k.source = @own and k.person = m.patient and k.reference like 'Patient/%' order by k.reference limit 1) as Patient
            from collab.message m left join collab.message_raised r on r.tenant = m.tenant and r.message = m.id
            where m.tenant = @Tenant and m.id = @message
            """, new { tx.Tenant, message, own = Guid.Empty });
        if (said is null) return;
        var receipts = await tx.Query<ReceiptFace>("""
            select id, recipient, priority, sent_at as SentAt, notified_at as NotifiedAt, read_at as ReadAt, acknowledged_at as AcknowledgedAt, answered_at as AnsweredAt, escalated, closed
            from collab.message_delivery where tenant = @Tenant and message = @message order by id
            """, new { tx.Tenant, message });
        var recipients = receipts.Count > 0 ? [.. receipts.Select(r => r.Recipient)] : await tx.Query<Guid>("""
            select distinct person from collab.conversation_person where tenant = @Tenant and conversation = @Conversation and sees_from <= @Seq and person is distinct from @SenderPerson order by person limit 100
            """, new { tx.Tenant, said.Conversation, said.Seq, said.SenderPerson });
        var people = await StaffPractitioner.Of(tx, engine, [.. recipients.Concat(said.SenderPerson is { } me ? [me] : (Guid[])[]).Distinct()]);
        await resources.Save(tx, [.. await Communication(tx, said, receipts, recipients, people) is { } c ? [c] : (ProjectedResources.Resource[])[],
            .. receipts.Select(r => MessageToFhir.Receipt(said, r, people[r.Recipient]))]);
    }

    private static async Task<ProjectedResources.Resource?> Communication(Tx tx, MessageFace said, IReadOnlyList<ReceiptFace> receipts, IReadOnlyList<Guid> recipients, Dictionary<Guid, string> people)
    {
        if (said.Communication is null) return MessageToFhir.Communication(said, receipts, [.. recipients.Select(r => people[r])], said.SenderPerson is { } s ? people[s] : null);
        if (MessageToFhir.Received(receipts) is not { } read || await ResourceReads.Body(tx, $"Communication/{said.Communication}", toChange: true) is not { } sent || FhirJson.Text(sent, "received") is not null) return null;
        return new("Communication", said.Communication, new Dictionary<string, Action<Utf8JsonWriter>?> { ["received"] = w => w.WriteStringValue(FhirJson.Instant(read)) });
    }
}

/// <summary>A Task that is a message's receipt is the product's record: nobody writes it by FHIR.</summary>
internal sealed class ReceiptMeaning : ITaskMeaning
{
    public int Order => 0;

    public bool Means(JsonElement task) => task.TryGetProperty("code", out var code) && FhirJson.Items(code, "coding").Any(c => FhirJson.Text(c, "system") == MessageToFhir.Codes);

    public Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read) => Task.FromResult<Problem?>(
        Problem.Unprocessable("A receipt says what somebody did with a message, and is written by the product alone.", "Task.code", "business-rule"));
}
