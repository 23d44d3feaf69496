namespace HealthTeams.Collaboration.Messages;

/// <summary>An urgent message to one person, about a patient, that they have not acknowledged.</summary>
public sealed record OpenMessage(Guid Id, Guid Patient, string? Communication, string Text, DateTimeOffset SentAt);

/// <summary>Urgent messages that outlast a shift: whoever takes the patient over takes them over, too.</summary>
internal static class PassMessages
{
    public static Task<IReadOnlyList<OpenMessage>> Open(Tx tx, Guid person, IReadOnlyCollection<Guid> patients) => tx.Query<OpenMessage>("""
        select m.id, m.patient, m.communication, m.text, m.sent_at as SentAt
        from collab.message_delivery d join collab.message m on m.tenant = d.tenant and m.id = d.message
        where d.tenant = @Tenant and d.recipient = @person and d.priority = 'urgent' and d.acknowledged_at is null and coalesce(d.closed, '') not in ('withdrawn', 'passed', 'taken') and m.patient = any(@patients)
        order by m.sent_at, m.id
        """, new { tx.Tenant, person, patients = patients.ToArray() });

    /// <summary>Rings the next person at once, and the one who left no more. Who had the message already keeps their own.</summary>
    public static async Task<int> Run(Tx tx, ProjectFhir project, Guid from, Guid to, IReadOnlyCollection<Guid> patients)
    {
        var passed = await tx.Query<(Guid Message, Guid Patient, Guid? Conversation)>("""
            update collab.message_delivery d set closed = 'passed', next_at = null
            from collab.message m
            where d.tenant = @Tenant and m.tenant = d.tenant and m.id = d.message and d.recipient = @from and d.priority = 'urgent' and d.acknowledged_at is null
              and coalesce(d.closed, '') not in ('withdrawn', 'passed', 'taken') and m.patient = any(@patients)
            returning m.id, m.patient, m.conversation
            """, new { tx.Tenant, from, patients = patients.ToArray() });
        if (passed.Count == 0) return 0;
        await tx.Execute("""
            insert into collab.message_delivery (tenant, id, message, recipient, priority, next_at, sent_at)
            select @Tenant, d.id, d.message, @to, 'urgent', @Now, @Now from unnest(@ids, @messages) as d (id, message)
            on conflict (tenant, message, recipient) do nothing
            """, new { tx.Tenant, tx.Now, to, ids = passed.Select(_ => tx.NewId()).ToArray(), messages = passed.Select(p => p.Message).ToArray() });
        foreach (var (message, patient, conversation) in passed)
        {
            // Whoever takes it over reads and answers where it was said.
            if (conversation is { } place) await Conversations.ConversationDoor.Include(tx, place, [to]);
            await project(tx, "message", message);
            tx.Publish("message.passed", $"message/{message}", $"person/{patient}", new { recipients = new[] { from, to } });
        }
        return passed.Count;
    }
}
