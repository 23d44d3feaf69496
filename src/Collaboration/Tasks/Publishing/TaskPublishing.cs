using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks.Publishing;

public sealed record TaskListRow
{
    public Guid Id { get; init; }
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public string Name { get; init; } = "";
    public string State { get; init; } = "draft";
    public DateTimeOffset? PublishedAt { get; init; }
    public int Items { get; init; }
    public int Teams { get; init; }
    public int Version { get; init; }
}

public sealed record ListItem
{
    public Guid Id { get; init; }
    public string Title { get; init; } = "";
    public string? Notes { get; init; }
    public string? Bucket { get; init; }
    public short Priority { get; init; }
    public DateOnly? DueDay { get; init; }
    public short? DueMinute { get; init; }
    public bool Everyone { get; init; }
    public bool NeedsChecklist { get; init; }
    public bool NeedsPhoto { get; init; }
    public string? Form { get; init; }
    public string[] Checks { get; init; } = [];
}

/// <summary>How far a team is with one task of a list.</summary>
public sealed record ReportRow(Guid Team, string TeamName, Guid Item, string Title, int All, int Done, int Late);

public sealed record TaskListView(TaskListRow List, IReadOnlyList<ListItem> Items, IReadOnlyList<NodeRow> Below, IReadOnlyList<string> Buckets, IReadOnlyList<ReportRow> Report);

/// <summary>TK-09: an upper team's lists: written as drafts, published to teams below, taken back, copied, reported on.</summary>
public sealed class TaskPublishing(TaskDesk desk, ProjectFhir project)
{
    public const int MostTasks = 2000;
    public static readonly Problem Unknown = Problem.NotFound("There is no such task list for you.", "task-list-unknown");

    /// <summary>Teams I own that have teams below them.</summary>
    public Task<IReadOnlyList<Team>> Publishers(Caller caller, CancellationToken stop) => desk.Db.In<IReadOnlyList<Team>>(caller.Tenant, caller.Actor, async tx =>
    {
        var above = (await tx.Query<Guid>("select distinct n.team from collab.task_node n join collab.task_node_parent p on p.tenant = n.tenant and p.parent = n.id where n.tenant = @Tenant and n.team is not null", new { tx.Tenant })).ToHashSet();
        return [.. (await desk.Teams.Mine(tx, caller.Person)).Where(t => t.Role == TeamRole.Owner && above.Contains(t.Id))];
    }, stop);

    public Task<IReadOnlyList<TaskListRow>> Mine(Caller caller, CancellationToken stop) => desk.Db.In(caller.Tenant, caller.Actor, tx => tx.Query<TaskListRow>($"""
        {Row} join collab.team_member m on m.tenant = l.tenant and m.team = l.team and m.person = @Person and m.role = 'Owner'
        where l.tenant = @Tenant order by l.created_at desc limit 500
        """, new { tx.Tenant, caller.Person }), stop);

