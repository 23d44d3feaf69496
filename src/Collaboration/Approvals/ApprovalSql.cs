namespace HealthTeams.Collaboration.Approvals;

/// <summary>The row as the rules need it, locked.</summary>
internal sealed record ApprovalRow
{
    public Guid Id { get; init; }
    public Guid? Team { get; init; }
    public Guid Owner { get; init; }
    public string Title { get; init; } = "";
    public Guid? Patient { get; init; }
    public string? Focus { get; init; }
    public string Answers { get; init; } = "[]";
    public bool Signed { get; init; }
    public bool AllowCancel { get; init; }
    public ApprovalStatus Status { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public Guid? EscalateTo { get; init; }
    public int Version { get; init; }
    public string? PatientSubject => Patient is { } p ? $"person/{p}" : null;
    public IReadOnlyList<AnswerWord> Words => System.Text.Json.JsonSerializer.Deserialize<List<AnswerWord>>(Answers, System.Text.Json.JsonSerializerOptions.Web)!;
}

internal static class ApprovalSql
{
    /// <summary>Every change of a chain begins here: two answers at one moment come one after the other.</summary>
    public static async Task<ApprovalRow?> Lock(Tx tx, Guid id)
    {
        // What waits for its end is locked before it, as its own page does: no order is crossed.
        if (await tx.Scalar<string>("select focus from collab.approval where tenant = @Tenant and id = @id", new { tx.Tenant, id }) is { } focus) Locks.Take(tx, focus);
        return await Row(tx, id);
    }

    private static Task<ApprovalRow?> Row(Tx tx, Guid id) => tx.OneOrNone<ApprovalRow>("""
        select id, team, owner, title, patient, focus, answers::text as Answers, signed, allow_cancel as AllowCancel, status, due_at as DueAt, escalate_to as EscalateTo, version
        from collab.approval where tenant = @Tenant and id = @id for update
        """, new { tx.Tenant, id });

    public static Task<IReadOnlyList<ApprovalRequest>> Requests(Tx tx, Guid id) => tx.Query<ApprovalRequest>("""
        select r.id, r.step, r.approver, r.state, r.passed_from as PassedFrom, r.passed_why as PassedWhy, r.passed_at as PassedAt, r.created_at as CreatedAt, r.opened_at as OpenedAt,
          r.answered_at as AnsweredAt, r.answer_no as AnswerNo, r.answer, r.comments, r.signature, concat_ws(' ', p.title, p.given, p.family) as Name
        from collab.approval_request r join collab.person p on p.tenant = r.tenant and p.id = r.approver
        where r.tenant = @Tenant and r.approval = @id
        order by r.step, r.created_at, r.id
        """, new { tx.Tenant, id });

    public static async Task<IReadOnlyDictionary<int, StepRule>> Steps(Tx tx, Guid id) =>
        (await tx.Query<(int Step, string Rule)>("select step, rule from collab.approval_step where tenant = @Tenant and approval = @id", new { tx.Tenant, id })).ToDictionary(s => s.Step, s => Enum.Parse<StepRule>(s.Rule));

    public static Task Happened(Tx tx, Guid approval, string kind, Guid? by, Guid? person = null, string? text = null) => tx.Execute("""
        insert into collab.approval_event (tenant, id, approval, at, kind, by, person, text) values (@Tenant, @id, @approval, @Now, @kind, @by, @person, @text)
        """, new { tx.Tenant, tx.Now, id = tx.NewId(), approval, kind, by, person, text });
}
