using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Federation;

/// <summary>
/// What happens in a conversation with people of another hospital is queued for that hospital, once; each partner has a lane of
/// its own, in order, and one that is away keeps nobody else waiting.
/// </summary>
internal sealed class Outgoing(Db db) : IEventConsumer
{
    public const string Consumer = "federation";

    /// <summary>So long an urgent message may wait for the other hospital before the sender is told (FD-04).</summary>
    public static readonly TimeSpan AcceptedWithin = TimeSpan.FromSeconds(60);
    public static bool Wants(Event e) => e.Kind is "message.posted" or "message.read" or "message.acknowledged" or "message.answered";
    public string Name => Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        await db.In(e.Tenant, Actor.Product, tx => e.Kind == "message.posted" ? Posted(tx, e) : Happened(tx, e), stop);
        return null;
    }

    private static async Task Posted(Tx tx, Event e)
    {
        using var data = JsonDocument.Parse(e.Data);
        if (!data.RootElement.TryGetProperty("message", out var named) || !named.TryGetGuid(out var message)) return;
        // Teams' conversations and what the conversation says of itself stay here; nobody is told what came from them.
        var partners = await tx.Query<Guid>("""
            select distinct x.partner
            from collab.message m
            join collab.conversation c on c.tenant = m.tenant and c.id = m.conversation and c.kind in ('direct', 'group')
            join collab.conversation_member s on s.tenant = m.tenant and s.conversation = m.conversation and s.seat and s.sees_from <= m.seq
            join collab.partner_person x on x.tenant = s.tenant and x.person = s.person
            where m.tenant = @Tenant and m.id = @message and m.happened is null and m.deleted_at is null
              and not exists (select from collab.partner_message o where o.tenant = m.tenant and o.message = m.id and o.partner = x.partner)
            """, new { tx.Tenant, message });
        foreach (var partner in partners)
        {
            var queued = await tx.Execute("""
                insert into collab.partner_sending (tenant, id, partner, message, queued_at, late_at)
                select @Tenant, @id, @partner, m.id, @Now, case when m.priority = 'urgent' then m.sent_at + @AcceptedWithin end from collab.message m where m.tenant = @Tenant and m.id = @message
                on conflict on constraint partner_sending_once do nothing
                """, new { tx.Tenant, tx.Now, id = tx.NewId(), partner, message, AcceptedWithin });
            if (queued > 0) tx.Publish("federation.due", $"message/{message}", data: new { partner, message });
        }
    }

    /// <summary>A receipt for the hospital the message came from: the state of now, so that a late one says everything.</summary>
    private static async Task Happened(Tx tx, Event e)
    {
        var origins = await tx.Query<Guid>("select partner from collab.partner_message where tenant = @Tenant and message = @SubjectId", new { tx.Tenant, e.SubjectId });
        if (origins.Count == 0) return;
        foreach (var delivery in await tx.Query<Guid>("""
            select d.id from collab.message_delivery d
            where d.tenant = @Tenant and d.message = @SubjectId and (d.read_at is not null or d.acknowledged_at is not null) and not exists (select from collab.partner_person x where x.tenant = d.tenant and x.person = d.recipient)
              and greatest(d.read_at, d.acknowledged_at, d.answered_at) >= @since
            """, new { tx.Tenant, e.SubjectId, since = e.At - TimeSpan.FromMinutes(1) }))
        {
            tx.Publish("federation.due", $"message/{e.SubjectId}", data: new { partner = origins[0], delivery });
        }
    }
}