    public Task<Outcome<Guid>> Make(Caller caller, Guid team, string? name, CancellationToken stop) => desk.Db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await MayPublish(tx, caller, team) is { } refused) return refused;
        if (name?.Trim() is not { Length: >= 1 and <= 100 }) return Problem.Unprocessable("A list has a name of 1 to 100 characters.", "name", "task-name");
        var id = tx.NewId();
        await tx.Execute("insert into collab.task_list (tenant, id, team, name, created_at, created_by) values (@Tenant, @id, @team, @name, @Now, @by)", new { tx.Tenant, tx.Now, id, team, name = name.Trim(), by = caller.Person });
        await project(tx, "task-list", id);
        return id;
    }, stop);

    public Task<Outcome<TaskListView>> One(Caller caller, Guid id, CancellationToken stop) => desk.Db.In<Outcome<TaskListView>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Find(tx, id) is not { } list || await MayPublish(tx, caller, list.Team) is not null) return Unknown;
        return new TaskListView(list, await Items(tx, id), await TaskHierarchy.Below(tx, list.Team),
            await tx.Scalar<string[]>("select buckets from collab.task_hierarchy where tenant = @Tenant", new { tx.Tenant }) ?? [], await Report(tx, id));
    }, stop);

    public Task<Outcome<Guid>> AddItem(Caller caller, Guid id, int seen, TaskSaid said, string? bucket, bool everyone, CancellationToken stop) => Change(caller, id, seen, draft: true, async (tx, list) =>
    {
        var zone = await desk.Zone(tx.Tenant, tx.Stop);
        if (await TaskRow.Wrong(tx, said with { Board = null, Bucket = null, Assignees = [] }, null, caller.Person, zone) is { } wrong) return wrong;
        if (list.Items >= 200) return Problem.Unprocessable("A list has at most 200 tasks.", "title", "task-list-size");
        await tx.Execute("""
            insert into collab.task_list_item (tenant, id, list, place, title, notes, bucket, priority, due_day, due_minute, everyone, needs_checklist, needs_photo, form, checks)
            values (@Tenant, @item, @id, @place, @Title, @Notes, @bucket, @Priority, @DueDay, @DueMinute, @everyone, @Checklist, @Photo, @Form::jsonb, @checks)
            """, new { tx.Tenant, item = tx.NewId(), id, place = list.Items + 1, Title = said.Title.Trim(), said.Notes, bucket = string.IsNullOrWhiteSpace(bucket) ? null : bucket.Trim()[..Math.Min(100, bucket.Trim().Length)],
            said.Priority, said.DueDay, said.DueMinute, everyone, said.Needs.Checklist, said.Needs.Photo, said.Needs.Form, checks = said.Checks.ToArray() });
        return null;
    }, stop);

    public Task<Outcome<Guid>> RemoveItem(Caller caller, Guid id, int seen, Guid item, CancellationToken stop) => Change(caller, id, seen, draft: true, async (tx, _) =>
    {
        await tx.Execute("delete from collab.task_list_item where tenant = @Tenant and list = @id and id = @item", new { tx.Tenant, id, item });
        return null;
    }, stop);

    public Task<Outcome<Guid>> Publish(Caller caller, Guid id, int seen, IReadOnlyCollection<Guid> teams, CancellationToken stop) => Change(caller, id, seen, draft: true, async (tx, list) =>
    {
        var below = (await TaskHierarchy.Below(tx, list.Team)).Select(n => n.Team!.Value).ToHashSet();
        if (teams.Count == 0) return Problem.Unprocessable("Choose at least one team.", "teams", "task-list-teams");
        if (teams.Any(t => !below.Contains(t))) return Problem.Unprocessable("A list goes to teams below yours only.", "teams", "task-list-teams");
        var items = await Items(tx, id);
        if (items.Count == 0) return Problem.Unprocessable("The list has no task yet.", "items", "task-list-empty");
        var people = await tx.Query<(Guid Team, Guid Person)>("select team, person from collab.team_member where tenant = @Tenant and team = any(@teams) and role <> 'Guest'", new { tx.Tenant, teams = teams.ToArray() });
        var size = items.Sum(i => i.Everyone ? people.Count : teams.Count);
        if (size > MostTasks) return Problem.Unprocessable($"This makes {size} tasks; at most {MostTasks} are published at once. Choose fewer teams, and copy the list for the others.", "teams", "task-list-size");
        var zone = await desk.Zone(tx.Tenant, tx.Stop);
        foreach (var team in teams.Distinct().Order()) await PublishedTasks.Lay(tx, desk, team, items, [.. people.Where(p => p.Team == team).Select(p => p.Person)], zone);
        await tx.Execute("insert into collab.task_list_target (tenant, list, team) select @Tenant, @id, t from unnest(@teams) t on conflict do nothing", new { tx.Tenant, id, teams = teams.ToArray() });
        await State(tx, id, "published");
        return null;
    }, stop);

    /// <summary>Every task of it disappears from the teams, done or not; the report is what remains.</summary>
    public Task<Outcome<Guid>> Unpublish(Caller caller, Guid id, int seen, CancellationToken stop) => Change(caller, id, seen, draft: false, async (tx, _) =>
    {
        foreach (var task in await tx.Query<Guid>("select t.id from collab.task t join collab.task_list_item i on i.tenant = t.tenant and i.id = t.list_item where t.tenant = @Tenant and i.list = @id and t.deleted_at is null order by t.id", new { tx.Tenant, id }))
        {
            if (await TaskSql.Lock(tx, task) is not { DeletedAt: null } there) continue;
            await tx.Execute("update collab.task set deleted_at = @Now, deleted_by = @by, version = version + 1 where tenant = @Tenant and id = @task", new { tx.Tenant, tx.Now, task, by = caller.Person });
            await TaskSql.Happened(tx, task, "deleted", null, "unpublished");
            await desk.Publish(tx, there, "deleted");
        }
        await State(tx, id, "unpublished");
        return null;
    }, stop);

    /// <summary>A draft with the same tasks.</summary>
    public Task<Outcome<Guid>> Duplicate(Caller caller, Guid id, CancellationToken stop) => desk.Db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Find(tx, id) is not { } list || await MayPublish(tx, caller, list.Team) is not null) return Unknown;
        var (copy, items) = (tx.NewId(), await Items(tx, id));
        await tx.Execute("insert into collab.task_list (tenant, id, team, name, created_at, created_by) values (@Tenant, @copy, @Team, @name, @Now, @by)", new { tx.Tenant, tx.Now, copy, list.Team, name = list.Name.Length > 93 ? list.Name : list.Name + " (copy)", by = caller.Person });
        if (items.Count > 0) await tx.Execute("""
            insert into collab.task_list_item (tenant, id, list, place, title, notes, bucket, priority, due_day, due_minute, everyone, needs_checklist, needs_photo, form, checks)
            select tenant, n.id, @copy, place, title, notes, bucket, priority, due_day, due_minute, everyone, needs_checklist, needs_photo, form, checks
            from collab.task_list_item i join unnest(@old, @new) as n (old, id) on n.old = i.id where i.tenant = @Tenant and i.list = @id
            """, new { tx.Tenant, id, copy, old = items.Select(i => i.Id).ToArray(), @new = items.Select(_ => tx.NewId()).ToArray() });
        await project(tx, "task-list", copy);
        return copy;
    }, stop);

    private Task<Outcome<Guid>> Change(Caller caller, Guid id, int seen, bool draft, Func<Tx, TaskListRow, Task<Problem?>> act, CancellationToken stop) => desk.Db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        await tx.Scalar<Guid>("select id from collab.task_list where tenant = @Tenant and id = @id for update", new { tx.Tenant, id });
        if (await Find(tx, id) is not { } list || await MayPublish(tx, caller, list.Team) is not null) return Unknown;
        if (list.Version != seen) return Problem.Conflict($"Somebody else changed this list at the same moment: it is now version {list.Version}.", "task-list-stale");
        if ((list.State == "draft") != draft || list.State == "unpublished") return Problem.Conflict(draft ? "A list that was published is changed by a copy of it." : "This list is not published.", "task-list-state");
        if (await act(tx, list) is { } problem) return tx.Abandon<Outcome<Guid>>(problem);
        await tx.Execute("update collab.task_list set version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        await project(tx, "task-list", id);
        return id;
    }, stop);

    private async Task<Problem?> MayPublish(Tx tx, Caller caller, Guid team)
    {
        var may = await desk.Teams.May(tx, caller, team, TeamRole.Owner, change: true);
        if (!may.Ok) return may.Problem.Status == 404 ? Unknown : may.Problem;
        return (await TaskHierarchy.Below(tx, team)).Count > 0 || await tx.Scalar<bool>("select exists (select from collab.task_list where tenant = @Tenant and team = @team)", new { tx.Tenant, team }) ? null
            : Problem.Forbidden("No team stands below this one in the hierarchy: it receives lists and publishes none.", "task-list-leaf");
    }

    private static Task<int> State(Tx tx, Guid id, string state) => tx.Execute("""
        update collab.task_list set state = @state, published_at = coalesce(published_at, @Now), published_by = coalesce(published_by, @by) where tenant = @Tenant and id = @id
        """, new { tx.Tenant, tx.Now, id, state, by = tx.Actor.Caller?.Person });

    private const string Row = """
        select l.id, l.team, t.name as TeamName, l.name, l.state, l.published_at as PublishedAt, l.version,
          (select count(*)::int from collab.task_list_item i where i.tenant = l.tenant and i.list = l.id) as Items,
          (select count(*)::int from collab.task_list_target g where g.tenant = l.tenant and g.list = l.id) as Teams
        from collab.task_list l join collab.team t on t.tenant = l.tenant and t.id = l.team
        """;

    public static Task<TaskListRow?> Find(Tx tx, Guid id) => tx.OneOrNone<TaskListRow>($"{Row} where l.tenant = @Tenant and l.id = @id", new { tx.Tenant, id });

    public static Task<IReadOnlyList<ListItem>> Items(Tx tx, Guid list) => tx.Query<ListItem>("""
        select id, title, notes, bucket, priority, due_day as DueDay, due_minute as DueMinute, everyone, needs_checklist as NeedsChecklist, needs_photo as NeedsPhoto, form::text as Form, checks
        from collab.task_list_item where tenant = @Tenant and list = @list order by place, id
        """, new { tx.Tenant, list });

    private static Task<IReadOnlyList<ReportRow>> Report(Tx tx, Guid list) => tx.Query<ReportRow>("""
        select t.team as Team, m.name as TeamName, i.id as Item, i.title as Title, count(*)::int as "All", (count(*) filter (where t.status = 'completed'))::int as Done,
          (count(*) filter (where t.due_at < @Now and t.status not in ('completed', 'cancelled', 'failed', 'rejected', 'entered-in-error')))::int as Late
        from collab.task t join collab.task_list_item i on i.tenant = t.tenant and i.id = t.list_item join collab.team m on m.tenant = t.tenant and m.id = t.team
        where t.tenant = @Tenant and i.list = @list
        group by t.team, m.name, i.id, i.title, i.place order by lower(m.name), i.place, i.id
        """, new { tx.Tenant, tx.Now, list });
}
