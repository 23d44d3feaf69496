using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Approvals;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>Writes a task's rows from what was said: the row, its people, checklist and reminders; and says what is wrong with it first.</summary>
internal static class TaskRow
{
    /// <summary>Null when all is well; else one problem that names everything that is wrong.</summary>
    public static async Task<Problem?> Wrong(Tx tx, TaskSaid said, Guid? team, Guid? me, TimeZoneInfo zone)
    {
        var wrong = new List<Problem>();
        if (string.IsNullOrWhiteSpace(said.Title)) wrong.Add(Problem.Unprocessable("A task needs a title.", "title", "task-title"));
        if (said.Title.Length > 255) wrong.Add(Problem.Unprocessable("A title has at most 255 characters.", "title", "task-title"));
        if (said.Notes?.Length > 10_000) wrong.Add(Problem.Unprocessable("Notes have at most 10,000 characters.", "notes", "task-notes"));
        if (TaskRules.PriorityOf(said.Priority) != said.Priority) wrong.Add(Problem.Unprocessable("The priority is 1 (urgent), 3 (important), 5 (medium) or 9 (low).", "priority", "task-priority"));
        if (said.DueMinute is not null && said.DueDay is null) wrong.Add(Problem.Unprocessable("A time needs its day.", "dueDay", "task-days"));
        if (said.StartMinute is not null && said.StartDay is null) wrong.Add(Problem.Unprocessable("A time needs its day.", "startDay", "task-days"));
        if (new[] { said.StartDay, said.DueDay }.OfType<DateOnly>().Any(d => d.Year is < 2000 or > 2200)) wrong.Add(Problem.Unprocessable("Days lie between the years 2000 and 2200.", "dueDay", "task-days"));
        else if (said is { StartDay: { } start, DueDay: { } due } && (start > due || TaskTime.StartAt(start, said.StartMinute, zone) > TaskTime.DueAt(due, said.DueMinute, zone))) wrong.Add(Problem.Unprocessable("It starts after it is due.", "startDay", "task-days"));
        if (said.RemindMinutes is < 0 or > 43_200) wrong.Add(Problem.Unprocessable("A reminder comes at most 30 days before.", "remindMinutes", "task-reminder"));
        if (said.Checks.Any(c => c.Length is 0 or > 255)) wrong.Add(Problem.Unprocessable("An item of the checklist has 1 to 255 characters.", "checks", "task-check"));
        if (said.Checks.Count > 1000) wrong.Add(Problem.Unprocessable("A checklist has at most 1,000 items.", "checks", "task-check"));
        if (TaskRules.Labels(said.Labels) is { Ok: false } labels) wrong.Add(labels.Problem);
        if (said.Patient is { } patient && !await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @patient and kind = 'Patient')", new { tx.Tenant, patient })) wrong.Add(Problem.Unprocessable("There is no such patient here.", "patient", "patient-unknown"));
        if (said.Bucket is { } bucket && !await tx.Scalar<bool>("select exists (select from collab.task_bucket where tenant = @Tenant and id = @bucket and board = @Board)", new { tx.Tenant, bucket, said.Board })) wrong.Add(Problem.Unprocessable("This board has no such bucket.", "bucket", "bucket-unknown"));
        if (said.Visit is { } visit && !await tx.Scalar<bool>("select exists (select from collab.visit where tenant = @Tenant and id = @visit)", new { tx.Tenant, visit })) wrong.Add(Problem.Unprocessable("There is no such visit here.", "visit", "visit-unknown"));
        if (said.Message is { } message && !await tx.Scalar<bool>("""
            select exists (select from collab.message m where m.tenant = @Tenant and m.id = @message and (m.sender_person = @me
              or exists (select from collab.message_delivery d where d.tenant = m.tenant and d.message = m.id and d.recipient = @me)))
            """, new { tx.Tenant, message, me })) wrong.Add(Problem.Unprocessable("There is no such message for you.", "message", "message-unknown"));
        if (team is null && said.Needs.Approver is not null) wrong.Add(Problem.Unprocessable("A task of one's own waits for nobody's approval.", "approver", "task-approver"));
        if (said.Needs is { Chain: not null, Approver: not null }) wrong.Add(Problem.Unprocessable("One person approves it, or an approval of several: choose one of them.", "approver", "task-approver"));
        if (said.Needs.Chain is { } chain && (team is not { } of || (await ApprovalDoor.Choices(tx, of)).All(c => c.Id != chain))) wrong.Add(Problem.Unprocessable("This team has no such approval to ask.", "chain", "task-approver"));
        if (await WrongAssignees(tx, [.. said.Assignees, .. said.Needs.Approver is { } a ? [a] : (Guid[])[]], team, me) is { } people) wrong.Add(people);
        return wrong.Count == 0 ? null : Problem.All(wrong);
    }

