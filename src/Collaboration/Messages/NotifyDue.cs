using System.Text.Json;
using Dapper;
using HealthTeams.Platform.Due;
using Npgsql;

namespace HealthTeams.Collaboration.Messages;

/// <summary>
/// The repeat-until-read engine (MSG-02): one transaction per tick claims due deliveries of all tenants, writes one
/// notification row per (delivery, step), its event and the next due time. A killed worker leaves nothing half done;
/// the primary key makes a step happen once however many workers run.
/// </summary>
public sealed class NotifyDue(Db db) : IDueSweep
{
    private const int BatchSize = 500;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var due = (await connection.QueryAsync<Due>(new CommandDefinition("""
            select tenant, id, message, recipient, priority, step, sent_at as SentAt
            from collab.message_delivery
            where next_at <= @now
            order by next_at
            limit @BatchSize
            for update skip locked
            """, new { now, BatchSize }, transaction, cancellationToken: stop))).AsList();
        if (due.Count == 0) return 0;
        await Advance(connection, transaction, due, now, stop);
        await transaction.CommitAsync(stop);
        db.SignalCommitted();
        return due.Count;
    }

    private static async Task Advance(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Due> due, DateTimeOffset now, CancellationToken stop)
    {
        var next = due.Select(d => MessageRules.NextAfter(d.Step, d.Priority, d.SentAt, now)).ToArray();
        await connection.ExecuteAsync(new CommandDefinition("""
            with due as (
              select * from unnest(@tenants, @ids, @messages, @recipients, @steps, @next, @events, @data)
                as d (tenant, id, message, recipient, step, next_at, event, data)),
            stepped as (
              insert into collab.message_notification (tenant, delivery, step, at)
              select tenant, id, step, @now from due),
            moved as (
              update collab.message_delivery m
              set step = d.step + 1, next_at = d.next_at, closed = case when d.next_at is null and m.priority = 'urgent' then 'unread' end
              from due d where m.tenant = d.tenant and m.id = d.id),
            told as (
              insert into platform.event (tenant, id, at, kind, subject, actor, actor_kind, data)
              select tenant, event, @now, 'message.notified', 'message/' || message, 'system', 'System', data::jsonb from due
              returning tenant, id)
            insert into platform.delivery (tenant, event, consumer, due)
            select tenant, event, 'live', @now from due where exists (select from told)
            """, new
        {
            now,
            tenants = due.Select(d => d.Tenant).ToArray(),
            ids = due.Select(d => d.Id).ToArray(),
            messages = due.Select(d => d.Message).ToArray(),
            recipients = due.Select(d => d.Recipient).ToArray(),
            steps = due.Select(d => d.Step).ToArray(),
            next = next.Select(n => n?.UtcDateTime).ToArray(),
            events = due.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            data = due.Select(d => JsonSerializer.Serialize(new { delivery = d.Id, recipients = new[] { d.Recipient }, d.Step, d.Priority }, JsonSerializerOptions.Web)).ToArray(),
        }, transaction, cancellationToken: stop));
    }

    private sealed record Due
    {
        public int Tenant { get; init; }
        public Guid Id { get; init; }
        public Guid Message { get; init; }
        public Guid Recipient { get; init; }
        public string Priority { get; init; } = "";
        public int Step { get; init; }
        public DateTimeOffset SentAt { get; init; }
    }
}
