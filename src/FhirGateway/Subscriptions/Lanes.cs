using Dapper;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// Every subscription is a lane of its own: one worker of one host at a time holds it by a lease, sends its notices in their
/// order and notes each. Lanes wait for nothing but their endpoint; those that are failing have a pool of their own, so that
/// however many are dead, the others find a place.
/// </summary>
internal sealed class Lanes(Db db, Lane lane, SubscriptionStates states, SubscriptionBell bell, SubscriptionRetention retention, ILogger<Lanes> log) : BackgroundService
{
    private const int Well = 200;
    private const int Failing = 50;

    /// <summary>Renewed while a lane is under way, so that it can be short: what a killed worker held waits no longer than this.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private readonly Dictionary<Task, Subscribed> underWay = [];
    private int well;
    private int failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(Endless.Run("The subscriptions' delivery", Round, log, stoppingToken), Endless.Run("The subscriptions' leases", Renew, log, stoppingToken),
            Endless.Run("The subscriptions' ends", Ends, log, stoppingToken));
        Task[] rest;
        lock (underWay) rest = [.. underWay.Keys];
        await Task.WhenAll(rest);
    }

    private async Task Ends(CancellationToken stop)
    {
        if (await states.End(stop) == 0 && await retention.Sweep(stop) == 0) await Task.Delay(Idle, stop);
    }

    private async Task Renew(CancellationToken stop)
    {
        await Task.Delay(Renewal, stop);
        Subscribed[] held;
        lock (underWay) held = [.. underWay.Values];
        if (held.Length == 0) return;
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("""
            update fhir.subscription s set due = @until
            from unnest(@tenants, @ids, @claims) as h (tenant, id, claim)
            where s.tenant = h.tenant and s.id = h.id and s.claim = h.claim and s.due > @now and s.due < @until
            """, new
        {
            now = db.Clock.GetUtcNow(), until = db.Clock.GetUtcNow() + Lease,
            tenants = held.Select(h => h.Tenant).ToArray(), ids = held.Select(h => h.Id).ToArray(), claims = held.Select(h => h.Claim).ToArray(),
        }, cancellationToken: stop));
    }

    private async Task Round(CancellationToken stop)
    {
        var rung = bell.Next;
        var claims = await Take(false, Well - well, stop);
        claims.AddRange(await Take(true, Failing - failing, stop));
        foreach (var claim in claims) Begin(claim, stop);
        if (claims.Count == 0) await SubscriptionBell.Wait(rung, await Any(stop) ? Busy : Idle, stop);
    }

    private async Task<bool> Any(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select from fhir.subscription where channel = 'rest-hook' and state in ('requested', 'active'))", cancellationToken: stop));
    }

    private async Task<List<Subscribed>> Take(bool inTrouble, int atMost, CancellationToken stop)
    {
        if (atMost <= 0) return [];
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<Subscribed>(new CommandDefinition($"""
            with head as (
              select tenant, id from fhir.subscription
              where channel = 'rest-hook' and state in ('requested', 'active') and due <= @now and (attempts > 0) = @inTrouble
                and (state = 'requested' or sent < last or beat_at <= @now) and (ends_at is null or ends_at > @now)
              order by due
              limit @atMost
              for update skip locked)
            update fhir.subscription s set due = @until, claim = s.claim + 1
            from head where s.tenant = head.tenant and s.id = head.id
            returning {Subscribed.Columns}
            """, new { now, until = now + Lease, inTrouble, atMost }, cancellationToken: stop))).AsList();
    }

    private void Begin(Subscribed claim, CancellationToken stop)
    {
        var inTrouble = claim.Attempts > 0;
        if (inTrouble) Interlocked.Increment(ref failing);
        else Interlocked.Increment(ref well);
        var run = Endless.Once($"Delivery to Subscription/{claim.Id}", _ => lane.Run(claim, stop), log, CancellationToken.None);
        lock (underWay) underWay.Add(run, claim);
        _ = run.ContinueWith(done =>
        {
            if (inTrouble) Interlocked.Decrement(ref failing);
            else Interlocked.Decrement(ref well);
            lock (underWay) underWay.Remove(run);
            bell.Ring();
        }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
