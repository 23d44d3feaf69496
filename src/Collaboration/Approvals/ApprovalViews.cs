using System.Text.Json;
using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.People;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>One line of a list of approvals.</summary>
public sealed record ApprovalLine
{
    public Guid Id { get; init; }
    public string Title { get; init; } = "";
    public string Owner { get; init; } = "";
    public string? Team { get; init; }
    public ApprovalStatus Status { get; init; }
    public string? Result { get; init; }
    public bool? Stopped { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Whose turn it is.</summary>
    public string? Waiting { get; init; }
    public bool Mine { get; init; }
}

/// <summary>Everything on an approval's page.</summary>
public sealed record ApprovalView
{
    public required Guid Id { get; init; }
    public required string Title { get; init; }
    public string? Details { get; init; }
    public string? About { get; init; }
    public required Guid OwnerId { get; init; }
    public required string Owner { get; init; }
    public Guid? TeamId { get; init; }
    public string? Team { get; init; }
    public Guid? PatientId { get; init; }
    public PatientFacts? Patient { get; init; }
    public required IReadOnlyList<AnswerWord> Answers { get; init; }
    public bool MustSign { get; init; }
    public bool AllowCancel { get; init; }
    public required ApprovalStatus Status { get; init; }
    public string? Result { get; init; }
    public bool? Stopped { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public string? EscalateTo { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public IReadOnlyList<(Question Question, string Answer)> Form { get; init; } = [];
    public required IReadOnlyDictionary<int, StepRule> Steps { get; init; }
    public required IReadOnlyList<ApprovalRequest> Requests { get; init; }
    public required IReadOnlyList<ApprovalFile> Files { get; init; }
    public required IReadOnlyList<ApprovalHappening> History { get; init; }

    /// <summary>By request: whether its signature holds.</summary>
    public IReadOnlyDictionary<Guid, bool> Signatures { get; init; } = new Dictionary<Guid, bool>();
    public ApprovalRequest? MyTurn { get; init; }
}

/// <summary>Who sees an approval: who asked, who is or was asked, and the members of the team it was started in (AP-10). Others see nothing.</summary>
public sealed class ApprovalViews(Db db, Signing signing, AccessLog audit)
{
    public const int Limit = 200;

    /// <param name="which">"waiting" (for me), "asked" (by me), "all" (that I may see).</param>
    public Task<IReadOnlyList<ApprovalLine>> List(Caller caller, string which, Guid? team, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<ApprovalLine>($"""
        select a.id, a.title, concat_ws(' ', o.title, o.given, o.family) as Owner, t.name as Team, a.status, a.result, a.stopped, a.created_at as CreatedAt, a.due_at as DueAt,
          (select string_agg(concat_ws(' ', p.title, p.given, p.family), ', ' order by p.family) from collab.approval_request r join collab.person p on p.tenant = r.tenant and p.id = r.approver
           where r.tenant = a.tenant and r.approval = a.id and r.state = 'Open') as Waiting,
          exists (select from collab.approval_request r where r.tenant = a.tenant and r.approval = a.id and r.approver = @Person and r.state = 'Open') as Mine
        from collab.approval a
        join collab.person o on o.tenant = a.tenant and o.id = a.owner
        left join collab.team t on t.tenant = a.tenant and t.id = a.team
        where a.tenant = @Tenant and (@team::uuid is null or a.team = @team) and {which switch
        {
            "waiting" => "exists (select from collab.approval_request r where r.tenant = a.tenant and r.approval = a.id and r.approver = @Person and r.state = 'Open')",
            "asked" => "a.owner = @Person",
            _ => Seen,
        }}
        order by a.status = 'Pending' desc, case when a.status = 'Pending' then a.due_at end nulls last, a.created_at desc
        limit {Limit}
        """, new { tx.Tenant, caller.Person, team }), stop);

    public Task<int> Waiting(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<int>(
        "select count(*)::int from collab.approval_request where tenant = @Tenant and approver = @Person and state = 'Open'", new { tx.Tenant, caller.Person }), stop);

    public async Task<Outcome<ApprovalView>> Find(Caller caller, Guid id, CancellationToken stop)
    {
        var found = await db.In<Outcome<ApprovalView>>(caller.Tenant, caller.Actor, async tx => await Sees(tx, caller, id) ? await View(tx, caller, id) : AnswerApproval.Unknown, stop);
        if (found.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"approval/{id}", found.Value.PatientId is { } p ? $"person/{p}" : null, 200), stop);
        return found;
    }

    /// <summary>An attachment, for who sees the approval.</summary>
    public Task<ApprovalFile?> File(Caller caller, Guid id, string name, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        await Sees(tx, caller, id) ? (await Files(tx, id)).FirstOrDefault(f => f.Name == name) : null, stop);

    private const string Seen = """
        (a.owner = @Person
          or exists (select from collab.approval_request r where r.tenant = a.tenant and r.approval = a.id and r.approver = @Person)
          or exists (select from collab.team_member m where m.tenant = a.tenant and m.team = a.team and m.person = @Person))
        """;

    internal static Task<bool> Sees(Tx tx, Caller caller, Guid id) =>
        tx.Scalar<bool>($"select exists (select from collab.approval a where a.tenant = @Tenant and a.id = @id and {Seen})", new { tx.Tenant, id, caller.Person });

    private async Task<ApprovalView> View(Tx tx, Caller caller, Guid id)
    {
        var row = (await tx.OneOrNone<Row>($"""
            select a.title, a.details, a.about, a.owner as OwnerId, concat_ws(' ', o.title, o.given, o.family) as Owner, a.team as TeamId, t.name as Team,
              a.answers::text as Answers, a.signed, a.allow_cancel as AllowCancel, a.status, a.result, a.stopped, a.due_at as DueAt, concat_ws(' ', e.title, e.given, e.family) as EscalateTo,
              a.created_at as CreatedAt, a.completed_at as CompletedAt, a.form::text as Form, a.form_answers::text as FormAnswers,
              p.id as PatientId, p.family, p.given, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as Identifier
            from collab.approval a
            join collab.person o on o.tenant = a.tenant and o.id = a.owner
            left join collab.team t on t.tenant = a.tenant and t.id = a.team
            left join collab.person e on e.tenant = a.tenant and e.id = a.escalate_to
            left join collab.person p on p.tenant = a.tenant and p.id = a.patient
            where a.tenant = @Tenant and a.id = @id
            """, new { tx.Tenant, id }))!;
        var requests = await ApprovalSql.Requests(tx, id);
        var signatures = new Dictionary<Guid, bool>();
        foreach (var signed in requests.Where(r => r.Signature is not null)) signatures[signed.Id] = await signing.Holds(tx, id, signed);
        var answers = row.FormAnswers is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(row.FormAnswers, JsonSerializerOptions.Web)!;
        return new ApprovalView
        {
            Id = id, Title = row.Title, Details = row.Details, About = row.About, OwnerId = row.OwnerId, Owner = row.Owner, TeamId = row.TeamId, Team = row.Team, PatientId = row.PatientId,
            Patient = row.PatientId is null ? null : new(new Person { Kind = PersonKind.Patient, Family = row.Family, Given = row.Given }.Display, row.BirthDate, row.Gender, row.Identifier),
            Answers = JsonSerializer.Deserialize<List<AnswerWord>>(row.Answers, JsonSerializerOptions.Web)!, MustSign = row.Signed, AllowCancel = row.AllowCancel, Status = row.Status,
            Result = row.Result, Stopped = row.Stopped, DueAt = row.DueAt, EscalateTo = string.IsNullOrEmpty(row.EscalateTo) ? null : row.EscalateTo, CreatedAt = row.CreatedAt, CompletedAt = row.CompletedAt,
            Form = [.. Question.Of(row.Form).Select(q => (q, answers.GetValueOrDefault(q.Key) ?? ""))], Steps = await ApprovalSql.Steps(tx, id), Requests = requests, Files = await Files(tx, id),
            History = await History(tx, id), Signatures = signatures, MyTurn = requests.FirstOrDefault(r => r.Approver == caller.Person && r.State == RequestState.Open),
        };
    }

    private static Task<IReadOnlyList<ApprovalFile>> Files(Tx tx, Guid id) =>
        tx.Query<ApprovalFile>("select name, hash, type, bytes from collab.approval_file where tenant = @Tenant and approval = @id order by lower(name)", new { tx.Tenant, id });

    private static async Task<IReadOnlyList<ApprovalHappening>> History(Tx tx, Guid id) =>
    [
        .. (await tx.Query<(DateTimeOffset At, string Kind, string? By, string? Person, string? Text)>("""
            select e.at, e.kind, nullif(concat_ws(' ', b.title, b.given, b.family), ''), nullif(concat_ws(' ', p.title, p.given, p.family), ''), e.text
            from collab.approval_event e
            left join collab.person b on b.tenant = e.tenant and b.id = e.by
            left join collab.person p on p.tenant = e.tenant and p.id = e.person
            where e.tenant = @Tenant and e.approval = @id order by e.seq
            """, new { tx.Tenant, id })).Select(e => new ApprovalHappening(e.At, e.Kind, e.By, e.Person, e.Text)),
    ];

    private sealed record Row
    {
        public string Title { get; init; } = "";
        public string? Details { get; init; }
        public string? About { get; init; }
        public Guid OwnerId { get; init; }
        public string Owner { get; init; } = "";
        public Guid? TeamId { get; init; }
        public string? Team { get; init; }
        public string Answers { get; init; } = "[]";
        public bool Signed { get; init; }
        public bool AllowCancel { get; init; }
        public ApprovalStatus Status { get; init; }
        public string? Result { get; init; }
        public bool? Stopped { get; init; }
        public DateTimeOffset? DueAt { get; init; }
        public string? EscalateTo { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? CompletedAt { get; init; }
        public string? Form { get; init; }
        public string? FormAnswers { get; init; }
        public Guid? PatientId { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Gender { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? Identifier { get; init; }
    }
}
