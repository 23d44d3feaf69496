using System.Text.Json;
using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Policies;

/// <summary>What an administrator does with policies. Editing one changes it for everybody who has it, at once (PP-04).</summary>
public sealed class PolicyDesk(Db db, PolicyDoor door)
{
    /// <summary>The role that administers (of SmartLauncher's StaffRole, which the domain does not know).</summary>
    private const string Administrator = "administrator";
    private static readonly Problem Unknown = Problem.NotFound("There is no such policy.", "policy-unknown");

    public Task<Outcome<IReadOnlyList<Policy>>> All(Caller caller, CancellationToken stop) => Admin<IReadOnlyList<Policy>>(caller, async tx =>
        Outcome(await Rows(tx, "true")), stop);

    public Task<Outcome<(Policy Policy, IReadOnlyList<PolicyAssignment> Assigned)>> Find(Caller caller, Guid id, CancellationToken stop) => Admin<(Policy, IReadOnlyList<PolicyAssignment>)>(caller, async tx =>
        (await Rows(tx, "p.id = @id", id)) is [var one] ? (one, await Assigned(tx, id)) : Unknown, stop);

    /// <summary>Teams, roles and PractitionerRole codes there are, to choose from.</summary>
    public Task<Outcome<PolicyGroups>> Groups(Caller caller, CancellationToken stop) => Admin<PolicyGroups>(caller, async tx => new PolicyGroups(
        await tx.Query<(Guid, string)>("select id, name from collab.team where tenant = @Tenant and archived_at is null order by lower(name) limit 1000", new { tx.Tenant }),
        await tx.Query<string>("select distinct lower(role) from collab.person_role where tenant = @Tenant order by 1 limit 200", new { tx.Tenant }),
        await tx.Query<string>("select distinct lower(code) from collab.person_code where tenant = @Tenant order by 1 limit 200", new { tx.Tenant })), stop);

