using System.Text.Json;
using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Approvals;

/// <summary>A request asked again and again (AP-12).</summary>
/// <param name="Team">Null: of the hospital.</param>
public sealed record ApprovalTemplate(Guid Id, Guid? Team, string? TeamName, string Name, string? Details, IReadOnlyList<StepPlan> Steps, IReadOnlyList<AnswerWord> Answers, IReadOnlyList<Question> Form, bool MustSign, int? DueHours, bool Enabled, int Version);

/// <summary>Templates of the hospital (administrators) and of teams (their owners). Switched off, what was asked with one goes on.</summary>
public sealed class ApprovalTemplates(Db db, TeamDoor teams, ProjectFhir project)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such template for you.", "approval-template-unknown");

    /// <summary>The hospital's and those of the caller's teams; also switched off ones for who keeps them.</summary>
    public Task<IReadOnlyList<ApprovalTemplate>> All(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<ApprovalTemplate>>(caller.Tenant, caller.Actor, async tx =>
        [.. (await tx.Query<Row>($"""
            {Columns} and (t.team is null or exists (select from collab.team_member m where m.tenant = t.tenant and m.team = t.team and m.person = @Person))
            order by t.team is not null, lower(t.name)
            """, new { tx.Tenant, caller.Person })).Select(r => r.Template)], stop);

    public async Task<Outcome<ApprovalTemplate>> Find(Caller caller, Guid id, CancellationToken stop) =>
        (await All(caller, stop)).FirstOrDefault(t => t.Id == id) is { } found ? found : Unknown;

    public Task<Outcome<Guid>> Save(Caller caller, Guid? id, Guid? team, string name, string? details, IReadOnlyList<StepPlan> steps, IReadOnlyList<AnswerWord> answers, string? formLines, bool mustSign, int? dueHours, CancellationToken stop) =>
        db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (id is { } known)
            {
                var owner = await tx.Query<Guid?>("select team from collab.approval_template where tenant = @Tenant and id = @known for update", new { tx.Tenant, known });
                if (owner is not [var of]) return Unknown;
                team = of;
            }
            if (await MayKeep(tx, caller, team) is { } refused) return refused;
            if (ApprovalRules.Check(name, details, steps, answers, null, null, tx.Now) is { } broken) return broken;
            if (dueHours is < 1 or > 8760) return Problem.Unprocessable("The time to answer is 1 hour to a year.", "dueHours", "approval-due");
            var form = FormLines.Parse(formLines);
            if (!form.Ok) return form.Problem;
            var fresh = id ?? tx.NewId();
            await tx.Execute("""
                insert into collab.approval_template (tenant, id, team, name, details, steps, answers, form, signed, due_hours, created_at, created_by)
                values (@Tenant, @fresh, @team, @name, @details, @steps::jsonb, @answers::jsonb, @form::jsonb, @mustSign, @dueHours, @Now, @Person)
                on conflict (tenant, id) do update set name = excluded.name, details = excluded.details, steps = excluded.steps, answers = excluded.answers, form = excluded.form,
                  signed = excluded.signed, due_hours = excluded.due_hours, version = collab.approval_template.version + 1
                """, new
            {
                tx.Tenant, tx.Now, fresh, team, name = name.Trim(), details, steps = JsonSerializer.Serialize(steps, Kept), answers = JsonSerializer.Serialize(answers, Kept), form = form.Value, mustSign, dueHours, caller.Person,
            });
            tx.Publish(id is null ? "approval.template-created" : "approval.template-edited", $"approval-template/{fresh}");
            await project(tx, "approval-template", fresh);
            return fresh;
        }, stop);

    public Task<Outcome<bool>> Switch(Caller caller, Guid id, bool enabled, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var owner = await tx.Query<Guid?>("select team from collab.approval_template where tenant = @Tenant and id = @id for update", new { tx.Tenant, id });
        if (owner is not [var team]) return Unknown;
        if (await MayKeep(tx, caller, team) is { } refused) return refused;
        await tx.Execute("update collab.approval_template set enabled = @enabled, version = version + 1 where tenant = @Tenant and id = @id", new { tx.Tenant, id, enabled });
        tx.Publish(enabled ? "approval.template-enabled" : "approval.template-disabled", $"approval-template/{id}");
        await project(tx, "approval-template", id);
        return true;
    }, stop);

    private async Task<Problem?> MayKeep(Tx tx, Caller caller, Guid? team)
    {
        if (team is { } of) return (await teams.May(tx, caller, of, TeamRole.Owner, change: true)).Problem;
        return caller.Has("administrator") ? null : Problem.Forbidden("The hospital's templates are kept by administrators, a team's by its owners.", "approval-template-keeper");
    }

    internal static readonly JsonSerializerOptions Kept = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private const string Columns = """
        select t.id, t.team, m.name as TeamName, t.name, t.details, t.steps::text as Steps, t.answers::text as Answers, t.form::text as Form, t.signed as MustSign, t.due_hours as DueHours, t.enabled, t.version
        from collab.approval_template t left join collab.team m on m.tenant = t.tenant and m.id = t.team
        where t.tenant = @Tenant
        """;

    private sealed record Row
    {
        public Guid Id { get; init; }
        public Guid? Team { get; init; }
        public string? TeamName { get; init; }
        public string Name { get; init; } = "";
        public string? Details { get; init; }
        public string Steps { get; init; } = "[]";
        public string Answers { get; init; } = "[]";
        public string? Form { get; init; }
        public bool MustSign { get; init; }
        public int? DueHours { get; init; }
        public bool Enabled { get; init; }
        public int Version { get; init; }

        public ApprovalTemplate Template => new(Id, Team, TeamName, Name, Details, JsonSerializer.Deserialize<List<StepPlan>>(Steps, Kept)!, JsonSerializer.Deserialize<List<AnswerWord>>(Answers, Kept)!, Question.Of(Form), MustSign, DueHours, Enabled, Version);
    }
}
