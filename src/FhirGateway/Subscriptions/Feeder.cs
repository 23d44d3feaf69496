using Dapper;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// Compares what was fed with the subscriptions and numbers what matches. One feeder per tenant at a time, whatever hosts
/// there are, so that numbers have no gaps and a resource's changes keep their order; a batch is deleted from the feed in
/// the transaction that writes its notices, so that a kill loses none and doubles none.
/// </summary>
internal sealed class Feeder(Db db, Comparing comparing, SubscriptionStates states, SubscriptionBell bell, ILogger<Feeder> log) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Endless.Run("The subscriptions' feed", Round, log, stoppingToken);

    private async Task Round(CancellationToken stop)
    {
        var rung = bell.Next;
        var (live, tenants) = await Look(stop);
        foreach (var tenant in tenants)
        {
            while (await Feed(tenant, stop) == Batch) continue;
        }
        if (tenants.Length == 0) await SubscriptionBell.Wait(rung, live ? Busy : Idle, stop);
    }

    private async Task<(bool Live, int[] Tenants)> Look(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return await connection.QuerySingleAsync<(bool, int[])>(new CommandDefinition("""
            select exists (select from fhir.subscription where state <> 'off'),
              (select coalesce(array_agg(t.id), '{}') from platform.tenant t where exists (select from fhir.subscription_feed f where f.tenant = t.id))
            """, cancellationToken: stop));
    }

    private async Task<int> Feed(int tenant, CancellationToken stop)
    {
        var broken = new List<(Subscribed Of, Problem Why)>();
        var fed = await db.In(tenant, Actor.Product, async tx =>
        {
            if (!await tx.Scalar<bool>("select pg_try_advisory_xact_lock(hashtextextended('fhir.subscription_feed', @Tenant))", new { tx.Tenant })) return 0;
            var batch = (await tx.Query<Fed>("select seq, event, at, kind, type, id, version from fhir.subscription_feed where tenant = @Tenant order by seq limit @Batch", new { tx.Tenant, Batch })).ToList();
            if (batch.Count == 0) return 0;
            var live = (await tx.Query<Subscribed>($"select {Subscribed.Columns} from fhir.subscription s where s.tenant = @Tenant and s.state <> 'off' and (s.ends_at is null or s.ends_at > @Now)", new { tx.Tenant, tx.Now })).ToList();
            if (live.Count > 0)
            {
                var (matches, unable) = await comparing.Match(tenant, batch, live, stop);
                broken = unable;
                // In one order, as everybody who locks several of them.
                foreach (var (to, changes) in matches.OrderBy(m => m.To.Id, StringComparer.Ordinal)) await Number(tx, to.Id, changes);
            }
            await tx.Execute("delete from fhir.subscription_feed where tenant = @Tenant and seq = any(@seqs)", new { tx.Tenant, seqs = batch.Select(f => f.Seq).ToArray() });
            return batch.Count;
        }, stop);
        foreach (var (of, why) in broken) await states.Fail(of.Tenant, of.Id, null, $"The criteria cannot be evaluated any more: {why.Detail}", stop);
        if (fed > 0) bell.Ring();
        return fed;
    }

    /// <summary>A subscription deleted or switched off meanwhile gets none.</summary>
    private static Task<int> Number(Tx tx, string id, List<Fed> changes) => tx.Execute("""
        with counted as (
          update fhir.subscription s set last = s.last + @count, sent = case when s.channel = 'websocket' then s.last + @count else s.sent end
          where s.tenant = @Tenant and s.id = @id and s.state <> 'off'
          returning s.last)
        insert into fhir.subscription_notice (tenant, subscription, number, event, at, kind, type, id, version)
        select @Tenant, @id, counted.last - @count + f.n, f.event, f.at, f.kind, f.type, f.focus, f.version
        from counted, unnest(@events, @ats, @kinds, @types, @ids, @versions) with ordinality as f (event, at, kind, type, focus, version, n)
        """, new
    {
        tx.Tenant, id, count = changes.Count, events = changes.Select(c => c.Event).ToArray(), ats = changes.Select(c => c.At.UtcDateTime).ToArray(),
        kinds = changes.Select(c => c.Kind).ToArray(), types = changes.Select(c => ResourceTypes.Number(c.Type)).ToArray(), ids = changes.Select(c => c.Id).ToArray(), versions = changes.Select(c => c.Version).ToArray(),
    });
}
