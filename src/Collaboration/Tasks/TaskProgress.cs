using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>How a task moves on (TK-02) and what must be there before it is done (TK-06).</summary>
public sealed class TaskProgress(TaskDesk desk, ApprovalDoor approvals)
{
    public async Task<Outcome<CareTask>> Set(Caller caller, Guid id, int seen, Progress progress, CancellationToken stop)
    {
        if (progress == Progress.Completed) return await Complete(caller, id, seen, stop);
        if (TaskRules.StatusOf(progress) is not { } to) return Problem.Unprocessable("Whether it is approved is the approver's word.", "progress", "task-progress");
        return await desk.Change(caller, id, seen, TeamRole.Guest, async (tx, task) =>
        {
            // An open task that came as "requested" and is not begun stays what it is.
            if (task.Progress == progress) return (string?)null;
            if (Illegal(task, to.Status) is { } illegal) return illegal;
            await SetStatus(tx, task, to.Status, to.Hold);
            return "progress";
        }, stop);
    }

    /// <summary>Done, if nothing is missing; with an approver, it waits for that person's yes, with an approval of several for its end.</summary>
    public Task<Outcome<CareTask>> Complete(Caller caller, Guid id, int seen, CancellationToken stop) =>
        desk.Change(caller, id, seen, TeamRole.Guest, async (tx, task) =>
        {
            if (task.Progress is Progress.Completed or Progress.AwaitingApproval) return (string?)null;
            if (Illegal(task, "completed") is { } illegal) return illegal;
            if (Missing(task) is { } missing) return missing;
            if (task.Approver is { } approver && approver != caller.Person)
            {
                await SetStatus(tx, task, "on-hold", "approval");
                await Notices.Tell(tx, [approver], "task.approval", $"/tasks/{id}", new { title = task.Title, by = caller.Display }, $"task/{id}/approval/{tx.Now.UtcTicks}");
                return "submitted";
            }
            if (task is { Chain: { } chain, Team: { } team })
            {
                await SetStatus(tx, task, "on-hold", "approval");
                var asked = await approvals.Ask(tx, caller.Person ?? default, chain, task.Title, $"/tasks/{id}", $"Task/{task.FhirId ?? id.ToString()}", team, task.Patient);
                if (!asked.Ok) return asked.Problem;
                await tx.Execute("update collab.task set approval = @Value where tenant = @Tenant and id = @id", new { tx.Tenant, id, asked.Value });
                return "submitted";
            }
            await SetStatus(tx, task, "completed", null);
            await Notices.Settle(tx, $"/tasks/{id}");
            return "completed";
        }, stop);

    /// <summary>The approver's word. No sends it back to work, with a reason that everybody on it is told.</summary>
    public Task<Outcome<CareTask>> Decide(Caller caller, Guid id, int seen, bool yes, string? reason, CancellationToken stop) =>
        desk.Change(caller, id, seen, TeamRole.Guest, (tx, task) => Decide(tx, task, caller.Person, yes, reason), stop);

    internal static async Task<Outcome<string?>> Decide(Tx tx, CareTask task, Guid? by, bool yes, string? reason)
    {
        if (task.Progress != Progress.AwaitingApproval) return Problem.Conflict("This task does not wait for an approval.", "task-not-waiting");
        if (task.Approver != by) return Problem.Forbidden("Another person was asked to approve this.", "task-approver");
        if (!yes && string.IsNullOrWhiteSpace(reason)) return Problem.Unprocessable("Say what is missing, so that it can be mended.", "reason", "task-reason");
        if (reason?.Length > 4000) return Problem.Unprocessable("A reason has at most 4,000 characters.", "reason", "task-reason");
        return await Decided(tx, task, yes, reason);
    }

    internal static async Task<string> Decided(Tx tx, CareTask task, bool yes, string? reason)
    {
        await SetStatus(tx, task, yes ? "completed" : "in-progress", null);
        if (yes) await tx.Execute("update collab.task set approved_at = @Now where tenant = @Tenant and id = @Id", new { tx.Tenant, tx.Now, task.Id });
        await TaskSql.Happened(tx, task.Id, yes ? "approved" : "sent-back", null, reason);
        await Notices.Settle(tx, $"/tasks/{task.Id}");
        await Notices.Tell(tx, task.Assignees, yes ? "task.approved" : "task.sent-back", $"/tasks/{task.Id}", new { title = task.Title, reason }, $"task/{task.Id}/decided/{tx.Now.UtcTicks}");
        return yes ? "completed" : "progress";
    }

    /// <summary>A completion taken back: at once by undo, or later because it was not done after all.</summary>
    public Task<Outcome<CareTask>> Reopen(Caller caller, Guid id, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Guest, async (tx, task) =>
        {
            if (task.Progress is not (Progress.Completed or Progress.Closed or Progress.AwaitingApproval)) return (string?)null;
            if (task.Status is "entered-in-error" or "rejected" or "failed") return Problem.Conflict($"What is {task.Status} stays so; make a new task.", "task-ended");
            await SetStatus(tx, task, task.StatusBefore is { } before && before != "on-hold" && TaskRules.IsOpen(before) ? before : "in-progress", null);
            return "reopened";
        }, stop);

    public static Problem? Illegal(CareTask task, string to) => TaskRules.May(task.Status, to) ? null
        : Problem.Conflict($"A task that is {task.Status} cannot become {to}; {Allowed(task.Status)}.", "task-transition");

    public static string Allowed(string from) => TaskRules.After(from) is { Count: > 0 } after ? $"it can become {string.Join(", ", after)}" : "it stays so";

    public static Problem? Missing(CareTask task)
    {
        var unmet = TaskRules.Unmet(task.Needs, task.Checks, task.Checked, task.Photos, task.AnsweredAt is not null);
        return unmet.Count == 0 ? null : Problem.Unprocessable($"Not yet done: {ProblemText.Row("; ", unmet)}.", null, "task-unmet");
    }

    internal static async Task SetStatus(Tx tx, CareTask task, string status, string? hold)
    {
        await tx.Execute("""
            update collab.task set status = @status, hold = @hold, status_before = @Status_, completed_at = case when @status = 'completed' then @Now end,
              completed_by = case when @status = 'completed' then @by end, approved_at = null, version = version + 1, updated_at = @Now, updated_by = @by
            where tenant = @Tenant and id = @Id
            """, new { tx.Tenant, tx.Now, task.Id, status, hold, Status_ = task.Status, by = tx.Actor.Caller?.Person });
        await TaskSql.Happened(tx, task.Id, "progress", $"{task.Progress}", $"{TaskRules.ProgressOf(status, hold)}");
    }
}