    /// <summary>A task is given to people of its team; whoever is none is named.</summary>
    public static async Task<Problem?> WrongAssignees(Tx tx, IReadOnlyList<Guid> people, Guid? team, Guid? me = null)
    {
        if (people.Count == 0) return null;
        if (team is null) return people.All(p => p == me) ? null : Problem.Unprocessable("A task of one's own is nobody else's: make it on a board to give it to others.", "assignees", "task-assignee");
        var strangers = await tx.Query<string>("""
            select coalesce(nullif(concat_ws(' ', p.title, p.given, p.family), ''), 'unknown') from unnest(@people) as x (person)
            left join collab.person p on p.tenant = @Tenant and p.id = x.person and p.kind = 'Staff'
            where not exists (select from collab.team_member m where m.tenant = @Tenant and m.team = @team and m.person = x.person)
            """, new { tx.Tenant, team, people = people.ToArray() });
        return strangers.Count == 0 ? null : Problem.Unprocessable($"Not in this team, so a task of it cannot be theirs: {string.Join(", ", strangers)}.", "assignees", "task-assignee");
    }

    public static async Task<Guid> Insert(Tx tx, TaskSaid said, Guid? team, Guid? owner, TimeZoneInfo zone, RowOrigin? from = null)
    {
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.task (tenant, id, fhir_id, team, board, bucket, owner, title, notes, place, priority, status, hold, start_day, start_minute, start_at, due_day, due_minute, due_at,
              remind_minutes, labels, patient, visit, message, needs_checklist, needs_photo, approver, chain, form, series, occurrence, list_item, for_person, created_at, created_by, updated_at, updated_by)
            select @Tenant, @id, @FhirId, @team, @Board, @Bucket, @owner, @Title, @Notes,
              (select coalesce(max(o.place), 0) + 1 from collab.task o where o.tenant = @Tenant and (o.board = @Board and o.bucket is not distinct from @Bucket or @Board is null and o.owner = @owner)),
              @Priority, @status, @hold, @StartDay, @StartMinute, @startAt, @DueDay, @DueMinute, @dueAt, @RemindMinutes, @labels, @Patient, @Visit, @Message,
              @Checklist, @Photo, @Approver, @Chain, @Form::jsonb, @Series, @Occurrence, @ListItem, @ForPerson, @Now, @by, @Now, @by
            """, new
        {
            tx.Tenant, id, from?.FhirId, team, said.Board, said.Bucket, owner, Title = said.Title.Trim(), Notes = Blank(said.Notes), said.Priority, status = from?.Status ?? "ready", hold = from?.Hold,
            said.StartDay, said.StartMinute, startAt = StartAt(said, zone), said.DueDay, said.DueMinute, dueAt = DueAt(said, zone), said.RemindMinutes,
            labels = TaskRules.Labels(said.Labels).Value, said.Patient, said.Visit, said.Message, said.Needs.Checklist, said.Needs.Photo, said.Needs.Approver, said.Needs.Chain, said.Needs.Form,
            Series = from?.Series, Occurrence = from?.Occurrence, ListItem = from?.ListItem, ForPerson = from?.ForPerson, tx.Now, by = tx.Actor.Caller?.Person,
        });
        await AddChecks(tx, id, said.Checks);
        await SetAssignees(tx, new CareTask { Id = id, Title = said.Title.Trim() }, said.Assignees);
        await SetReminders(tx, id, said, zone);
        await TaskSql.Happened(tx, id, "created");
        return id;
    }

    public static async Task Update(Tx tx, CareTask task, TaskSaid said, TimeZoneInfo zone)
    {
        await tx.Execute("""
            update collab.task set title = @Title, notes = @Notes, bucket = @Bucket, priority = @Priority, start_day = @StartDay, start_minute = @StartMinute, start_at = @startAt,
              due_day = @DueDay, due_minute = @DueMinute, due_at = @dueAt, remind_minutes = @RemindMinutes, labels = @labels, patient = @Patient, visit = @Visit, message = @Message,
              needs_checklist = @Checklist, needs_photo = @Photo, approver = @Approver, chain = @Chain, form = @Form::jsonb, version = version + 1, updated_at = @Now, updated_by = @by
            where tenant = @Tenant and id = @Id
            """, new
        {
            tx.Tenant, task.Id, Title = said.Title.Trim(), Notes = Blank(said.Notes), said.Bucket, said.Priority, said.StartDay, said.StartMinute, startAt = StartAt(said, zone),
            said.DueDay, said.DueMinute, dueAt = DueAt(said, zone), said.RemindMinutes, labels = TaskRules.Labels(said.Labels).Value, said.Patient, said.Visit, said.Message,
            said.Needs.Checklist, said.Needs.Photo, said.Needs.Approver, said.Needs.Chain, said.Needs.Form, tx.Now, by = tx.Actor.Caller?.Person,
        });
        foreach (var (what, was, became) in Differences(task, said)) await TaskSql.Happened(tx, task.Id, what, was, became);
        if (said.Bucket != task.Bucket) await TaskSql.Happened(tx, task.Id, "bucket", task.BucketName, await TaskBoards.BucketName(tx, said.Bucket));
        await SetAssignees(tx, task with { Title = said.Title.Trim() }, said.Assignees);
        await SetReminders(tx, task.Id, said, zone);
    }

    public static Task AddChecks(Tx tx, Guid task, IReadOnlyList<string> titles) => titles.Count == 0 ? Task.CompletedTask : tx.Execute("""
        insert into collab.task_check (tenant, id, task, title, place)
        select @Tenant, c.id, @task, c.title, c.n + (select coalesce(max(place), 0)::int from collab.task_check where tenant = @Tenant and task = @task)
        from unnest(@ids, @titles) with ordinality as c (id, title, n)
        """, new { tx.Tenant, task, titles = titles.Select(t => t.Trim()).ToArray(), ids = titles.Select(_ => tx.NewId()).ToArray() });

    /// <summary>Whoever is new is told once for each time it is given to them.</summary>
    public static async Task SetAssignees(Tx tx, CareTask task, IReadOnlyList<Guid> people)
    {
        var (gone, news) = (task.Assignees.Except(people).ToArray(), people.Except(task.Assignees).Distinct().ToArray());
        if (gone.Length > 0) await tx.Execute("delete from collab.task_assignee where tenant = @Tenant and task = @Id and person = any(@gone)", new { tx.Tenant, task.Id, gone });
        if (news.Length > 0)
        {
            await tx.Execute("""
                insert into collab.task_assignee (tenant, task, person, at, by) select @Tenant, @Id, x, @Now, @by from unnest(@news) x on conflict do nothing
                """, new { tx.Tenant, task.Id, tx.Now, by = tx.Actor.Caller?.Person, news });
            await Notices.Tell(tx, news, "task.assigned", $"/tasks/{task.Id}", new { title = task.Title, by = tx.Actor.Caller?.Display ?? "" }, $"task/{task.Id}/assigned/{tx.Now.UtcTicks}");
        }
        if (gone.Length + news.Length == 0) return;
        await TaskSql.Happened(tx, task.Id, "assignees", string.Join(", ", task.AssigneeNames), string.Join(", ", await tx.Query<string>(
            "select concat_ws(' ', p.title, p.given, p.family) from collab.person p where p.tenant = @Tenant and p.id = any(@all) order by p.family", new { tx.Tenant, all = people.ToArray() })));
    }

    /// <summary>What has been told stays told unless its time has moved.</summary>
    private static async Task SetReminders(Tx tx, Guid task, TaskSaid said, TimeZoneInfo zone)
    {
        var due = TaskTime.Reminders(said.DueDay, said.DueMinute, said.RemindMinutes, zone);
        await tx.Execute("delete from collab.task_reminder where tenant = @Tenant and task = @task and kind <> all(@kinds)", new { tx.Tenant, task, kinds = due.Select(d => d.Kind).ToArray() });
        // What is past when it is written down is no reminder any more, but for being late, which stays true.
        if (due.Count > 0) await tx.Execute("""
            insert into collab.task_reminder (tenant, task, kind, at, told_at)
            select @Tenant, @task, d.kind, d.at, case when d.at < @Now and d.kind <> 'overdue' then @Now end from unnest(@kinds, @times) as d (kind, at)
            on conflict (tenant, task, kind) do update set at = excluded.at, told_at = excluded.told_at where task_reminder.at <> excluded.at
            """, new { tx.Tenant, tx.Now, task, kinds = due.Select(d => d.Kind).ToArray(), times = due.Select(d => d.At.UtcDateTime).ToArray() });
    }

    private static IEnumerable<(string What, string? Was, string? Became)> Differences(CareTask task, TaskSaid said)
    {
        if (task.Title != said.Title.Trim()) yield return ("title", task.Title, said.Title.Trim());
        if (task.Notes != Blank(said.Notes)) yield return ("notes", task.Notes, Blank(said.Notes));
        if (task.Priority != said.Priority) yield return ("priority", $"{task.Priority}", $"{said.Priority}");
        if ((task.DueDay, task.DueMinute) != (said.DueDay, said.DueMinute)) yield return ("due", Moment(task.DueDay, task.DueMinute), Moment(said.DueDay, said.DueMinute));
        if ((task.StartDay, task.StartMinute) != (said.StartDay, said.StartMinute)) yield return ("start", Moment(task.StartDay, task.StartMinute), Moment(said.StartDay, said.StartMinute));
        var labels = TaskRules.Labels(said.Labels).Value;
        if (!task.Labels.SequenceEqual(labels)) yield return ("labels", string.Join(", ", task.Labels), string.Join(", ", labels));
        if (task.Patient != said.Patient) yield return ("patient", null, null);
        if (task.Needs with { Form = null } != said.Needs with { Form = null } || (task.Form is null) != (said.Needs.Form is null)) yield return ("needs", null, null);
    }

    private static string? Moment(DateOnly? day, short? minute) => day is not { } d ? null : minute is { } m ? $"{d:yyyy-MM-dd} {m / 60:00}:{m % 60:00}" : $"{d:yyyy-MM-dd}";
    private static DateTimeOffset? StartAt(TaskSaid said, TimeZoneInfo zone) => said.StartDay is { } day ? TaskTime.StartAt(day, said.StartMinute, zone) : null;
    private static DateTimeOffset? DueAt(TaskSaid said, TimeZoneInfo zone) => said.DueDay is { } day ? TaskTime.DueAt(day, said.DueMinute, zone) : null;
    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>Where a task comes from, other than from somebody's form.</summary>
internal sealed record RowOrigin
{
    public string? FhirId { get; init; }
    public string? Status { get; init; }
    public string? Hold { get; init; }
    public Guid? Series { get; init; }
    public int? Occurrence { get; init; }
    public Guid? ListItem { get; init; }
    public Guid? ForPerson { get; init; }
}
