using Dapper;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Tenants;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>Reminders before a task is due, when it is, and when it is late: each once, to whoever has it in hand.</summary>
public sealed class RemindDue(Db db, ILogger<RemindDue> log) : IDueSweep
{
    private const int BatchSize = 200;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var due = (await connection.QueryAsync<(int Tenant, Guid Task, string Kind)>(new CommandDefinition(
            "select tenant, task, kind from collab.task_reminder where told_at is null and at <= @now order by at limit @BatchSize", new { now = now.UtcDateTime, BatchSize }, cancellationToken: stop))).AsList();
        var done = 0;
        foreach (var (tenant, task, kind) in due)
        {
            if (await Endless.Once($"The reminder of task {task}", _ => db.In(tenant, Actor.Product, tx => Tell(tx, task, kind), stop), log, stop)) done++;
            else await db.In(tenant, Actor.Product, tx => tx.Execute("update collab.task_reminder set at = @again where tenant = @Tenant and task = @task and kind = @kind and at <= @Now", new { tx.Tenant, tx.Now, task, kind, again = tx.Now + DueWork.AfterFailure }), stop);
        }
        return done;
    }

    private static async Task Tell(Tx tx, Guid id, string kind)
    {
        var at = await tx.Scalar<DateTime?>("""
            update collab.task_reminder set told_at = @Now where tenant = @Tenant and task = @id and kind = @kind and told_at is null and at <= @Now returning at
            """, new { tx.Tenant, tx.Now, id, kind });
        if (at is not { } when || await TaskSql.Find(tx, id) is not { Open: true, DeletedAt: null } task || task.Progress == Progress.AwaitingApproval) return;
        await Notices.Tell(tx, task.Owner is { } owner ? [owner] : task.Assignees, $"task.{kind}", $"/tasks/{id}", new { title = task.Title }, $"task/{id}/{kind}/{when.Ticks}");
    }
}

/// <summary>What was deleted a month ago is gone.</summary>
public sealed class TaskRetention(Db db, TenantDirectory tenants, ILogger<TaskRetention> log) : IDueSweep
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private DateTimeOffset next;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        if (now < next) return 0;
        next = now + Every;
        foreach (var tenant in await tenants.All(stop))
        {
            // Of an unpublished list the report stays, and with it its tasks.
            await Endless.Once($"Deleted tasks of tenant {tenant.Id}", _ => db.In(tenant.Id, Actor.Product, tx => tx.Execute(
                "delete from collab.task where tenant = @Tenant and deleted_at < @before and list_item is null", new { tx.Tenant, before = tx.Now - TaskRules.KeepDeletedFor }), stop), log, stop);
        }
        return 0;
    }
}
