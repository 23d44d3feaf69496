namespace HealthTeams.Collaboration.Messages;

/// <summary>
/// A recipient of another hospital has read, acknowledged or answered there (FD-04): the same rules as here, with their times as
/// far as they can be true: not before it was sent, not after now.
/// </summary>
internal static class RemoteReceipt
{
    public static async Task Run(Tx tx, Guid message, Guid person, DateTimeOffset? read, DateTimeOffset? acknowledged, DateTimeOffset? answered)
    {
        if (await MessageSql.Lock(tx, message) is not { } raised) return;
        var before = await tx.OneOrNone<(Guid Id, bool Read, bool Acknowledged, bool Answered)>("""
            select id, read_at is not null, acknowledged_at is not null, answered_at is not null
            from collab.message_delivery where tenant = @Tenant and message = @message and recipient = @person and closed is distinct from 'withdrawn'
            """, new { tx.Tenant, message, person });
        if (before.Id == Guid.Empty) return;
        await tx.Execute($"""
            update collab.message_delivery d
            set next_at = null, closed = coalesce(nullif(d.closed, 'unread'), 'read'), read_at = coalesce(d.read_at, {At("coalesce(@read, @acknowledged, @answered)")}),
              acknowledged_at = coalesce(d.acknowledged_at, {At("@acknowledged")}), answered_at = coalesce(d.answered_at, {At("@answered")})
            where d.tenant = @Tenant and d.id = @Id
            """, new { tx.Tenant, tx.Now, before.Id, read, acknowledged, answered });
        var taken = acknowledged is not null && !before.Acknowledged;
        if (taken) await Escalations.Stop(tx, message, "acknowledged", person);
        var closed = taken && raised.Anyone ? await tx.Query<Guid>("""
            update collab.message_delivery set next_at = null, closed = 'taken'
            where tenant = @Tenant and message = @message and id <> @Id and acknowledged_at is null and closed is distinct from 'withdrawn' and closed is distinct from 'passed'
            returning recipient
            """, new { tx.Tenant, message, before.Id }) : [];
        var what = taken ? "message.acknowledged" : answered is not null && !before.Answered ? "message.answered" : before.Read ? null : "message.read";
        if (what is not null) tx.Publish(what, $"message/{message}", raised.Patient is { } p ? $"person/{p}" : null, new { delivery = before.Id, recipients = MessageSql.Concerned(raised, [person, .. closed]) });
    }

    private static string At(string said) => $"case when {said}::timestamptz is not null then least(@Now, greatest(d.sent_at, {said}::timestamptz)) end";
}