    public Task<Outcome<Guid>> Create(Caller caller, string area, string name, CancellationToken stop) => Admin<Guid>(caller, async tx =>
    {
        if (PolicyPackages.All.Any(p => string.Equals(p.Policy, name.Trim(), StringComparison.OrdinalIgnoreCase))) return Problem.Conflict("This is the name of a package's policies.", "policy-name");
        if (!PolicySwitches.Areas.Contains(area)) return Problem.Unprocessable("Choose what the policy is about.", "area", "policy-area");
        if (Named(name) is { } wrong) return wrong;
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.policy (tenant, id, area, name, created_at, changed_at, changed_by) values (@Tenant, @id, @area, @name, @Now, @Now, @Person)
            """, new { tx.Tenant, tx.Now, id, area, name = name.Trim(), caller.Person });
        tx.Publish("policy.created", $"policy/{id}", data: new { area });
        return id;
    }, stop);

    /// <summary>A stale edit is refused (409): whoever repeats it has seen what is there now.</summary>
    public Task<Outcome<bool>> Edit(Caller caller, Guid id, int version, string name, IReadOnlyDictionary<string, string> settings, CancellationToken stop) => Admin<bool>(caller, async tx =>
    {
        if (await Rows(tx, "p.id = @id and p.deleted_at is null", id, "for update of p") is not [var policy]) return Unknown;
        if (PolicySwitches.Check(policy.Area, settings) is { } broken) return broken;
        if (Named(name) is { } wrong) return wrong;
        if (policy.Package is not null && name.Trim() != policy.Name) return Problem.Unprocessable("A package's policies keep their name.", "name", "policy-name-fixed");
        if (policy.Version != version) return Problem.Conflict("Somebody else changed this policy meanwhile. What is there now is shown; look at it and repeat.", "policy-stale");
        await tx.Execute("""
            update collab.policy set name = @name, settings = @json::jsonb, version = version + 1, changed_at = @Now, changed_by = @Person where tenant = @Tenant and id = @id
            """, new { tx.Tenant, tx.Now, id, name = name.Trim(), json = JsonSerializer.Serialize(settings), caller.Person });
        tx.Publish("policy.changed", $"policy/{id}", data: new { changed = settings.Where(s => policy.Value(PolicySwitches.Find(s.Key)!) != s.Value).Select(s => new { setting = s.Key, value = s.Value }) });
        return true;
    }, stop);

    /// <summary>Nobody has it any more; it stays to be looked at, and a package's comes back, as predefined, when it is assigned again (PP-03).</summary>
    public Task<Outcome<bool>> Delete(Caller caller, Guid id, CancellationToken stop) => Admin<bool>(caller, async tx =>
    {
        if (await tx.Execute("update collab.policy set deleted_at = @Now, version = version + 1, changed_at = @Now, changed_by = @Person where tenant = @Tenant and id = @id and deleted_at is null", new { tx.Tenant, tx.Now, id, caller.Person }) == 0) return Unknown;
        var had = await tx.Execute("delete from collab.policy_assignment where tenant = @Tenant and policy = @id", new { tx.Tenant, id });
        tx.Publish("policy.deleted", $"policy/{id}", data: new { assignments = had });
        return true;
    }, stop);

    public Task<Outcome<int>> Assign(Caller caller, Guid id, PolicyTargets to, CancellationToken stop) => Admin<int>(caller, async tx =>
        await Rows(tx, "p.id = @id and p.deleted_at is null", id) is [var policy] ? await PolicyAssigning.Run(tx, [policy], to, caller.Person) : Unknown, stop);

    /// <summary>All its policies, made now where they are not there. Assigning it again changes nothing but what is missing (PP-06).</summary>
    public Task<Outcome<int>> AssignPackage(Caller caller, string package, PolicyTargets to, CancellationToken stop) => Admin<int>(caller, async tx =>
    {
        if (PolicyPackages.Find(package) is not { } known) return Problem.NotFound("There is no such package.", "package-unknown");
        if (PolicyAssigning.Check(to) is { } wrong) return wrong;
        return await PolicyAssigning.Run(tx, await PolicyAssigning.Make(tx, known, caller.Person), to, caller.Person);
    }, stop);

    public Task<Outcome<bool>> Unassign(Caller caller, Guid id, string kind, string target, CancellationToken stop) => Admin<bool>(caller, async tx =>
    {
        if (await tx.Execute("delete from collab.policy_assignment where tenant = @Tenant and policy = @id and kind = @kind and target = @target", new { tx.Tenant, id, kind, target }) == 0)
            return Problem.NotFound("This assignment is gone already.", "assignment-unknown");
        tx.Publish("policy.unassigned", $"policy/{id}", data: new { kind, target });
        return true;
    }, stop);

    /// <summary>What holds for somebody and why: for oneself, or for an administrator who was asked.</summary>
    public Task<Outcome<PolicyExplained>> Explain(Caller caller, Guid? person, CancellationToken stop) => db.In<Outcome<PolicyExplained>>(caller.Tenant, caller.Actor, async tx =>
    {
        if ((person ?? caller.Person) is not { } who) return Problem.NotFound("Policies are for people.", "person-unknown");
        if (who != caller.Person && !caller.Has(Administrator)) return Problem.Forbidden("Only an administrator looks at somebody else's policies.", "policy-others");
        if (await tx.OneOrNone<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @who and kind = 'Staff'", new { tx.Tenant, who }) is not { } found)
            return Problem.NotFound("There is no such member of staff.", "person-unknown");
        return new PolicyExplained(who, found.Display, await door.Effective(tx, who));
    }, stop);

    private Task<Outcome<T>> Admin<T>(Caller caller, Func<Tx, Task<Outcome<T>>> work, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        if (!caller.Has(Administrator)) return Problem.Forbidden("Policies are an administrator's business.", "not-administrator");
        var done = await work(tx);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);

    private static Outcome<IReadOnlyList<Policy>> Outcome(List<Policy> rows) => rows;

    private static Problem? Named(string name) => name.Trim().Length is > 0 and <= 100 ? null : Problem.Unprocessable("A name has 1 to 100 characters.", "name", "policy-name-length");

    internal static async Task<List<Policy>> Rows(Tx tx, string where, Guid? id = null, string then = "order by p.deleted_at nulls first, p.package nulls last, lower(p.name), p.area") => [.. await tx.Query<Policy>($"""
        select p.id, p.area, p.name, p.package, p.settings::text as SettingsJson, p.version, p.changed_at as ChangedAt, p.deleted_at as DeletedAt,
          (select count(*)::int from collab.policy_assignment a where a.tenant = p.tenant and a.policy = p.id) as Assigned
        from collab.policy p where p.tenant = @Tenant and {where} {then}
        """, new { tx.Tenant, id })];

    private static Task<IReadOnlyList<PolicyAssignment>> Assigned(Tx tx, Guid id) => tx.Query<PolicyAssignment>("""
        select a.kind, a.target, coalesce(t.name, nullif(concat_ws(' ', w.title, w.given, w.family), ''), a.target) as Name, a.assigned_at as AssignedAt,
          nullif(concat_ws(' ', b.title, b.given, b.family), '') as AssignedBy
        from collab.policy_assignment a
        left join collab.team t on t.tenant = a.tenant and t.id = a.team
        left join collab.person w on w.tenant = a.tenant and w.id = a.person
        left join collab.person b on b.tenant = a.tenant and b.id = a.assigned_by
        where a.tenant = @Tenant and a.policy = @id
        order by a.seq desc limit 1000
        """, new { tx.Tenant, id });
}

public sealed record PolicyGroups(IReadOnlyList<(Guid Id, string Name)> Teams, IReadOnlyList<string> Roles, IReadOnlyList<string> Codes);

public sealed record PolicyExplained(Guid Person, string Name, EffectivePolicy Policy);
