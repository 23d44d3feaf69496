using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Messages;

/// <summary>A team's rules as its page shows them.</summary>
/// <param name="Own">False: the hospital's or the product's hold, until the team writes its own.</param>
/// <param name="May">Whether the reader may change them.</param>
/// <param name="Names">Of the people in the steps.</param>
public sealed record PolicyView(EscalationPolicy Policy, string? TeamName, bool Own, bool May, IReadOnlyDictionary<Guid, string> Names);

/// <summary>Who is asked after whom: read by a team's members, written by its owners; the hospital's by administrators.</summary>
public sealed class EscalationPolicies(Db db, TeamDoor teams)
{
    public const string Administrator = "administrator";

    public Task<Outcome<PolicyView>> Read(Caller caller, Guid? team, CancellationToken stop) => db.In<Outcome<PolicyView>>(caller.Tenant, caller.Actor, async tx =>
    {
        Standing? standing = null;
        if (team is { } id)
        {
            var may = await teams.May(tx, caller, id, TeamRole.Guest);
            if (!may.Ok) return may.Problem;
            standing = may.Value;
        }
        var policy = await Escalations.Of(tx, team);
        var names = await tx.Query<People.Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)",
            new { tx.Tenant, people = policy.Steps.SelectMany(s => s.People).Distinct().ToArray() });
        return new PolicyView(policy, standing?.Name, policy.Version > 0 && policy.Team == team, standing is null ? caller.Has(Administrator) : standing is { Role: TeamRole.Owner, Archived: false },
            names.ToDictionary(n => n.Id, n => n.Display));
    }, stop);

    /// <param name="version">As it was read; 0 where the team had none of its own.</param>
    public Task<Outcome<bool>> Save(Caller caller, Guid? team, EscalationPolicy policy, int version, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Refused(tx, caller, team) is { } no) return no;
        var wrong = EscalationRules.Wrong(policy);
        if (wrong.Count > 0) return Problem.All(wrong);
        var id = await tx.Scalar<Guid?>("""
            insert into collab.escalation_policy (tenant, id, team, anyone, changed_at, changed_by) values (@Tenant, @id, @team, @Anyone, @Now, @Person)
            on conflict (tenant, team) do update set anyone = excluded.anyone, changed_at = excluded.changed_at, changed_by = excluded.changed_by, version = escalation_policy.version + 1
              where escalation_policy.version = @version
            returning id
            """, new { tx.Tenant, tx.Now, id = tx.NewId(), team, policy.Anyone, caller.Person, version });
        if (id is null || version == 0 && await tx.Scalar<int>("select version from collab.escalation_policy where tenant = @Tenant and id = @id", new { tx.Tenant, id }) != 1)
            return tx.Abandon<Outcome<bool>>(Problem.Conflict("Somebody else has changed these rules meanwhile. Look at them again; yours are still in the fields.", "escalation-stale"));
        await tx.Execute("delete from collab.escalation_step where tenant = @Tenant and policy = @id", new { tx.Tenant, id });
        for (var i = 0; i < policy.Steps.Count; i++)
        {
            var step = policy.Steps[i];
            await tx.Execute("""
                insert into collab.escalation_step (tenant, policy, step, after_minutes, kind, name) values (@Tenant, @id, @number, @AfterMinutes, @kind, @name);
                insert into collab.escalation_person (tenant, policy, step, person)
                select @Tenant, @id, @number, p.id from collab.person p where p.tenant = @Tenant and p.kind = 'Staff' and p.id = any(@people)
                """, new { tx.Tenant, id, number = i + 1, step.AfterMinutes, kind = Escalations.Word(step.Kind), name = string.IsNullOrWhiteSpace(step.Name) ? null : step.Name.Trim(), people = step.People.Distinct().ToArray() });
        }
        tx.Publish("escalation.changed", $"escalation/{id}", data: new { team });
        return true;
    }, stop);

    /// <summary>Back to what the hospital says.</summary>
    public Task<Outcome<bool>> Drop(Caller caller, Guid? team, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await Refused(tx, caller, team) is { } no) return no;
        await tx.Execute("delete from collab.escalation_policy where tenant = @Tenant and team is not distinct from @team", new { tx.Tenant, team });
        tx.Publish("escalation.changed", $"escalation/{team ?? Guid.Empty}", data: new { team });
        return true;
    }, stop);

    private async Task<Problem?> Refused(Tx tx, Caller caller, Guid? team)
    {
        if (team is { } id) return (await teams.May(tx, caller, id, TeamRole.Owner, change: true)).Problem;
        return caller.Has(Administrator) ? null : Problem.Forbidden("The hospital's rules are changed by an administrator.", "administrator");
    }
}
