using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>A task as another module brings it by FHIR, free of FHIR types.</summary>
/// <param name="FhirId">Logical id of the Task in our FHIR API.</param>
/// <param name="Team">When its owner is a team.</param>
public sealed record TaskHeard(
    string FhirId, string Status, string? Title, string? Notes, short Priority, DateTimeOffset? Start, bool StartIsDay, DateTimeOffset? Due, bool DueIsDay,
    PersonSaid? Patient, Guid? Team, IReadOnlyList<PersonSaid> Assignees, IReadOnlyList<string> Checks, IReadOnlyList<string> Ticked)
{
    public IReadOnlyList<CommentHeard> Comments { get; init; } = [];
}

/// <summary>A note somebody signed.</summary>
/// <param name="Author">Null when it is nobody we know; then perhaps a name.</param>
public sealed record CommentHeard(string Text, DateTimeOffset? At, PersonSaid? Author, string? Name);

/// <summary>The public door of tasks: for the gateway, and for the slices that make tasks or decide on them.</summary>
public sealed class TaskDoor(TaskDesk desk)
{
    /// <summary>A Task that came in or changed by FHIR. What the state machine does not allow refuses the write.</summary>
    public Task<Problem?> Hear(Tx tx, TaskHeard heard) => HearTask.Run(tx, heard, desk);

