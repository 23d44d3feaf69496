using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>A task's row as it is read everywhere, its lock, and its history.</summary>
public static class TaskSql
{
    /// <summary>For a task aliased t and @Me, whose day it may be in.</summary>
    public const string Select = $"""
        select t.id, t.fhir_id as FhirId, t.team, m.name as TeamName, t.board, b.name as BoardName, t.bucket, u.name as BucketName, t.owner, t.title, t.notes, t.priority,
          t.status, t.hold, t.status_before as StatusBefore, t.start_day as StartDay, t.start_minute as StartMinute, t.start_at as StartAt,
          t.due_day as DueDay, t.due_minute as DueMinute, t.due_at as DueAt, t.remind_minutes as RemindMinutes, t.labels,
          t.patient, p.family, p.given, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as PatientIdentifier, t.visit, t.message,
          t.needs_checklist as NeedsChecklist, t.needs_photo as NeedsPhoto, t.approver, t.chain, t.approval, t.approved_at as ApprovedAt, t.form::text as Form, t.answers::text as Answers, t.answered_at as AnsweredAt, t.answered_by as AnsweredBy, t.response_id as ResponseId,
          t.series, t.occurrence, t.list_item as ListItem, (select i.list from collab.task_list_item i where i.tenant = t.tenant and i.id = t.list_item) as List, t.created_at as CreatedAt, t.created_by as CreatedBy, t.updated_at as UpdatedAt, t.completed_at as CompletedAt,
          t.completed_by as CompletedBy, t.deleted_at as DeletedAt, t.version,
          (select count(*)::int from collab.task_check c where c.tenant = t.tenant and c.task = t.id) as Checks,
          (select count(*)::int from collab.task_check c where c.tenant = t.tenant and c.task = t.id and c.checked_at is not null) as Checked,
          (select count(*)::int from collab.task_comment c where c.tenant = t.tenant and c.task = t.id) as Comments,
          (select count(*)::int from collab.task_photo c where c.tenant = t.tenant and c.task = t.id) as Photos,
          array(select a.person from collab.task_assignee a where a.tenant = t.tenant and a.task = t.id order by a.at, a.person) as Assignees,
          array(select concat_ws(' ', s.title, s.given, s.family) from collab.task_assignee a join collab.person s on s.tenant = a.tenant and s.id = a.person
            where a.tenant = t.tenant and a.task = t.id order by a.at, a.person) as AssigneeNames,
          exists (select from collab.task_day d where d.tenant = t.tenant and d.task = t.id and d.person = @Me and d.day = @Today) as InMyDay
        from collab.task t
        left join collab.team m on m.tenant = t.tenant and m.id = t.team
        left join collab.task_board b on b.tenant = t.tenant and b.id = t.board
        left join collab.task_bucket u on u.tenant = t.tenant and u.id = t.bucket
        left join collab.person p on p.tenant = t.tenant and p.id = t.patient
        """;

    public static Task<CareTask?> Find(Tx tx, Guid id, Guid? me = null, DateOnly today = default) =>
        tx.OneOrNone<CareTask>($"{Select} where t.tenant = @Tenant and t.id = @id", new { tx.Tenant, id, Me = me, Today = today });

    /// <summary>Under the name by which the FHIR API locks its Task, then its row: both sides lock in one order.</summary>
    public static async Task<CareTask?> Lock(Tx tx, Guid id)
    {
        if (await tx.OneOrNone<(Guid Id, string? Fhir)?>("select id, fhir_id from collab.task where tenant = @Tenant and id = @id", new { tx.Tenant, id }) is not { } known) return null;
        Locks.Take(tx, $"Task/{known.Fhir ?? id.ToString()}");
        await tx.Scalar<Guid>("select id from collab.task where tenant = @Tenant and id = @id for update", new { tx.Tenant, id });
        return await Find(tx, id, tx.Actor.Caller?.Person);
    }

    public static Task Happened(Tx tx, Guid task, string what, string? was = null, string? became = null) => tx.Execute("""
        insert into collab.task_history (tenant, id, task, at, by, what, was, became) values (@Tenant, @id, @task, @Now, @by, @what, @was, @became)
        """, new { tx.Tenant, id = tx.NewId(), task, tx.Now, by = tx.Actor.Caller?.Person, what, was = Cut(was), became = Cut(became) });

    /// <summary>Ids only: the board and the people whose pages follow it.</summary>
    public static void Tell(Tx tx, CareTask task, string what, Guid? formerBoard = null, IEnumerable<Guid>? formerPeople = null) =>
        tx.Publish($"task.{what}", $"task/{task.Id}", task.Patient is { } p ? $"person/{p}" : null,
            new { list = task.List, boards = new[] { task.Board, formerBoard }.OfType<Guid>().Distinct(), people = task.Assignees.Concat(formerPeople ?? []).Concat(task.Owner is { } o ? [o] : []).Distinct() });

    private static string? Cut(string? text) => text is { Length: > 500 } ? text[..499] + "…" : text;
}
