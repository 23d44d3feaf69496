using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>A Task of the chart becomes a task, or changes the one it was (http://hl7.org/fhir/R4/task.html#statemachine).</summary>
internal static class HearTask
{
    public static async Task<Problem?> Run(Tx tx, TaskHeard heard, TaskDesk desk)
    {
        var zone = await desk.Zone(tx.Tenant, tx.Stop);
        if (await TaskDoor.Known(tx, heard.FhirId) is { } known) return await Change(tx, (await TaskSql.Lock(tx, known))!, heard, zone, desk);
        // What is over, or whose it is nobody says, is kept as sent.
        if (!TaskRules.IsOpen(heard.Status) || (heard.Team is null && heard.Assignees.Count == 0)) return null;
        var said = await Said(tx, heard, zone, new TaskSaid());
        if (heard.Team is { } team)
        {
            if (tx.Actor.Caller is { Kind: not CallerKind.System } caller && await desk.Teams.May(tx, caller, team, TeamRole.Member, change: true) is { Ok: false } no) return no.Problem;
            said = said with { Board = await Board(tx, team) };
        }
        if (await TaskRow.Wrong(tx, said with { Assignees = [] }, heard.Team, null, zone) is { } wrong) return wrong with { Where = "Task" };
        var id = await TaskRow.Insert(tx, said, heard.Team, null, zone, new RowOrigin { FhirId = heard.FhirId, Status = heard.Status, Hold = heard.Status == "on-hold" ? "waiting" : null });
        if (await Comments(tx, id, heard) is { } foreign) return foreign;
        TaskSql.Tell(tx, (await TaskSql.Find(tx, id))!, "created");
        if (said.Patient is { } patient) await ListDoor.LookAgain(tx, [patient]);
        return null;
    }

    /// <summary>A person's own app may no more than the person, who may also change what they asked for; a system's token is the hospital's. Archived stays archived for all.</summary>
    internal static async Task<Problem?> May(Tx tx, CareTask task, TaskDesk desk)
    {
        if (tx.Actor.Caller is { Kind: not CallerKind.System } caller && (task.CreatedBy is null || task.CreatedBy != caller.Person)) return await desk.May(tx, caller, task, TeamRole.Member, change: true);
        return await tx.Scalar<string>("select name from collab.team where tenant = @Tenant and id = @Team and archived_at is not null", new { tx.Tenant, task.Team }) is { } archived
            ? Problem.Conflict($"{archived} is archived: it can be read, not changed.", "team-archived") : null;
    }

    private static async Task<Problem?> Change(Tx tx, CareTask task, TaskHeard heard, TimeZoneInfo zone, TaskDesk desk)
    {
        if (await May(tx, task, desk) is { } refused) return refused;
        // What a page deleted is entered in error to the chart.
        var status = task.DeletedAt is null ? task.Status : "entered-in-error";
        if (!TaskRules.May(status, heard.Status))
        {
            return Problem.Unprocessable($"Task/{heard.FhirId} is {status} and cannot become {heard.Status}: {TaskProgress.Allowed(status)}.", "Task.status", "business-rule");
        }
        if (task.DeletedAt is not null) return null;
        var before = new TaskSaid
        {
            Title = task.Title, Notes = task.Notes, Board = task.Board, Bucket = task.Bucket, Priority = task.Priority, RemindMinutes = task.RemindMinutes, Labels = string.Join(",", task.Labels),
            Assignees = task.Assignees, Patient = task.Patient, Visit = task.Visit, Message = task.Message, Needs = task.Needs,
        };
        var said = await Said(tx, heard, zone, before);
        // A team's task stays its people's unless the chart names somebody.
        if (heard.Assignees.Count == 0) said = said with { Assignees = task.Team is null ? [] : task.Assignees };
        if (await TaskRow.Wrong(tx, said with { Assignees = [] }, task.Team, null, zone) is { } wrong) return wrong with { Where = "Task" };
        // Whoever is not in the team could not open it.
        if (task.Team is not null && await TaskRow.WrongAssignees(tx, said.Assignees, task.Team) is { } stranger) return stranger with { Where = "Task.owner" };
        await TaskRow.Update(tx, task, said, zone);
        await Checklist(tx, task.Id, heard);
        if (await Comments(tx, task.Id, heard) is { } foreign) return foreign;
        if (heard.Status == "completed" && task.Status != "completed")
        {
            if (TaskProgress.Missing((await TaskSql.Find(tx, task.Id))!) is { } missing) return missing with { Where = "Task.status", Code = "business-rule" };
            if (task.Approver is not null || task.Chain is not null) return Problem.Unprocessable("This task is completed by its approver's yes, given on its page.", "Task.status", "business-rule");
        }
        if (heard.Status != task.Status) await TaskProgress.SetStatus(tx, task, heard.Status, heard.Status == "on-hold" ? "waiting" : null);
        // Where what was sent and what is true here differ, the next version says it.
        await desk.Publish(tx, task, heard.Status == "completed" && task.Status != "completed" ? "completed" : "changed");
        return null;
    }

    /// <summary>New items come, items that are gone and were not ticked go, ticks are added; a tick made here is not taken back by an older copy.</summary>
    private static async Task Checklist(Tx tx, Guid task, TaskHeard heard)
    {
        await tx.Execute("delete from collab.task_check where tenant = @Tenant and task = @task and checked_at is null and title <> all(@titles)", new { tx.Tenant, task, titles = heard.Checks.ToArray() });
        var known = await tx.Query<string>("select title from collab.task_check where tenant = @Tenant and task = @task", new { tx.Tenant, task });
        await TaskRow.AddChecks(tx, task, [.. heard.Checks.Except(known)]);
        if (heard.Ticked.Count > 0) await tx.Execute("update collab.task_check set checked_at = @Now where tenant = @Tenant and task = @task and checked_at is null and title = any(@ticked)", new { tx.Tenant, tx.Now, task, ticked = heard.Ticked.ToArray() });
    }

    /// <summary>Signed notes that are not here yet become comments. What was said once stays; nobody writes in another's name with their own token.</summary>
    private static async Task<Problem?> Comments(Tx tx, Guid task, TaskHeard heard)
    {
        if (heard.Comments.Count == 0) return null;
        var known = (await tx.Query<(string Text, DateTimeOffset At)>("select text, at from collab.task_comment where tenant = @Tenant and task = @task", new { tx.Tenant, task }))
            .GroupBy(c => c.Text).ToDictionary(g => g.Key, g => g.Select(c => c.At.ToUnixTimeMilliseconds()).ToHashSet());
        var news = heard.Comments.Where(c => !known.TryGetValue(c.Text, out var at) || (c.At is { } when && !at.Contains(when.ToUnixTimeMilliseconds()))).DistinctBy(c => (c.Text, c.At)).ToList();
        if (news.Count == 0) return null;
        if (known.Count + news.Count > 500) return Problem.Unprocessable("A task takes at most 500 comments by FHIR.", "Task.note", "business-rule");
        var authors = await PeopleSql.FindOrMake(tx, [.. news.Select(c => c.Author).OfType<PersonSaid>()]);
        var next = 0;
        var by = news.Select(c => c.Author is null ? (Guid?)null : authors[next++].Id).ToList();
        if (tx.Actor.Caller is { Kind: CallerKind.Staff, Person: { } me })
        {
            if (by.Any(p => p is not null && p != me) || news.Any(c => c.Author is null && c.Name is not null)) return Problem.Forbidden("A comment is written in one's own name.", "not-yours") with { Where = "Task.note.author" };
            by = [.. by.Select(_ => (Guid?)me)];
        }
        await tx.Execute("""
            insert into collab.task_comment (tenant, id, task, person, said_by, text, at)
            select @Tenant, c.id, @task, c.person, c.name, c.text, c.at from unnest(@ids, @by, @names, @texts, @times) as c (id, person, name, text, at)
            """, new
        {
            tx.Tenant, task, ids = news.Select(_ => tx.NewId()).ToArray(), by = by.ToArray(), texts = news.Select(c => c.Text).ToArray(),
            names = news.Select((c, i) => by[i] is null ? c.Name : null).ToArray(), times = news.Select(c => (c.At is { } at && at < tx.Now ? at : tx.Now).UtcDateTime).ToArray(),
        });
        return null;
    }

    private static async Task<TaskSaid> Said(Tx tx, TaskHeard heard, TimeZoneInfo zone, TaskSaid before)
    {
        var people = await PeopleSql.FindOrMake(tx, [.. heard.Assignees, .. heard.Patient is { } p ? [p] : (PersonSaid[])[]]);
        var start = heard.Start is { } s ? TaskTime.Local(s, heard.StartIsDay ? TimeZoneInfo.Utc : zone) : ((DateOnly Day, short Minute)?)null;
        var due = heard.Due is { } d ? TaskTime.Local(d, heard.DueIsDay ? TimeZoneInfo.Utc : zone) : ((DateOnly Day, short Minute)?)null;
        return before with
        {
            Title = heard.Title ?? "Task", Notes = heard.Notes, Priority = heard.Priority,
            StartDay = start?.Day, StartMinute = heard.StartIsDay ? null : start?.Minute, DueDay = due?.Day, DueMinute = heard.DueIsDay ? null : due?.Minute,
            Assignees = [.. people.Take(heard.Assignees.Count).Select(x => x.Id).Distinct()], Patient = heard.Patient is null ? null : people[^1].Id,
            Checks = heard.Checks,
        };
    }

    /// <summary>Where the chart's tasks land in a team: its first board, or one that is made for them.</summary>
    internal static async Task<Guid> Board(Tx tx, Guid team)
    {
        Locks.Take(tx, $"task-board|{team}");
        return await tx.Scalar<Guid?>("select id from collab.task_board where tenant = @Tenant and team = @team and not published order by created_at, id limit 1", new { tx.Tenant, team })
            ?? await TaskBoards.Insert(tx, team, "Tasks", []);
    }
}
