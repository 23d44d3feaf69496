using Dapper;
using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Events;

/// <summary>A delivery that was given up and waits for an operator.</summary>
public sealed record ParkedDelivery(string Tenant, string Consumer, string Subject, DateTime Since, string Error);

/// <summary>What an operator sees and does about them.</summary>
public static class ParkedDeliveries
{
    public static async Task<IReadOnlyList<ParkedDelivery>> List(Db db, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return (await connection.QueryAsync<ParkedDelivery>(new CommandDefinition("""
            select t.slug as Tenant, d.consumer, e.subject, d.parked_at as Since, coalesce(d.error, '') as Error
            from platform.delivery d
            join platform.event e on e.tenant = d.tenant and e.id = d.event
            join platform.tenant t on t.id = d.tenant
            where d.parked_at is not null
            order by d.seq
            """, cancellationToken: stop))).AsList();
    }

    /// <returns>How many run again.</returns>
    public static async Task<int> Retry(Db db, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return await connection.ExecuteAsync(new CommandDefinition(
            "update platform.delivery set parked_at = null, attempts = 0, due = @now where parked_at is not null",
            new { now = db.Clock.GetUtcNow() }, cancellationToken: stop));
    }
}
