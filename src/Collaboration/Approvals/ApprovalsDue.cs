using Dapper;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>What comes with time: reminders, the due time and whom it goes to then (AP-14: nothing ends by waiting), absences that begin.</summary>
public sealed class ApprovalsDue(Db db, ProjectFhir project, ILogger<ApprovalsDue> log) : IDueSweep
{
    private const int BatchSize = 100;

    private static readonly DueRows Rows = new("collab.approval", "next_at", "What is late of approval");

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop) => await Rows.Each(db, log, now, Late, stop) + await Absences(now, stop);

    private async Task<int> Absences(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var away = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition(
            "select tenant, id from collab.approval_delegation where from_at <= @now and not begun and ended_at is null order by from_at limit @BatchSize", new { now, BatchSize }, cancellationToken: stop))).AsList();
        var done = 0;
        foreach (var (tenant, id) in away) if (await Endless.Once($"The absence {id}", _ => db.In(tenant, Actor.Product, tx => Begin(tx, id), stop), log, stop)) done++;
        return done;
    }

    private async Task Late(Tx tx, Guid id)
    {
        if (await ApprovalSql.Lock(tx, id) is not { Status: ApprovalStatus.Pending, DueAt: { } due } row) return;
        var next = await tx.Scalar<DateTimeOffset?>("select next_at from collab.approval where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        if (next is null || next > tx.Now) return;
        if (tx.Now < due)
        {
            await Chain.TellOpen(tx, id, "approval.reminder", "reminder");
            await tx.Execute("update collab.approval set next_at = due_at where tenant = @Tenant and id = @id", new { tx.Tenant, id });
            return;
        }
        await tx.Execute("update collab.approval set next_at = null, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        await ApprovalSql.Happened(tx, id, "late", null);
        if (row.EscalateTo is { } to) await Escalate(tx, id, to);
        await Chain.TellOpen(tx, id, "approval.late", "late");
        await Notices.Tell(tx, [row.Owner], "approval.late-owner", $"/approvals/{id}", new { title = row.Title }, $"approval/{id}/late-owner");
        tx.Publish("approval.late", $"approval/{id}", row.PatientSubject);
        await project(tx, "approval", id);
    }

    /// <summary>The step's open requests become one, of whom it goes to when it is late.</summary>
    private static async Task Escalate(Tx tx, Guid id, Guid to)
    {
        var requests = await ApprovalSql.Requests(tx, id);
        var open = requests.Where(r => r.State == RequestState.Open).ToList();
        // Whose answer in this step is in, or asked for, is not asked a second time.
        if (open.Count == 0 || requests.Any(r => r.Step == open[0].Step && r.Approver == to && (r.Live || r.State == RequestState.Answered))) return;
        await tx.Execute("update collab.approval_request set state = 'Closed', closed_at = @Now where tenant = @Tenant and id = any(@ids)", new { tx.Tenant, tx.Now, ids = open.Skip(1).Select(r => r.Id).ToArray() });
        await Chain.Pass(tx, id, open[0], to, "escalated", null);
    }

    private async Task Begin(Tx tx, Guid delegation)
    {
        var begun = await tx.Query<Guid>("""
            update collab.approval_delegation set begun = true where tenant = @Tenant and id = @delegation and not begun and ended_at is null returning person
            """, new { tx.Tenant, delegation });
        if (begun is not [var person]) return;
        foreach (var id in await tx.Query<Guid>("select distinct approval from collab.approval_request where tenant = @Tenant and approver = @person and state = 'Open' order by approval", new { tx.Tenant, person }))
        {
            await ApprovalSql.Lock(tx, id);
            var mine = (await ApprovalSql.Requests(tx, id)).Where(r => r.Approver == person && r.State == RequestState.Open).ToList();
            await Chain.PassOn(tx, id, mine, await Chain.Away(tx, [person]));
            await Chain.TellOpen(tx, id, "approval.requested", $"away/{delegation}");
            await project(tx, "approval", id);
        }
    }
}
