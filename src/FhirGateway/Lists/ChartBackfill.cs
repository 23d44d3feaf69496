using System.Text.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>
/// Locations, Encounters, Flags and allergies that were stored before lists read them: given to their slices once, some at a
/// time, so that a census is whole on the day of an upgrade. What was read already is read again without harm.
/// </summary>
internal sealed class ChartBackfill(Db db, TenantDirectory tenants, IEnumerable<IResourceSlice> slices) : IDueSweep
{
    private const int BatchSize = 200;
    private readonly IResourceSlice[] inOrder = [.. slices.Where(s => s is PlaceSlice or StaySlice or FlagSlice).OrderBy(s => s.Order)];
    private readonly HashSet<(int, string)> done = [];

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        foreach (var tenant in await tenants.All(stop))
        {
            foreach (var slice in inOrder.Where(s => !done.Contains((tenant.Id, s.Type))))
            {
                var read = await db.In(tenant.Id, Actor.Product, tx => Batch(tx, slice), stop);
                if (read > 0) return read;
                done.Add((tenant.Id, slice.Type));
            }
        }
        return 0;
    }

    private static async Task<int> Batch(Tx tx, IResourceSlice slice)
    {
        var type = ResourceTypes.Number(slice.Type);
        await tx.Execute("insert into fhir.chart_backfill (tenant, type) values (@Tenant, @type) on conflict do nothing", new { tx.Tenant, type });
        // One host at a time goes on from where the last one stopped.
        var (after, doneAt) = await tx.OneOrNone<(string, DateTimeOffset?)>("select after, done_at from fhir.chart_backfill where tenant = @Tenant and type = @type for update", new { tx.Tenant, type });
        if (doneAt is not null) return 0;
        var rows = await tx.Query<(string Id, byte[] Body)>("""
            select id, body from fhir.resource where tenant = @Tenant and type = @type and id > @after and not deleted order by id limit @BatchSize
            """, new { tx.Tenant, type, after, BatchSize });
        if (rows.Count == 0)
        {
            await tx.Execute("update fhir.chart_backfill set done_at = @Now where tenant = @Tenant and type = @type", new { tx.Tenant, tx.Now, type });
            return 0;
        }
        var written = rows.Select(r => new Written(r.Id, JsonDocument.Parse(r.Body).RootElement, Unheard: false)).ToList();
        if (await slice.Apply(tx, written, references => ResourceReads.Bodies(tx, references.Distinct())) is { } refused) throw new InvalidOperationException($"A stored {slice.Type} was refused: {refused.Detail}");
        await tx.Execute("update fhir.chart_backfill set after = @last where tenant = @Tenant and type = @type", new { tx.Tenant, type, last = rows[^1].Id });
        return rows.Count;
    }
}
