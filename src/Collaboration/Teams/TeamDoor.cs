using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Teams;

/// <summary>The public door of teams for the slices whose things belong to one: who may, and who is in it.</summary>
public sealed class TeamDoor
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such team for you.", "team-unknown");

    /// <summary>
    /// Whether the caller is at least this in the team. Who is not in it learns nothing of it (404 team-unknown); too little
    /// a role is 403 team-role; a change to an archived team is 409 team-archived.
    /// </summary>
    public async Task<Outcome<Standing>> May(Tx tx, Caller caller, Guid team, TeamRole atLeast, bool change = false)
    {
        if (await Standing(tx, team, caller.Person) is not { } standing) return Unknown;
        if (standing.Role < atLeast) return Problem.Forbidden($"This takes the role {Words(atLeast)} in {standing.Name}; yours is {Words(standing.Role)}.", "team-role");
        if (change && standing.Archived) return Problem.Conflict($"{standing.Name} is archived: it can be read, not changed.", "team-archived");
        return standing;
    }

    /// <summary>Null for who is not in it.</summary>
    public Task<Standing?> Standing(Tx tx, Guid team, Guid? person) => tx.OneOrNone<Standing>("""
        select t.id as Team, t.name, m.role, t.archived_at is not null as Archived
        from collab.team t join collab.team_member m on m.tenant = t.tenant and m.team = t.id
        where t.tenant = @Tenant and t.id = @team and m.person = @person
        """, new { tx.Tenant, team, person });

    /// <summary>The person's teams that are not archived, by name.</summary>
    public Task<IReadOnlyList<Team>> Mine(Tx tx, Guid? person) => tx.Query<Team>("""
        select t.id, t.name, t.description, t.visibility, t.archived_at as ArchivedAt, m.role, t.version,
          (select count(*)::int from collab.team_member o where o.tenant = t.tenant and o.team = t.id) as Members
        from collab.team_member m join collab.team t on t.tenant = m.tenant and t.id = m.team
        where m.tenant = @Tenant and m.person = @person and t.archived_at is null
        order by lower(t.name)
        """, new { tx.Tenant, person });

    /// <summary>By family name.</summary>
    public async Task<IReadOnlyList<TeamMember>> Members(Tx tx, Guid team) =>
    [
        .. (await tx.Query<MemberRow>("""
            select p.id, p.kind, p.family, p.given, p.title, m.role as Role
            from collab.team_member m join collab.person p on p.tenant = m.tenant and p.id = m.person
            where m.tenant = @Tenant and m.team = @team
            order by lower(p.family), lower(p.given), p.id
            """, new { tx.Tenant, team })).Select(m => new TeamMember(m.Id, m.Display, m.Role)),
    ];

    private static string Words(TeamRole role) => role.ToString().ToLowerInvariant();

    private sealed record MemberRow : Person
    {
        public TeamRole Role { get; init; }
    }
}
