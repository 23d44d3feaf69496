using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

/// <summary>The rules of escalation as they are kept: a team's, else the hospital's, else <see cref="EscalationRules.Standard"/>.</summary>
internal static class Escalations
{
    public static async Task<EscalationPolicy> Of(Tx tx, Guid? team) => await Kept(tx, team) ?? EscalationRules.Standard;

    private static async Task<EscalationPolicy?> Kept(Tx tx, Guid? team)
    {
        var rows = await tx.Query<Row>("""
            with policy as (
              select * from collab.escalation_policy where tenant = @Tenant and (team = @team or team is null) order by team nulls last limit 1)
            select p.team, p.anyone, p.version, s.after_minutes as AfterMinutes, s.kind, s.name,
              coalesce((select array_agg(e.person order by e.person) from collab.escalation_person e where e.tenant = s.tenant and e.policy = s.policy and e.step = s.step), '{}') as People
            from policy p join collab.escalation_step s on s.tenant = p.tenant and s.policy = p.id
            order by s.step
            """, new { tx.Tenant, team });
        return rows.Count == 0 ? null : new(rows[0].Team, rows[0].Anyone, [.. rows.Select(r => new EscalationStep(r.AfterMinutes, KindOf(r.Kind), r.Name, r.People))], rows[0].Version);
    }

    /// <summary>All steps are rows from the first minute: what comes next, and when, can be shown.</summary>
    public static async Task Plan(Tx tx, Guid message, EscalationPolicy policy)
    {
        for (var i = 0; i < policy.Steps.Count; i++)
        {
            var step = policy.Steps[i];
            await tx.Execute("""
                insert into collab.message_escalation (tenant, message, step, id, kind, name, people, planned_at, due_at)
                values (@Tenant, @message, @number, @id, @kind, @Name, @people, @at, @at)
                """, new { tx.Tenant, message, number = i + 1, id = tx.NewId(), kind = Word(step.Kind), step.Name, people = step.People.ToArray(), at = tx.Now + TimeSpan.FromMinutes(step.AfterMinutes) });
        }
    }

    /// <summary>Somebody has it, or it was taken back: nobody else is asked.</summary>
    public static Task Stop(Tx tx, Guid message, string settled, Guid? by) => tx.Execute("""
        update collab.message_escalation set due_at = null, outcome = 'stopped' where tenant = @Tenant and message = @message and due_at is not null;
        update collab.message_raised set settled = @settled, settled_at = @Now, settled_by = @by where tenant = @Tenant and message = @message and settled is distinct from 'acknowledged'
        """, new { tx.Tenant, tx.Now, message, settled, by });

    public static string Word(StepKind kind) => char.ToLowerInvariant(kind.ToString()[0]) + kind.ToString()[1..];
    public static StepKind KindOf(string word) => Enum.Parse<StepKind>(word, ignoreCase: true);

    private sealed record Row
    {
        public Guid? Team { get; init; }
        public bool Anyone { get; init; }
        public int Version { get; init; }
        public int AfterMinutes { get; init; }
        public string Kind { get; init; } = "";
        public string? Name { get; init; }
        public Guid[] People { get; init; } = [];
    }
}