/// <summary>One bundle to one partner. Accepted, or said why not: an outage is waited for, a refusal is told to the sender.</summary>
internal sealed class Sending(Db db, TenantDirectory tenants, FederationCall call, AccessLog audit) : IEventConsumer
{
    public const string Consumer = "federation-out";
    public static bool Wants(Event e) => e.Kind == "federation.due";
    public static string Lane(Event e) => JsonDocument.Parse(e.Data).RootElement.GetProperty("partner").GetString()!;
    public string Name => Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        using var data = JsonDocument.Parse(e.Data);
        var tenant = (await tenants.Find(e.Tenant, stop))!;
        var id = data.RootElement.GetProperty("partner").GetGuid();
        var delivery = data.RootElement.TryGetProperty("delivery", out var d) ? d.GetGuid() : (Guid?)null;
        var (partner, body, patient) = await db.In(e.Tenant, Actor.Product, async tx =>
        {
            if (await Partners.Find(tx, id) is not { } known) return default;
            var us = call.AddressOf(tenant);
            if (delivery is { } one) return (known, await Receipt(tx, one, us, tenant.Name, known), null);
            var message = await CrossingSql.Of(tx, e.SubjectId, us);
            return (known, message is null ? null : MessageBundle.Write(message, us, tenant.Name, known.Address, tx.Now), message?.Patient is null ? null : e.Patient);
        }, stop);
        if (partner is null || body is null) return null; // removed, or deleted before it left
        if (!partner.Open) return new Problem(409, "partner-not-mutual", partner.PausedAt is not null ? $"{partner.Name} is paused here." : $"{partner.Name} has not registered this hospital.");
        var answer = await call.Send(tenant, partner, "$process-message", body, stop);
        await db.In(e.Tenant, Actor.Product, tx => Settle(tx, partner, e.SubjectId, delivery is null, answer.Problem), CancellationToken.None);
        if (answer.Ok && delivery is null) await audit.Record(new(e.Tenant, db.Clock.GetUtcNow(), Actor.Product, "disclose", $"partner/{partner.Id} message/{e.SubjectId}", patient, 200), stop);
        return answer.Problem;
    }

    private static async Task Settle(Tx tx, Partner partner, Guid message, bool said, Problem? problem)
    {
        if (problem is null) await Partners.Worked(tx, partner.Id, mutual: true);
        else await Partners.Failed(tx, partner.Id, problem);
        if (!said) return;
        if (problem is null)
        {
            await tx.Execute("update collab.partner_sending set accepted_at = coalesce(accepted_at, @Now), late_at = null where tenant = @Tenant and partner = @Id and message = @message", new { tx.Tenant, tx.Now, partner.Id, message });
            await NotAccepted.Ring(tx, message, "message.accepted");
        }
        else if (EventDelivery.IsPermanent(problem))
        {
            await tx.Execute("update collab.partner_sending set refused = @Detail, late_at = case when late_at is null then null else @Now end where tenant = @Tenant and partner = @Id and message = @message", new { tx.Tenant, tx.Now, partner.Id, message, problem.Detail });
            await NotAccepted.Tell(tx, message, partner, "federation.refused");
        }
    }

    private static async Task<byte[]?> Receipt(Tx tx, Guid delivery, string us, string name, Partner partner)
    {
        var row = await tx.OneOrNone<ReceiptRow>("""
            select o.key, d.recipient, d.read_at as ReadAt, d.acknowledged_at as AcknowledgedAt, d.answered_at as AnsweredAt, p.family, p.given, p.title
            from collab.message_delivery d join collab.partner_message o on o.tenant = d.tenant and o.message = d.message and o.partner = @Id
            join collab.person p on p.tenant = d.tenant and p.id = d.recipient
            where d.tenant = @Tenant and d.id = @delivery
            """, new { tx.Tenant, delivery, partner.Id });
        return row is null ? null : MessageBundle.Write(new CrossingReceipt(row.Key, new(us, row.Recipient, row.Family, row.Given, row.Title), row.ReadAt, row.AcknowledgedAt, row.AnsweredAt), us, name, partner.Address, tx.Now);
    }

    private sealed record ReceiptRow
    {
        public Guid Key { get; init; }
        public Guid Recipient { get; init; }
        public DateTimeOffset? ReadAt { get; init; }
        public DateTimeOffset? AcknowledgedAt { get; init; }
        public DateTimeOffset? AnsweredAt { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Title { get; init; }
    }
}
