using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>What of a set of tasks is asked for; board, my day, lists and calendar are views of the same set.</summary>
public sealed record TaskFilter
{
    public string? Search { get; init; }
    public Guid? Assignee { get; init; }
    public bool Nobody { get; init; }
    public string? Label { get; init; }
    public short? Priority { get; init; }
    public bool Late { get; init; }

    /// <summary>Also what is done or closed, newest first, at most <see cref="TaskViews.DoneLimit"/>.</summary>
    public bool Done { get; init; }
    public DateOnly? From { get; init; }
    public DateOnly? To { get; init; }
}

public sealed record BoardView(TaskBoard Board, TeamRole Role, bool Archived, IReadOnlyList<TaskBucket> Buckets, IReadOnlyList<TaskPerson> People, IReadOnlyList<CareTask> Tasks, IReadOnlyList<string> Labels);

public sealed record TaskPerson(Guid Id, string Name);

/// <summary>Reading tasks. Whoever is shown a patient's is on record.</summary>
public sealed class TaskViews(TaskDesk desk, AccessLog audit)
{
    public const int OpenLimit = 2000, DoneLimit = 100;

    /// <param name="filter">Null: the board without its tasks, for a form.</param>
    public async Task<Outcome<BoardView>> Board(Caller caller, Guid id, TaskFilter? filter, CancellationToken stop)
    {
        var today = TaskTime.Day(desk.Db.Clock.GetUtcNow(), await desk.Zone(caller.Tenant, stop));
        var view = await desk.Db.In<Outcome<BoardView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var board = await tx.OneOrNone<TaskBoard>("""
                select b.id, b.team, t.name as TeamName, b.name, b.published, b.version from collab.task_board b join collab.team t on t.tenant = b.tenant and t.id = b.team
                where b.tenant = @Tenant and b.id = @id
                """, new { tx.Tenant, id });
            if (board is null || await desk.Teams.Standing(tx, board.Team, caller.Person) is not { } standing) return TaskBoards.Unknown;
            var buckets = await tx.Query<TaskBucket>("select id, name from collab.task_bucket where tenant = @Tenant and board = @id order by place, id", new { tx.Tenant, id });
            var tasks = filter is null ? [] : await Query(tx, caller, filter, today, "t.board = @Set and (@All or exists (select from collab.task_assignee a where a.tenant = t.tenant and a.task = t.id and a.person = @Me))", id, standing.Role > TeamRole.Guest);
            IReadOnlyList<string> labels = standing.Role == TeamRole.Guest ? [.. tasks.SelectMany(t => t.Labels).Distinct().Order()]
                : await tx.Query<string>("select distinct l from collab.task t, unnest(t.labels) l where t.tenant = @Tenant and t.board = @id and t.deleted_at is null order by l limit 200", new { tx.Tenant, id });
            return new BoardView(board, standing.Role, standing.Archived, buckets, [.. (await desk.Teams.Members(tx, board.Team)).Select(m => new TaskPerson(m.Person, m.Name))], tasks, labels);
        }, stop);
        if (view.Ok) await Shown(caller, $"board/{id}", view.Value.Tasks, stop);
        return view;
    }

    /// <summary>My own and what is assigned to me, in whatever team.</summary>
    public async Task<IReadOnlyList<CareTask>> Mine(Caller caller, TaskFilter filter, CancellationToken stop)
    {
        var today = TaskTime.Day(desk.Db.Clock.GetUtcNow(), await desk.Zone(caller.Tenant, stop));
        var tasks = await desk.Db.In(caller.Tenant, caller.Actor, tx => Query(tx, caller, filter, today, $"@Set is not null and @All and {OfMine}", Guid.Empty, true), stop);
        await Shown(caller, "tasks", tasks, stop);
        return tasks;
    }

    /// <summary>Also waiting for my approval. Whoever left the team no longer sees its tasks.</summary>
    private const string OfMine = """
        (t.owner = @Me or ((exists (select from collab.task_assignee a where a.tenant = t.tenant and a.task = t.id and a.person = @Me) or (t.approver = @Me and t.hold = 'approval'))
          and (t.team is null or exists (select from collab.team_member m where m.tenant = t.tenant and m.team = t.team and m.person = @Me))))
        """;

    private static Task<IReadOnlyList<CareTask>> Query(Tx tx, Caller caller, TaskFilter filter, DateOnly today, string set, Guid of, bool all) => tx.Query<CareTask>($"""
        with ended as (
          select t.id from collab.task t where t.tenant = @Tenant and {set} and t.deleted_at is null and t.status in ('rejected', 'failed', 'completed', 'cancelled')
          and (@From::date is not null or @Done) order by t.updated_at desc limit {DoneLimit})
        {TaskSql.Select}
        where t.tenant = @Tenant and {set} and t.deleted_at is null
          and (t.status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error') or t.id in (select id from ended))
          and (@words::text[] = '{"{}"}' or (select bool_and(t.title ilike w or t.notes ilike w or p.family ilike w or p.given ilike w or exists (select from unnest(t.labels) l where l ilike w)) from unnest(@words) w))
          and (@Assignee::uuid is null or exists (select from collab.task_assignee a where a.tenant = t.tenant and a.task = t.id and a.person = @Assignee))
          and (not @Nobody or not exists (select from collab.task_assignee a where a.tenant = t.tenant and a.task = t.id))
          and (@Label::text is null or @Label = any(t.labels))
          and (@Priority::smallint is null or t.priority = @Priority)
          and (not @Late or t.due_at < @Now and t.completed_at is null)
          and (@From::date is null or (coalesce(t.due_day, t.start_day) >= @From and coalesce(t.start_day, t.due_day) <= @To))
        order by t.place, t.id
        limit {OpenLimit}
        """, new
    {
        tx.Tenant, tx.Now, Me = caller.Person, Today = today, Set = of, All = all, filter.Assignee, filter.Nobody, filter.Label, filter.Priority, filter.Late, filter.Done, filter.From, filter.To,
        words = (filter.Search ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(5).Select(w => $"%{w.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%").ToArray(),
    });

    public async Task<Outcome<TaskDetails>> One(Caller caller, Guid id, CancellationToken stop)
    {
        var today = TaskTime.Day(desk.Db.Clock.GetUtcNow(), await desk.Zone(caller.Tenant, stop));
        var view = await desk.Db.In<Outcome<TaskDetails>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TaskSql.Find(tx, id, caller.Person, today) is not { } task || await desk.May(tx, caller, task, TeamRole.Guest) is not null) return TaskDesk.Unknown;
            var checks = await tx.Query<CheckItem>($"select c.id, c.title, c.checked_at as CheckedAt, {By("c.checked_by")} as CheckedBy from collab.task_check c where c.tenant = @Tenant and c.task = @id order by c.place, c.id", new { tx.Tenant, id });
            var comments = await tx.Query<TaskComment>($"select c.id, coalesce(c.said_by, {By("c.person")}) as \"By\", c.text, c.at from collab.task_comment c where c.tenant = @Tenant and c.task = @id order by c.at, c.id limit 500", new { tx.Tenant, id });
            var links = await tx.Query<TaskLink>("select id, title, url from collab.task_link where tenant = @Tenant and task = @id order by id", new { tx.Tenant, id });
            var photos = await tx.Query<TaskPhoto>($"select c.id, c.type, c.bytes, c.at, {By("c.by")} as \"By\" from collab.task_photo c where c.tenant = @Tenant and c.task = @id order by c.at, c.id", new { tx.Tenant, id });
            var history = await tx.Query<TaskHappening>($"select c.at, {By("c.by")} as \"By\", c.what, c.was, c.became from collab.task_history c where c.tenant = @Tenant and c.task = @id order by c.at desc, c.id desc limit 500", new { tx.Tenant, id });
            var (approver, completer) = await tx.OneOrNone<(string?, string?)>($"select {By("@Approver")}, {By("@CompletedBy")} from (select @Tenant as tenant) c", new { tx.Tenant, task.Approver, task.CompletedBy });
            var change = await desk.May(tx, caller, task, TeamRole.Member, change: true) is null;
            return new TaskDetails(task, checks, comments, links, photos, history, Blank(approver), Blank(completer), change);
        }, stop);
        if (view.Ok) await Shown(caller, $"task/{id}", [view.Value.Task], stop);
        return view;
    }

    /// <summary>For a form that was opened with a patient.</summary>
    public async Task<string?> PatientName(Caller caller, Guid patient, CancellationToken stop)
    {
        var found = await desk.Db.In(caller.Tenant, caller.Actor, tx => tx.OneOrNone<People.Person>(
            "select id, kind, family, given from collab.person where tenant = @Tenant and id = @patient and kind = 'Patient'", new { tx.Tenant, patient }), stop);
        if (found is not null) await audit.Record(new(caller.Tenant, desk.Db.Clock.GetUtcNow(), caller.Actor, "view", "tasks/new", $"person/{patient}", 200), stop);
        return found?.Display;
    }

    /// <summary>Approvals that a task of this board may wait for.</summary>
    public Task<IReadOnlyList<(Guid Id, string Name)>> Chains(Caller caller, Guid board, CancellationToken stop) => desk.Db.In<IReadOnlyList<(Guid, string)>>(caller.Tenant, caller.Actor, async tx =>
        await tx.Scalar<Guid?>("select team from collab.task_board where tenant = @Tenant and id = @board", new { tx.Tenant, board }) is { } team && await desk.Teams.Standing(tx, team, caller.Person) is not null
            ? await Approvals.ApprovalDoor.Choices(tx, team) : [], stop);

    /// <summary>The photo's bytes, for who may see its task.</summary>
    public Task<Outcome<(string Hash, string Type)>> Photo(Caller caller, Guid id, Guid photo, CancellationToken stop) =>
        desk.Db.In<Outcome<(string, string)>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (await TaskSql.Find(tx, id, caller.Person) is not { } task || await desk.May(tx, caller, task, TeamRole.Guest) is not null) return TaskDesk.Unknown;
            return await tx.OneOrNone<(string, string)?>("select hash, type from collab.task_photo where tenant = @Tenant and task = @id and id = @photo", new { tx.Tenant, id, photo }) is { } found ? found : TaskDesk.Unknown;
        }, stop);

    private ValueTask Shown(Caller caller, string subject, IEnumerable<CareTask> tasks, CancellationToken stop)
    {
        var patients = tasks.Where(t => t.Patient is not null).Select(t => $"person/{t.Patient}").ToList();
        return patients.Count == 0 ? ValueTask.CompletedTask : audit.Record(new(caller.Tenant, desk.Db.Clock.GetUtcNow(), caller.Actor, "view", subject, null, 200), patients, stop);
    }

    private static string By(string column) => $"coalesce((select concat_ws(' ', s.title, s.given, s.family) from collab.person s where s.tenant = c.tenant and s.id = {column}), '')";
    private static string? Blank(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
