using System.Text.Json;

namespace HealthTeams.Collaboration.Policies;

/// <summary>Giving policies to people and groups.</summary>
internal static class PolicyAssigning
{
    public static Problem? Check(PolicyTargets to) => to.Count switch
    {
        0 => Problem.Unprocessable("Choose whom it is for.", "person", "assignment-empty"),
        > PolicyTargets.Limit => Problem.Unprocessable($"At most {PolicyTargets.Limit} are assigned at once.", "person", "assignment-many"),
        _ when to.Roles.Concat(to.Codes).Any(r => r.Trim().Length is 0 or > 200) => Problem.Unprocessable("A role or a code has 1 to 200 characters.", "role", "assignment-role"),
        _ => null,
    };

    /// <summary>A package's policies, in the order of the areas; made, or brought back as predefined, where they are missing (PP-03).</summary>
    public static async Task<IReadOnlyList<Policy>> Make(Tx tx, PolicyPackage package, Guid? by)
    {
        // Two administrators at once make one set.
        Locks.Take(tx, "policies");
        foreach (var (area, settings) in package.Settings)
        {
            var made = await tx.Query<(Guid Id, int Version)>("""
                insert into collab.policy as p (tenant, id, area, name, package, settings, created_at, changed_at, changed_by)
                values (@Tenant, @id, @area, @Policy, @package, @json::jsonb, @Now, @Now, @by)
                on conflict (tenant, area, package) where package is not null
                do update set settings = excluded.settings, deleted_at = null, version = p.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by where p.deleted_at is not null
                returning p.id, p.version
                """, new { tx.Tenant, tx.Now, id = tx.NewId(), area, package.Policy, package = package.Id, json = JsonSerializer.Serialize(settings), by });
            if (made is [var (id, version)]) tx.Publish(version == 1 ? "policy.created" : "policy.recreated", $"policy/{id}", data: new { area, package = package.Id });
        }
        return await tx.Query<Policy>("select id, area, name, package, version from collab.policy where tenant = @Tenant and package = @Id order by area", new { tx.Tenant, package.Id });
    }

    /// <returns>How many assignments are new or newer than before. One that already decides for its target stays as it is (PP-06).</returns>
    public static async Task<Outcome<int>> Run(Tx tx, IReadOnlyList<Policy> policies, PolicyTargets to, Guid? by)
    {
        if (Check(to) is { } wrong) return wrong;
        Locks.Take(tx, "policies");
        var all = to.All().ToList();
        var unknown = await tx.Scalar<int>("""
            select (select count(*) from unnest(@people) p where not exists (select from collab.person s where s.tenant = @Tenant and s.id = p and s.kind = 'Staff'))::int
              + (select count(*) from unnest(@teams) t where not exists (select from collab.team g where g.tenant = @Tenant and g.id = t and g.archived_at is null))::int
            """, new { tx.Tenant, people = to.People.ToArray(), teams = to.Teams.ToArray() });
        if (unknown > 0) return Problem.Unprocessable("One of these is no member of staff, or no team, of this hospital.", "person", "assignment-unknown-target");
        var changed = 0;
        foreach (var policy in policies)
        {
            var given = await tx.Query<string>("""
                insert into collab.policy_assignment (tenant, policy, area, kind, target, person, team, assigned_at, assigned_by)
                select @Tenant, @Id, @Area, a.kind, a.target, nullif(a.person, '')::uuid, nullif(a.team, '')::uuid, @Now, @by
                from unnest(@kinds, @targets, @people, @teams) as a (kind, target, person, team)
                where @Id is distinct from (select l.policy from collab.policy_assignment l where l.tenant = @Tenant and l.area = @Area and l.kind = a.kind and l.target = a.target
                  order by l.assigned_at desc, l.seq desc limit 1)
                on conflict (tenant, policy, kind, target) do update set assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by, seq = default
                returning kind || '/' || target
                """, new
            {
                tx.Tenant, tx.Now, policy.Id, policy.Area, by, kinds = all.Select(a => a.Kind).ToArray(), targets = all.Select(a => a.Target).ToArray(),
                people = all.Select(a => a.Person?.ToString() ?? "").ToArray(), teams = all.Select(a => a.Team?.ToString() ?? "").ToArray(),
            });
            changed += given.Count;
            if (given.Count > 0) tx.Publish("policy.assigned", $"policy/{policy.Id}", data: new { to = given });
        }
        return changed;
    }
}
