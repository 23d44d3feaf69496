using System.Text.Json;
using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Approvals;

/// <param name="Team">Its members see it and cannot act (AP-10); null: the people of the request alone.</param>
/// <param name="About">A page of ours it is about: a list row, a visit, a channel (AP-09).</param>
/// <param name="FormAnswers">By the keys of the template's form.</param>
public sealed record NewApproval(string Title, string? Details, IReadOnlyList<StepPlan> Steps)
{
    public IReadOnlyList<AnswerWord> Answers { get; init; } = AnswerWord.Usual;
    public Guid? Team { get; init; }
    public string? About { get; init; }
    public Guid? Patient { get; init; }
    public bool MustSign { get; init; }
    public bool AllowCancel { get; init; } = true;
    public DateTimeOffset? Due { get; init; }
    public Guid? EscalateTo { get; init; }
    public Guid? Template { get; init; }
    public IReadOnlyDictionary<string, string> FormAnswers { get; init; } = new Dictionary<string, string>();

    /// <summary>Kept in the blob store already.</summary>
    public IReadOnlyList<ApprovalFile> Files { get; init; } = [];

    /// <summary>What waits for its end, as a FHIR reference; its slice is told (<see cref="ApprovalEnded"/>).</summary>
    public string? Focus { get; init; }

    /// <summary>Logical id of the Task that asked, when it came by FHIR.</summary>
    public string? Task { get; init; }
}

