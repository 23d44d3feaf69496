using Dapper;
using HealthTeams.Platform.Due;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>Holds that nobody turned into a booking: cancelled when their time is over, their slots free again.</summary>
internal sealed class ExpiredHolds(Db db, SlotClaims claims) : IDueSweep
{
    private const int Batch = 50;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        List<(int Tenant, string Appointment)> due;
        await using (var connection = await db.Worker.OpenConnectionAsync(stop))
        {
            due = [.. await connection.QueryAsync<(int, string)>(new CommandDefinition(
                "select tenant, appointment from fhir.slot_claim where until <= @now group by tenant, appointment order by min(until) limit @Batch", new { now, Batch }, cancellationToken: stop))];
        }
        foreach (var (tenant, appointment) in due) await db.In(tenant, Actor.Product, tx => claims.Expire(tx, appointment), stop);
        return due.Count;
    }
}
