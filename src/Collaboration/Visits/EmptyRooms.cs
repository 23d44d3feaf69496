using HealthTeams.Platform.Due;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Visits;

/// <summary>
/// A visit in progress with nobody connected for 30 minutes is over; its end is when the last one was there. A stay that
/// the EHR has in progress and nobody ever joined here is none of ours to end.
/// </summary>
public sealed class EmptyRooms(Db db, TenantDirectory tenants, Rooms rooms) : IDueSweep
{
    /// <summary>Half hours are not missed by half a minute, and no commit's bell has to pay for a look at every hospital.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private DateTimeOffset next;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        if (now < next) return 0;
        next = now + Every;
        foreach (var tenant in await tenants.All(stop))
        {
            foreach (var (visit, lastSeen) in await db.In(tenant.Id, Actor.Product, Empty, stop))
            {
                // Each in a transaction of its own: one that cannot be ended does not keep the others open.
                await db.In(tenant.Id, Actor.Product, tx => Close(tx, visit, lastSeen), stop);
            }
        }
        return 0;
    }

    private static async Task<List<(Guid Visit, DateTimeOffset LastSeen)>> Empty(Tx tx) =>
        [.. await tx.Query<(Guid Visit, DateTimeOffset LastSeen)>("""
            select v.id, coalesce(max(p.connected_until), v.started_at)
            from collab.visit v left join collab.participant p on p.tenant = v.tenant and p.visit = v.id
            where v.tenant = @Tenant and v.status = 'InProgress' and v.started_at < @before
            group by v.id, v.started_at
            having coalesce(max(p.connected_until), v.started_at) < @before and bool_or(p.joined_at is not null)
            limit 50
            """, new { tx.Tenant, before = tx.Now - VisitRules.OverAfterEmpty })];

    private async Task Close(Tx tx, Guid id, DateTimeOffset lastSeen)
    {
        if (await VisitSql.Lock(tx, id) is { Status: VisitStatus.InProgress } visit) await rooms.Finish(tx, visit, lastSeen);
    }
}