/// <summary>Asking (AP-01): everything is checked before anything is kept, and who is asked first is told in the same transaction.</summary>
public sealed class AskApproval(Db db, TeamDoor teams, ProjectFhir project)
{
    public Task<Outcome<Guid>> Ask(Caller caller, NewApproval asked, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me) return Problem.Forbidden("An approval is asked by a member of staff.");
        if (asked.Team is { } team && await teams.May(tx, caller, team, TeamRole.Member, change: true) is { Ok: false } may) return may.Problem;
        var done = await Ask(tx, me, asked);
        if (!done.Ok) return tx.Abandon(done);
        await project(tx, "approval", done.Value);
        return done;
    }, stop);

    /// <summary>Inside a transaction that is under way (FHIR).</summary>
    public async Task<Outcome<Guid>> Ask(Tx tx, Guid owner, NewApproval asked)
    {
        if (ApprovalRules.Check(asked.Title, asked.Details, asked.Steps, asked.Answers, asked.Due, asked.EscalateTo, tx.Now) is { } broken) return broken;
        if (asked.About is { } about && (about.Length > 500 || about[0] != '/' || about.StartsWith("//", StringComparison.Ordinal) || about.Contains('\\', StringComparison.Ordinal) || about.Any(char.IsControl)))
            return Problem.Unprocessable("What it is about is a page of this product.", "about", "approval-about");
        if (await Strangers(tx, asked) is { } strangers) return strangers;
        var form = await Form(tx, owner, asked);
        if (!form.Ok) return form.Problem;
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.approval (tenant, id, task, team, owner, title, details, about, patient, answers, signed, allow_cancel, form, form_answers, template, focus,
              status, due_at, escalate_to, next_at, created_at)
            values (@Tenant, @id, @Task, @Team, @owner, @title, @Details, @About, @Patient, @answers::jsonb, @MustSign, @AllowCancel, @form::jsonb, @formAnswers::jsonb, @Template, @Focus,
              'Pending', @Due, @EscalateTo, @next, @Now)
            """, new
        {
            tx.Tenant, tx.Now, id, asked.Task, asked.Team, owner, title = asked.Title.Trim(), asked.Details, asked.About, asked.Patient, asked.MustSign, asked.AllowCancel, asked.Template, asked.Focus, asked.Due,
            asked.EscalateTo, answers = JsonSerializer.Serialize(asked.Answers.Select(a => a with { Word = a.Word.Trim() }), JsonSerializerOptions.Web), form = form.Value,
            formAnswers = form.Value is null ? null : JsonSerializer.Serialize(asked.FormAnswers, JsonSerializerOptions.Web), next = ApprovalRules.NextAt(asked.Due, tx.Now),
        });
        await Steps(tx, id, asked.Steps);
        await Files(tx, id, owner, asked.Files);
        await ApprovalSql.Happened(tx, id, "created", owner);
        tx.Publish("approval.created", $"approval/{id}", asked.Patient is { } p ? $"person/{p}" : null);
        await Chain.Open(tx, id, 1);
        return id;
    }

    /// <summary>The template's form at this moment: what becomes of the template later changes nothing here (AP-12).</summary>
    private static async Task<Outcome<string?>> Form(Tx tx, Guid owner, NewApproval asked)
    {
        if (asked.Template is not { } template) return (string?)null;
        var found = await tx.Query<string?>("""
            select form::text from collab.approval_template t where tenant = @Tenant and id = @template and enabled
              and (team is null or exists (select from collab.team_member m where m.tenant = t.tenant and m.team = t.team and m.person = @owner))
            """, new { tx.Tenant, template, owner });
        if (found is not [var form]) return Problem.NotFound("There is no such template, or it is switched off.", "approval-template-unknown");
        var faults = Question.Of(form).Select(q => q.Fault(asked.FormAnswers.GetValueOrDefault(q.Key)?.Trim() ?? "")).OfType<string>().ToList();
        return faults.Count > 0 ? Problem.Unprocessable(string.Join(' ', faults), "form", "approval-form") : form;
    }

    private static async Task<Problem?> Strangers(Tx tx, NewApproval asked)
    {
        var people = asked.Steps.SelectMany(s => s.Approvers).Concat(asked.EscalateTo is { } e ? [e] : []).Distinct().ToArray();
        var known = await tx.Scalar<int>("select count(*)::int from collab.person where tenant = @Tenant and id = any(@people) and kind = 'Staff'", new { tx.Tenant, people });
        if (known != people.Length) return Problem.Unprocessable("One of the approvers is not staff of this hospital.", "approver", "person-unknown");
        if (asked.Patient is { } patient && !await tx.Scalar<bool>("select exists (select from collab.person where tenant = @Tenant and id = @patient and kind = 'Patient')", new { tx.Tenant, patient }))
            return Problem.Unprocessable("The patient is not known here.", "patient", "patient-unknown");
        return null;
    }

    private static async Task Steps(Tx tx, Guid id, IReadOnlyList<StepPlan> steps)
    {
        await tx.Execute("insert into collab.approval_step (tenant, approval, step, rule) select @Tenant, @id, s.n, s.rule from unnest(@rules) with ordinality as s (rule, n)",
            new { tx.Tenant, id, rules = steps.Select(s => s.Rule.ToString()).ToArray() });
        var requests = steps.SelectMany((s, i) => s.Approvers.Distinct().Select(a => (Step: i + 1, Approver: a))).ToList();
        await tx.Execute("""
            insert into collab.approval_request (tenant, id, approval, step, approver, state, created_at)
            select @Tenant, r.id, @id, r.step, r.approver, 'Waiting', @Now from unnest(@ids, @steps, @approvers) as r (id, step, approver)
            """, new { tx.Tenant, tx.Now, id, ids = requests.Select(_ => tx.NewId()).ToArray(), steps = requests.Select(r => r.Step).ToArray(), approvers = requests.Select(r => r.Approver).ToArray() });
    }

    private static Task<int> Files(Tx tx, Guid id, Guid owner, IReadOnlyList<ApprovalFile> files) => files.Count == 0 ? Task.FromResult(0) : tx.Execute("""
        insert into collab.approval_file (tenant, approval, name, hash, type, bytes, added_at, added_by)
        select @Tenant, @id, f.name, f.hash, f.type, f.bytes, @Now, @owner from unnest(@names, @hashes, @types, @bytes) as f (name, hash, type, bytes)
        """, new { tx.Tenant, tx.Now, id, owner, names = files.Select(f => f.Name).ToArray(), hashes = files.Select(f => f.Hash).ToArray(), types = files.Select(f => f.Type).ToArray(), bytes = files.Select(f => f.Bytes).ToArray() });
}