    /// <summary>The Task was deleted by FHIR.</summary>
    public async Task<Problem?> Forget(Tx tx, string fhirId)
    {
        if (await Known(tx, fhirId) is not { } id || await TaskSql.Lock(tx, id) is not { DeletedAt: null } task) return null;
        if (await HearTask.May(tx, task, desk) is { } refused) return refused;
        if (task.ListItem is not null) return Problem.Conflict("This task was published by a team above: they unpublish it. You can cancel it.", "task-published");
        await tx.Execute("update collab.task set deleted_at = @Now, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id });
        await TaskSql.Happened(tx, id, "deleted", null, "FHIR");
        TaskSql.Tell(tx, task, "deleted");
        if (task.Patient is { } patient) await ListDoor.LookAgain(tx, [patient]);
        return null;
    }

    /// <summary>Whether a Task is one of ours, by its logical id: came by FHIR, or made on a page.</summary>
    public static Task<Guid?> Known(Tx tx, string fhirId) => tx.Scalar<Guid?>("""
        select id from collab.task where tenant = @Tenant and (fhir_id = @fhirId or (fhir_id is null and owner is null and id = @id)) limit 1
        """, new { tx.Tenant, fhirId, id = Guid.TryParse(fhirId, out var id) ? id : Guid.Empty });

    /// <summary>The task whose form a QuestionnaireResponse fills: a page's has the task's id, what came by FHIR is kept with it.</summary>
    public static Task<Guid?> OfResponse(Tx tx, string response) => tx.Scalar<Guid?>("""
        select id from collab.task where tenant = @Tenant and (response_id = @response or (id = @id and owner is null and answers is not null)) limit 1
        """, new { tx.Tenant, response, id = Guid.TryParse(response, out var id) ? id : Guid.Empty });

    public static async Task<IReadOnlyList<Question>?> Form(Tx tx, Guid task) =>
        await tx.Scalar<string>("select form::text from collab.task where tenant = @Tenant and id = @task", new { tx.Tenant, task }) is { } form ? Question.Of(form) : null;

    /// <summary>A QuestionnaireResponse fills the task's form. By a person's own token it is that person's, whatever author it names.</summary>
    public async Task<Problem?> Fill(Tx tx, Guid id, string response, IReadOnlyDictionary<string, string> answers, PersonSaid? author)
    {
        if (await TaskSql.Lock(tx, id) is not { DeletedAt: null } task) return TaskDesk.Unknown;
        if (tx.Actor.Caller is { Kind: CallerKind.Staff } caller ? await desk.May(tx, caller, task, TeamRole.Guest, change: true) is { } refused : (refused = await HearTask.May(tx, task, desk)) is not null) return refused;
        var by = tx.Actor.Caller is { Kind: CallerKind.Staff } person ? person.Person : author is null ? (Guid?)null : (await PeopleSql.FindOrMake(tx, author)).Id;
        var filled = await FillForm.Run(tx, task, answers, by, response);
        if (!filled.Ok) return filled.Problem;
        await desk.Publish(tx, task, filled.Value!);
        return null;
    }

    /// <summary>The answer to a task that waits for approval, from wherever the approval was given: in the same transaction as that.</summary>
    public async Task<Problem?> Decide(Tx tx, Guid task, Guid approver, bool yes, string? reason)
    {
        if (await TaskSql.Lock(tx, task) is not { } waiting) return TaskDesk.Unknown;
        var done = await TaskProgress.Decide(tx, waiting, approver, yes, reason);
        if (!done.Ok) return done.Problem;
        await desk.Publish(tx, waiting, done.Value!);
        return null;
    }

    /// <summary>What is open about these patients in a team and theirs to do: passed to the next person, who stands in their place among those it is given to.</summary>
    /// <returns>How many.</returns>
    public async Task<int> PassOn(Tx tx, Guid team, Guid from, Guid to, IReadOnlyCollection<Guid> patients)
    {
        var open = await OfPerson(tx, team, from, patients);
        foreach (var id in open)
        {
            if (await TaskSql.Lock(tx, id) is not { } task) continue;
            await tx.Execute("update collab.task set version = version + 1, updated_at = @Now, updated_by = @by where tenant = @Tenant and id = @id", new { tx.Tenant, tx.Now, id, by = tx.Actor.Caller?.Person });
            await TaskRow.SetAssignees(tx, task, [.. task.Assignees.Select(a => a == from ? to : a).Distinct()]);
            await desk.Publish(tx, task, "assigned");
        }
        return open.Count;
    }

    /// <summary>Ids, in the order in which they are locked.</summary>
    public Task<IReadOnlyList<Guid>> OfPerson(Tx tx, Guid team, Guid person, IReadOnlyCollection<Guid> patients) => tx.Query<Guid>("""
        select t.id from collab.task t join collab.task_assignee a on a.tenant = t.tenant and a.task = t.id and a.person = @person
        where t.tenant = @Tenant and t.team = @team and t.patient = any(@patients) and t.deleted_at is null and t.status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error')
        order by t.id
        """, new { tx.Tenant, team, person, patients = patients.ToArray() });

    /// <summary>The patients somebody has open work about in a team.</summary>
    public Task<IReadOnlyList<Guid>> PatientsOf(Tx tx, Guid team, Guid person) => tx.Query<Guid>("""
        select distinct t.patient from collab.task t join collab.task_assignee a on a.tenant = t.tenant and a.task = t.id and a.person = @person
        where t.tenant = @Tenant and t.team = @team and t.patient is not null and t.deleted_at is null and t.status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error')
        """, new { tx.Tenant, team, person });

    /// <summary>How much is open about each of these patients in a team: for the column of a list, one statement for all rows.</summary>
    public static Task<IReadOnlyList<(Guid Patient, int Open)>> CountAbout(Tx tx, Guid team, IReadOnlyCollection<Guid> patients) => tx.Query<(Guid, int)>("""
        select patient, count(*)::int from collab.task
        where tenant = @Tenant and team = @team and patient = any(@patients) and deleted_at is null and status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error')
        group by patient
        """, new { tx.Tenant, team, patients = patients.ToArray() });

    /// <summary>The approval of several that the task waits for has ended.</summary>
    internal async Task ApprovalOver(Tx tx, Guid approval, bool yes, string? said)
    {
        if (await tx.Scalar<Guid?>("select id from collab.task where tenant = @Tenant and approval = @approval", new { tx.Tenant, approval }) is not { } id) return;
        if (await TaskSql.Lock(tx, id) is not { Progress: Progress.AwaitingApproval } task || task.Approval != approval) return;
        await desk.Publish(tx, task, await TaskProgress.Decided(tx, task, yes, said));
    }

    /// <summary>What is open about these patients in a team: for handovers. Due on a day is due by its last minute: the midnight after it reads as the day after.</summary>
    public Task<IReadOnlyList<OpenTask>> OpenAbout(Tx tx, Guid team, IReadOnlyCollection<Guid> patients) => tx.Query<OpenTask>("""
        select id, patient, title, priority, case when due_minute is null then due_at - interval '1 minute' else due_at end as DueAt from collab.task
        where tenant = @Tenant and team = @team and patient = any(@patients) and deleted_at is null and status not in ('rejected', 'failed', 'completed', 'cancelled', 'entered-in-error')
        order by patient, due_at nulls last, priority, id
        """, new { tx.Tenant, team, patients = patients.ToArray() });
}

public sealed record OpenTask(Guid Id, Guid Patient, string Title, short Priority, DateTimeOffset? DueAt);
