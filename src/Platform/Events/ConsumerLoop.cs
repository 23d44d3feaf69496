using Dapper;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Events;

/// <summary>
/// One consumer's deliveries: as many at once as it has slots. A claim is a lease (due moves on), so a killed worker's
/// deliveries come back by themselves; whoever lost the lease changes nothing any more.
/// </summary>
internal sealed class ConsumerLoop(IEventConsumer consumer, Db db, Wake wake, ILogger log) : IDisposable
{
    private const int Slots = 16;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(45); // below the lease, so that an answer still counts
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private readonly SemaphoreSlim slots = new(Slots);
    private readonly Bell settled = new();

    public async Task Run(CancellationToken stop)
    {
        await Endless.Run($"Delivery to {consumer.Name}", Round, log, stop);
        // Those under way see the stop too, and settle.
        for (var i = 0; i < Slots; i++) await slots.WaitAsync(CancellationToken.None);
    }

    public void Dispose() => slots.Dispose();

    private async Task Round(CancellationToken stop)
    {
        // A delivery that ends opens its lane to the next.
        var rung = Task.WhenAny(wake.Soon, settled.Next);
        await slots.WaitAsync(stop);
        var free = 1;
        while (free < Slots && slots.Wait(0, CancellationToken.None)) free++;
        var claims = new List<Claim>();
        try
        {
            claims = await Take(free, stop);
        }
        finally
        {
            if (free > claims.Count) slots.Release(free - claims.Count);
        }
        foreach (var claim in claims) _ = Handle(claim, stop);
        if (claims.Count == 0) await wake.Wait(rung, TimeSpan.FromSeconds(1), stop);
    }

    private async Task<List<Claim>> Take(int atMost, CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<Claim>(new CommandDefinition("""
            with head as (
              select d.seq
              from platform.delivery d
              where d.consumer = @Name and d.due <= @now and d.parked_at is null
                and (d.lane is null or not exists (
                  select from platform.delivery e
                  where e.consumer = d.consumer and e.lane = d.lane and e.tenant = d.tenant and e.parked_at is null and e.seq < d.seq))
              order by d.due, d.seq
              limit @atMost
              for update skip locked)
            update platform.delivery d
            set due = @until, attempts = d.attempts + 1
            from head, platform.event e
            where d.seq = head.seq and e.tenant = d.tenant and e.id = d.event
            returning d.seq, d.attempts, d.tenant, e.id, e.at, e.kind, e.subject, e.patient,
              e.actor, e.actor_kind as ActorKind, e.client, e.source, e.data::text as data
            """, new { consumer.Name, now, until = now + Lease, atMost }, cancellationToken: stop))).AsList();
    }

    private async Task Handle(Claim claim, CancellationToken stop)
    {
        try
        {
            // A settling that fails is logged; the lease brings the delivery back.
            await Endless.Once($"Delivery of {claim.Id} to {consumer.Name}", async _ => await Settle(claim, await Deliver(claim, stop), stop), log, CancellationToken.None);
        }
        finally
        {
            slots.Release();
            settled.RingSoon();
        }
    }

    private async Task<Problem?> Deliver(Claim claim, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Deadline);
        try
        {
            return await consumer.Deliver(claim.ToEvent(), deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new Problem(504, "delivery-slow", stop.IsCancellationRequested ? "The product was stopped meanwhile." : $"It took longer than {Deadline.TotalSeconds:0} s.");
        }
#pragma warning disable CA1031 // A consumer's bug or a partner's failure must not stop the others: kept, shown, retried.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.LogError(e, "Delivery of {Event} to {Consumer} failed", claim.Id, consumer.Name);
            return new Problem(500, "unexpected", e.GetType().Name);
        }
    }

    /// <summary>Not cancelled by the stop: what was delivered is not delivered again for want of a delete.</summary>
    private async Task Settle(Claim claim, Problem? problem, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(CancellationToken.None);
        if (problem is null)
        {
            await connection.ExecuteAsync("delete from platform.delivery where seq = @Seq and attempts = @Attempts", new { claim.Seq, claim.Attempts });
            return;
        }
        var now = db.Clock.GetUtcNow();
        var wait = stop.IsCancellationRequested ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(claim.Attempts, 10) - 1) / 2));
        var park = EventDelivery.IsPermanent(problem) || now - claim.At > EventDelivery.GiveUpAfter;
        await connection.ExecuteAsync("""
            update platform.delivery
            set due = @due, error = @Detail, parked_at = case when @park then @now end
            where seq = @Seq and attempts = @Attempts
            """, new { claim.Seq, claim.Attempts, due = now + wait, problem.Detail, now, park });
        log.LogWarning("Delivery of {Event} to {Consumer}: attempt {Attempt}{Parked}: {Status} {Failure}",
            claim.Id, consumer.Name, claim.Attempts, park ? ", parked" : "", problem.Status, problem.Detail);
    }

    private sealed record Claim
    {
        public long Seq { get; init; }
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
