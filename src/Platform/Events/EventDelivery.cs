using Dapper;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Platform.Events;

/// <summary>
/// Delivers events to their consumers: at least once, per lane in order, with back-off, parked after a day of failure.
/// A claim is a lease (due moves on), so a killed worker's deliveries come back by themselves.
/// </summary>
public sealed class EventDelivery(Db db, IServiceProvider services, Wake wake, ILogger<EventDelivery> log) : BackgroundService
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);
    private const int BatchSize = 50;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var consumers = services.GetServices<IEventConsumer>().ToDictionary(c => c.Name, StringComparer.Ordinal);
        if (consumers.Count == 0) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            var worked = false;
            var bell = wake.Bell;
            try
            {
                worked = await Sweep(consumers, stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                log.LogWarning("Delivery waits for the database: {Reason}", e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            if (!worked) await wake.Wait(bell, TimeSpan.FromSeconds(1), stoppingToken);
        }
    }

    private async Task<bool> Sweep(Dictionary<string, IEventConsumer> consumers, CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        List<Claim> claims;
        await using (var connection = await db.Worker.OpenConnectionAsync(stop))
        {
            claims = (await connection.QueryAsync<Claim>(new CommandDefinition("""
                with head as (
                  select d.seq
                  from platform.delivery d
                  where d.consumer = any(@consumers) and d.due <= @now and d.parked_at is null
                    and (d.lane is null or not exists (
                      select from platform.delivery e
                      where e.consumer = d.consumer and e.lane = d.lane and e.tenant = d.tenant and e.seq < d.seq))
                  order by d.due, d.seq
                  limit @BatchSize
                  for update skip locked)
                update platform.delivery d
                set due = @until, attempts = d.attempts + 1
                from head, platform.event e
                where d.seq = head.seq and e.tenant = d.tenant and e.id = d.event
                returning d.seq, d.consumer, d.attempts, d.tenant, e.id, e.at, e.kind, e.subject, e.patient,
                  e.actor, e.actor_kind as ActorKind, e.client, e.source, e.data::text as data
                """, new { consumers = consumers.Keys.ToArray(), now, until = now + Lease, BatchSize }, cancellationToken: stop))).AsList();
        }
        // Claims of one sweep are of different lanes, so they may run side by side.
        await Task.WhenAll(claims.Select(claim => Deliver(consumers[claim.Consumer], claim, stop)));
        return claims.Count > 0;
    }

    private async Task Deliver(IEventConsumer consumer, Claim claim, CancellationToken stop)
    {
        string? failure;
        try
        {
            failure = (await consumer.Deliver(claim.ToEvent(), stop))?.Detail;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // A consumer's bug or a partner's failure must not stop the others: kept, shown, retried.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.LogError(e, "Delivery of {Event} to {Consumer} failed", claim.Id, claim.Consumer);
            failure = e.GetType().Name;
        }
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        if (failure is null)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "delete from platform.delivery where seq = @Seq", new { claim.Seq }, cancellationToken: stop));
            return;
        }
        var now = db.Clock.GetUtcNow();
        var wait = TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(claim.Attempts, 10) - 1) / 2));
        await connection.ExecuteAsync(new CommandDefinition("""
            update platform.delivery
            set due = @due, error = @failure, parked_at = case when @park then @now end
            where seq = @Seq
            """, new { claim.Seq, due = now + wait, failure, now, park = now - claim.At > GiveUpAfter }, cancellationToken: stop));
        log.LogWarning("Delivery of {Event} to {Consumer}: attempt {Attempt}: {Failure}", claim.Id, claim.Consumer, claim.Attempts, failure);
    }

    private sealed record Claim
    {
        public long Seq { get; init; }
        public string Consumer { get; init; } = "";
        public int Attempts { get; init; }
        public int Tenant { get; init; }
        public Guid Id { get; init; }
        public DateTimeOffset At { get; init; }
        public string Kind { get; init; } = "";
        public string Subject { get; init; } = "";
        public string? Patient { get; init; }
        public string Actor { get; init; } = "";
        public string ActorKind { get; init; } = "";
        public string? Client { get; init; }
        public string? Source { get; init; }
        public string Data { get; init; } = "{}";

        public Event ToEvent() => new(Id, Tenant, At, Kind, Subject, Patient,
            new Actor(Actor, Enum.Parse<CallerKind>(ActorKind), Client, Source), Data);
    }
}
