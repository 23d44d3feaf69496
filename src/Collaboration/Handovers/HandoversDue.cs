using Dapper;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>A handover that nobody has accepted some minutes after the shift's end goes to the team's owners, once.</summary>
public sealed class HandoversDue(Db db, TeamDoor teams, ILogger<HandoversDue> log) : IDueSweep
{
    private const int BatchSize = 100;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var late = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition(
            "select tenant, id from collab.handover where next_at <= @now order by next_at limit @BatchSize", new { now, BatchSize }, cancellationToken: stop))).AsList();
        var done = 0;
        // Each under the lock that accepting takes: what was accepted meanwhile is not late.
        foreach (var (tenant, id) in late)
        {
            if (await Endless.Once($"What is late of handover {id}", _ => db.In(tenant, Actor.Product, tx => Late(tx, id), stop), log, stop)) done++;
            else await db.In(tenant, Actor.Product, tx => tx.Execute("update collab.handover set next_at = @again where tenant = @Tenant and id = @id and next_at <= @Now", new { tx.Tenant, tx.Now, id, again = tx.Now + DueWork.AfterFailure }), stop);
        }
        return done;
    }

    private async Task Late(Tx tx, Guid id)
    {
        if (!await HandoverSql.Lock(tx, id)) return;
        var due = await tx.Execute("""
            update collab.handover set next_at = null, escalated_at = @Now, version = version + 1 where tenant = @Tenant and id = @id and next_at <= @Now and state in ('draft', 'offered')
            """, new { tx.Tenant, tx.Now, id });
        if (due == 0 || await HandoverSql.Find(tx, id) is not { } h) return;
        await HandoverSql.Happened(tx, id, "escalated");
        var owners = (await teams.Members(tx, h.Team)).Where(m => m.Role == TeamRole.Owner).Select(m => m.Person).ToList();
        await Notices.Tell(tx, owners, "handover.late", GiveHandover.Link(h), new { from = h.GiverName, team = h.TeamName, patients = h.Patients }, $"handover/{id}/late");
        // Who could still end it hears of it, too.
        await Notices.Tell(tx, [h.Giver, .. h.State == "offered" ? h.To : []], "handover.waits", GiveHandover.Link(h), new { team = h.TeamName }, $"handover/{id}/waits");
        HandoverSql.Tell(tx, h, "escalated");
    }
}
