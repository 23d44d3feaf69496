using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>A task as somebody wrote it down.</summary>
public sealed record TaskSaid
{
    public string Title { get; init; } = "";
    public string? Notes { get; init; }
    public Guid? Board { get; init; }
    public Guid? Bucket { get; init; }
    public short Priority { get; init; } = TaskRules.Medium;
    public DateOnly? StartDay { get; init; }
    public short? StartMinute { get; init; }
    public DateOnly? DueDay { get; init; }
    public short? DueMinute { get; init; }
    public int? RemindMinutes { get; init; }
    public string? Labels { get; init; }
    public IReadOnlyList<Guid> Assignees { get; init; } = [];
    public IReadOnlyList<string> Checks { get; init; } = [];
    public Guid? Patient { get; init; }
    public Guid? Visit { get; init; }
    public Guid? Message { get; init; }
    public Needs Needs { get; init; } = Needs.Nothing;
}

/// <summary>Making, changing, moving, deleting tasks (TK-01, TK-11).</summary>
public sealed class TaskChanges(TaskDesk desk)
{
    public async Task<Outcome<CareTask>> Add(Caller caller, TaskSaid said, CancellationToken stop)
    {
        var zone = await desk.Zone(caller.Tenant, stop);
        return await desk.Db.In<Outcome<CareTask>>(caller.Tenant, caller.Actor, async tx =>
        {
            Guid? team = null;
            if (said.Board is { } board)
            {
                team = await tx.Scalar<Guid?>("select team from collab.task_board where tenant = @Tenant and id = @board", new { tx.Tenant, board });
                if (team is null) return TaskBoards.Unknown;
                var may = await desk.Teams.May(tx, caller, team.Value, TeamRole.Member, change: true);
                if (!may.Ok) return may.Problem.Status == 404 ? TaskBoards.Unknown : may.Problem;
            }
            if (await TaskRow.Wrong(tx, said, team, caller.Person, zone) is { } wrong) return wrong;
            var id = await TaskRow.Insert(tx, said, team, team is null ? caller.Person : null, zone);
            return await desk.Publish(tx, new CareTask { Id = id }, "created");
        }, stop);
    }

    /// <param name="seen">The version the form was opened with.</param>
    public async Task<Outcome<CareTask>> Edit(Caller caller, Guid id, int seen, TaskSaid said, CancellationToken stop)
    {
        var zone = await desk.Zone(caller.Tenant, stop);
        return await desk.Change(caller, id, seen, TeamRole.Member, async (tx, task) =>
        {
            if (task.ListItem is not null && (said.Title != task.Title || said.Notes != task.Notes || said.DueDay != task.DueDay || said.DueMinute != task.DueMinute || said.Priority != task.Priority || said.Needs with { Form = null } != task.Needs with { Form = null }))
            {
                return Problem.Conflict("This task was published by a team above: its title, notes, due date, priority and what it needs are theirs to change. Assign it, tick it, comment on it.", "task-published");
            }
            if (await NeedsKept(tx, caller, task, said.Needs) is { } kept) return kept;
            if (await TaskRow.Wrong(tx, said with { Board = task.Board }, task.Team, caller.Person, zone) is { } wrong) return wrong;
            await TaskRow.Update(tx, task, said, zone);
            return "changed";
        }, stop);
    }

    /// <summary>Whoever does the work does not wave its requirements away: who asked for them, or an owner of the team, does (TK-06).</summary>
    private async Task<Problem?> NeedsKept(Tx tx, Caller caller, CareTask task, Needs said)
    {
        var (now, then) = (task.Needs with { Form = null }, said with { Form = null });
        var eased = (now.Checklist && !then.Checklist) || (now.Photo && !then.Photo) || (now.Approver is not null && then.Approver != now.Approver) || (now.Chain is not null && then.Chain != now.Chain) || (task.Form is not null && FormLines.Print(task.Questions) != FormLines.Print(new CareTask { Form = said.Form }.Questions));
        if (!eased || task.Team is not { } team || task.CreatedBy == caller.Person) return null;
        return await desk.Teams.Standing(tx, team, caller.Person) is { Role: TeamRole.Owner } ? null
            : Problem.Forbidden("What this task needs to be done is changed by who made it, or by an owner of the team.", "task-needs");
    }

