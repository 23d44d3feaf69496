using HealthTeams.Platform.Due;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Visits;

/// <summary>A visit in progress with nobody connected for 30 minutes is over; its end is when the last one was there.</summary>
public sealed class EmptyRooms(Db db, TenantDirectory tenants, Rooms rooms) : IDueSweep
{
    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        foreach (var tenant in await tenants.All(stop))
        {
            await db.In(tenant.Id, Actor.Product, tx => Close(tx), stop);
        }
        return 0;
    }

    private async Task Close(Tx tx)
    {
        var empty = await tx.Query<(Guid Visit, DateTimeOffset LastSeen)>("""
            select v.id, coalesce(max(p.connected_until), v.started_at)
            from collab.visit v left join collab.participant p on p.tenant = v.tenant and p.visit = v.id
            where v.tenant = @Tenant and v.status = 'InProgress' and v.started_at < @before
            group by v.id, v.started_at
            having coalesce(max(p.connected_until), v.started_at) < @before
            limit 50
            """, new { tx.Tenant, before = tx.Now - VisitRules.OverAfterEmpty });
        foreach (var (id, lastSeen) in empty)
        {
            if (await VisitSql.Lock(tx, id) is { Status: VisitStatus.InProgress } visit) await rooms.Finish(tx, visit, lastSeen);
        }
    }
}
