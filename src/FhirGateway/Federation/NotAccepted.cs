using HealthTeams.Collaboration.Activity;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>
/// An urgent message that the other hospital has not accepted in time: the sender is told, and the next step of its escalation is
/// taken here, now (FD-04). It goes on being tried.
/// </summary>
internal sealed class NotAccepted(Db db, ILogger<NotAccepted> log) : IDueSweep
{
    private static readonly DueRows Late = new("collab.partner_sending", "late_at", "An urgent message to another hospital");

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => Late.Each(db, log, now, async (tx, id) =>
    {
        var late = await tx.Query<(Guid Message, Guid Partner)>("""
            update collab.partner_sending set late_at = null, told_at = @Now where tenant = @Tenant and id = @id and late_at <= @Now and accepted_at is null returning message, partner
            """, new { tx.Tenant, tx.Now, id });
        foreach (var (message, partner) in late)
        {
            await tx.Execute("""
                update collab.message_escalation set due_at = @Now where tenant = @Tenant and message = @message and due_at > @Now
                  and step = (select min(step) from collab.message_escalation n where n.tenant = @Tenant and n.message = @message and n.due_at is not null)
                """, new { tx.Tenant, tx.Now, message });
            if (await Partners.Find(tx, partner) is { } known) await Tell(tx, message, known, "federation.late");
        }
    }, stop);

    /// <summary>In the sender's activity, with the way to the conversation.</summary>
    public static async Task Tell(Tx tx, Guid message, Partner partner, string kind)
    {
        var (sender, conversation) = await tx.OneOrNone<(Guid? Sender, Guid Conversation)>("select sender_person, conversation from collab.message where tenant = @Tenant and id = @message", new { tx.Tenant, message });
        if (sender is not { } person) return;
        await Notices.Tell(tx, [person], kind, $"/messages/c/{conversation}?m={message}", new { hospital = partner.Name }, $"{kind}:{message}:{partner.Id}");
        await Ring(tx, message, "message.not-accepted");
    }

    /// <summary>The pages of who is in the conversation look again.</summary>
    public static async Task Ring(Tx tx, Guid message, string kind) => tx.Publish(kind, $"message/{message}", data: new
    {
        recipients = await tx.Query<Guid>("select distinct v.person from collab.message m join collab.conversation_person v on v.tenant = m.tenant and v.conversation = m.conversation where m.tenant = @Tenant and m.id = @message", new { tx.Tenant, message }),
    });
}
