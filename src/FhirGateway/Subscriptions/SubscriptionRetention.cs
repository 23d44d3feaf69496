using Dapper;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>Forgets notices that were delivered and are older than what $events promises, and tokens nobody used; twice a minute.</summary>
internal sealed class SubscriptionRetention(Db db, SubscriptionSettings settings)
{
    private const int Batch = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private DateTimeOffset next;

    public async Task<int> Sweep(CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        if (now < next) return 0;
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("delete from fhir.subscription_binding where until <= @now", new { now }, cancellationToken: stop));
        var gone = await connection.ExecuteAsync(new CommandDefinition("""
            delete from fhir.subscription_notice n using (
              select n.tenant, n.subscription, n.number
              from fhir.subscription_notice n join fhir.subscription s on s.tenant = n.tenant and s.id = n.subscription
              where n.at < @before and n.number <= s.sent
              limit @Batch) old
            where n.tenant = old.tenant and n.subscription = old.subscription and n.number = old.number
            """, new { before = now - settings.KeepEvents, Batch }, cancellationToken: stop));
        if (gone < Batch) next = now + Every;
        return gone;
    }
}
