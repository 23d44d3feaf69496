using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>A handover that nobody has accepted some minutes after the shift's end goes to the team's owners, once.</summary>
public sealed class HandoversDue(Db db, TeamDoor teams, ILogger<HandoversDue> log) : IDueSweep
{
    private static readonly DueRows Rows = new("collab.handover", "next_at", "What is late of handover");

    public Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => Rows.Each(db, log, now, Late, stop);

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
