using System.Text.Json;
using Dapper;
using HealthTeams.Platform.Due;
using Npgsql;

namespace HealthTeams.Collaboration.Messages;

/// <summary>
/// The repeat-until-read engine (MSG-02): one transaction per tick claims due deliveries of all tenants and writes, in one statement,
/// a notification row per (delivery, step), the ways out to devices, the next due time and what happened. A killed worker leaves nothing
/// half done; the primary key makes a step happen once however many workers run. One event names all steps of a hospital in the tick:
/// pages need to hear that something rang, and the rows say what.
/// </summary>
public sealed class NotifyDue(Db db) : IDueSweep
{
    public const int BatchSize = 1000;

    /// <summary>Consumer of "message.unread": whoever sent is told.</summary>
    public const string Unread = "unread";

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
            """, new { now = now.UtcDateTime, BatchSize }, transaction, cancellationToken: stop))).AsList();
        if (due.Count == 0) return 0;
        await Advance(connection, transaction, due, now, stop);
        await transaction.CommitAsync(stop);
        db.SignalCommitted();
        return due.Count;
    }

    private static async Task Advance(NpgsqlConnection connection, NpgsqlTransaction transaction, List<Due> due, DateTimeOffset now, CancellationToken stop)
    {
        var next = due.Select(d => MessageRules.NextAfter(d.Step, d.Priority, d.SentAt, now)).ToArray();
        var events = Events(due, next, now).ToList();
        await connection.ExecuteAsync(new CommandDefinition("""
            with due as (
              select * from unnest(@tenants, @ids, @recipients, @steps, @next) as d (tenant, id, recipient, step, next_at)),
            stepped as (
              insert into collab.message_notification (tenant, delivery, step, at)
              select tenant, id, step, @now from due),
            pushed as (
              -- A device at every step; e-mail and text messages at the first and after ten minutes.
              insert into collab.message_push (tenant, delivery, step, channel, kind, due_at)
              select d.tenant, d.id, d.step, c.id, c.kind, @now
              from due d join collab.person_channel c on c.tenant = d.tenant and c.person = d.recipient
              where c.kind = 'push' or d.step in (0, 5)),
            moved as (
              update collab.message_delivery m
              set step = d.step + 1, next_at = d.next_at, notified_at = @now, closed = case when d.next_at is null and m.priority = 'urgent' then 'unread' end
              from due d where m.tenant = d.tenant and m.id = d.id),
            told as (
              insert into platform.event (tenant, id, at, kind, subject, actor, actor_kind, data)
              select e.tenant, e.id, @now, e.kind, e.subject, 'system', 'System', e.data::jsonb
              from unnest(@eventTenants, @eventIds, @kinds, @subjects, @data) as e (tenant, id, kind, subject, data)
              returning tenant, id, kind)
            insert into platform.delivery (tenant, event, consumer, due)
            select t.tenant, t.id, c.consumer, @now from told t cross join (values ('live'), (@Unread)) as c (consumer) where c.consumer = 'live' or t.kind = 'message.unread'
            """, new
        {
            now = now.UtcDateTime,
            Unread,
            tenants = due.Select(d => d.Tenant).ToArray(),
            ids = due.Select(d => d.Id).ToArray(),
            recipients = due.Select(d => d.Recipient).ToArray(),
            steps = due.Select(d => d.Step).ToArray(),
            next = next.Select(n => n?.UtcDateTime).ToArray(),
            eventTenants = events.Select(e => e.Tenant).ToArray(),
            eventIds = events.Select(_ => Guid.CreateVersion7(now)).ToArray(),
            kinds = events.Select(e => e.Kind).ToArray(),
            subjects = events.Select(e => e.Subject).ToArray(),
            data = events.Select(e => e.Data).ToArray(),
        }, transaction, cancellationToken: stop));
    }

    /// <summary>One for all that rang in a hospital, and one for each delivery whose last repeat this was.</summary>
    private static IEnumerable<(int Tenant, string Kind, string Subject, string Data)> Events(List<Due> due, DateTimeOffset?[] next, DateTimeOffset now)
    {
        foreach (var all in due.GroupBy(d => d.Tenant))
        {
            yield return (all.Key, "message.notified", $"tick/{now.ToUnixTimeMilliseconds()}", Json(new { deliveries = all.Select(d => d.Id), steps = all.Select(d => d.Step), recipients = all.Select(d => d.Recipient).Distinct() }));
        }
        for (var i = 0; i < due.Count; i++)
        {
            if (next[i] is null && due[i].Priority == "urgent") yield return (due[i].Tenant, "message.unread", $"message/{due[i].Message}", Json(new { delivery = due[i].Id, recipients = new[] { due[i].Recipient } }));
        }
    }

    private static string Json(object data) => JsonSerializer.Serialize(data, JsonSerializerOptions.Web);

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

/// <summary>Twenty minutes, eleven times, and not read: the sender is told, and the message's FHIR face says so.</summary>
internal sealed class TellUnread(Db db, ProjectFhir project) : IEventConsumer
{
    public string Name => NotifyDue.Unread;

    public Task<Problem?> Deliver(Event e, CancellationToken stop) => db.In<Problem?>(e.Tenant, Actor.Product, async tx =>
    {
        var delivery = JsonDocument.Parse(e.Data).RootElement.GetProperty("delivery").GetGuid();
        var of = await tx.OneOrNone<(Guid? Sender, string? Family, string? Given, string? Title)>("""
            select r.sender, p.family, p.given, p.title from collab.message_delivery d
            join collab.message_raised r on r.tenant = d.tenant and r.message = d.message
            join collab.person p on p.tenant = d.tenant and p.id = d.recipient
            where d.tenant = @Tenant and d.id = @delivery and d.read_at is null
            """, new { tx.Tenant, delivery });
        if (of.Sender is { } sender)
        {
            var who = new People.Person { Family = of.Family, Given = of.Given, Title = of.Title }.Display;
            await Activity.Notices.Tell(tx, [sender], "message.unread", $"/messages/sent/{e.SubjectId}", new { who }, $"unread:{delivery}");
        }
        await project(tx, "message", e.SubjectId);
        return null;
    }, stop);
}