    /// <summary>To a bucket (null: none), before another task or last.</summary>
    public Task<Outcome<CareTask>> Move(Caller caller, Guid id, int seen, Guid? bucket, Guid? before, CancellationToken stop) =>
        desk.Change(caller, id, seen, TeamRole.Member, async (tx, task) =>
        {
            if (task.Board is null) return Problem.Unprocessable("A task of one's own has no buckets.", "bucket");
            if (bucket is { } to && !await tx.Scalar<bool>("select exists (select from collab.task_bucket where tenant = @Tenant and id = @to and board = @Board)", new { tx.Tenant, to, task.Board }))
            {
                return Problem.Unprocessable("This board has no such bucket.", "bucket", "bucket-unknown");
            }
            // Halfway to whoever stands before it there; without a neighbour a step beyond the last.
            await tx.Execute("""
                update collab.task set bucket = @bucket, version = version + 1, updated_at = @Now, updated_by = @by, place = coalesce(
                  (select (n.place + coalesce((select max(o.place) from collab.task o where o.tenant = n.tenant and o.board = n.board and o.bucket is not distinct from @bucket
                     and o.place < n.place and o.id <> @id), n.place - 2)) * 0.5
                   from collab.task n where n.tenant = @Tenant and n.id = @before and n.board = @Board and n.bucket is not distinct from @bucket and n.deleted_at is null and n.id <> @id),
                  (select coalesce(max(o.place), 0) + 1 from collab.task o where o.tenant = @Tenant and o.board = @Board and o.bucket is not distinct from @bucket and o.id <> @id))
                where tenant = @Tenant and id = @id
                """, new { tx.Tenant, tx.Now, id, bucket, before, task.Board, by = caller.Person });
            if (bucket != task.Bucket) await TaskSql.Happened(tx, id, "bucket", task.BucketName, await TaskBoards.BucketName(tx, bucket));
            return "moved";
        }, stop);

    public Task<Outcome<CareTask>> Assign(Caller caller, Guid id, int seen, IReadOnlyList<Guid> people, CancellationToken stop) =>
        desk.Change(caller, id, seen, TeamRole.Member, async (tx, task) =>
        {
            if (await TaskRow.WrongAssignees(tx, people, task.Team) is { } wrong) return wrong;
            await tx.Execute("update collab.task set version = version + 1, updated_at = @Now, updated_by = @by where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, by = caller.Person });
            await TaskRow.SetAssignees(tx, task, people);
            return "assigned";
        }, stop);

    public Task<Outcome<CareTask>> Delete(Caller caller, Guid id, int seen, CancellationToken stop) =>
        desk.Change(caller, id, seen, TeamRole.Member, async (tx, task) =>
        {
            if (task.DeletedAt is not null) return (string?)null;
            if (task.ListItem is not null) return Problem.Conflict("This task was published by a team above: they unpublish it. You can cancel it.", "task-published");
            await tx.Execute("update collab.task set deleted_at = @Now, deleted_by = @by, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, by = caller.Person });
            await TaskSql.Happened(tx, id, "deleted");
            await Notices.Settle(tx, $"/tasks/{id}");
            return "deleted";
        }, stop);

    public Task<Outcome<CareTask>> Restore(Caller caller, Guid id, CancellationToken stop) =>
        desk.Change(caller, id, null, TeamRole.Member, async (tx, task) =>
        {
            if (task.DeletedAt is not { } at) return (string?)null;
            if (task.ListItem is not null) return Problem.Conflict("This task was published by a team above, and they unpublished it.", "task-published");
            if (tx.Now > at + TaskRules.KeepDeletedFor) return Problem.Gone("What was deleted is kept for 30 days.");
            await tx.Execute("update collab.task set deleted_at = null, deleted_by = null, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
            await TaskSql.Happened(tx, id, "restored");
            return "restored";
        }, stop);
}
