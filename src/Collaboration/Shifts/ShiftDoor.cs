using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>Who is at work, as messaging asks it: first those whose shift began last.</summary>
public sealed record OnShift
{
    public Guid Person { get; init; }
    public Guid Team { get; init; }
    public string TeamName { get; init; } = "";
    public string? Group { get; init; }
    public string Label { get; init; } = "";
    public Guid Shift { get; init; }
    public DateTimeOffset StartsAt { get; init; }
    public DateTimeOffset EndsAt { get; init; }
    public string Name { get; init; } = "";
    public bool ClockedIn { get; init; }
}

/// <summary>The public door of Shifts for the other slices and the gateway.</summary>
public sealed class ShiftDoor
{
    /// <summary>
    /// "Who is on shift now for role X at place Y": one statement. A role is a person's role, a skill, a group's name or a
    /// shift's label ("charge nurse", "ECMO", "Night doctor"), in any case; a place is a team. Null asks for all.
    /// </summary>
    public async Task<IReadOnlyList<OnShift>> OnShift(Tx tx, Guid? team, string? role, DateTimeOffset at) =>
    [
        .. (await tx.Query<Row>("""
            select s.person, s.team, t.name as TeamName, g.name as "Group", s.label, s.id as Shift, s.starts_at as StartsAt, s.ends_at as EndsAt, p.id, p.kind, p.family, p.given, p.title,
              exists (select from collab.time_card c where c.tenant = s.tenant and c.person = s.person and c.team = s.team and c.state <> 'clockedOut') as ClockedIn
            from collab.shift s
            join collab.person p on p.tenant = s.tenant and p.id = s.person
            join collab.team t on t.tenant = s.tenant and t.id = s.team and t.archived_at is null
            left join collab.shift_group g on g.tenant = s.tenant and g.id = s.shift_group
            where s.tenant = @Tenant and not s.draft and s.kind = 'shift' and s.starts_at <= @at and s.ends_at > @at and s.starts_at > @at - interval '24 hours'
              and (@team is null or s.team = @team)
              and (@role is null or lower(g.name) = lower(@role) or lower(s.label) = lower(@role)
                or exists (select from collab.person_role r where r.tenant = s.tenant and r.person = s.person and lower(replace(r.role, '-', ' ')) = lower(replace(@role, '-', ' ')))
                or exists (select from collab.person_skill k where k.tenant = s.tenant and k.person = s.person and lower(k.skill) = lower(@role) and (k.until is null or k.until >= @day)))
            order by lower(t.name), g.position, s.starts_at desc, lower(p.family), s.id
            """, new { tx.Tenant, team, role = string.IsNullOrWhiteSpace(role) ? null : role.Trim(), at, day = DateOnly.FromDateTime(at.UtcDateTime) })).Select(r => new OnShift
        {
            Person = r.Id, Team = r.Team, TeamName = r.TeamName, Group = r.Group, Label = r.Label, Shift = r.Shift, StartsAt = r.StartsAt, EndsAt = r.EndsAt, Name = r.Display, ClockedIn = r.ClockedIn,
        }),
    ];

    private sealed record Row : Person
    {
        public Guid Team { get; init; }
        public string TeamName { get; init; } = "";
        public string? Group { get; init; }
        public string Label { get; init; } = "";
        public Guid Shift { get; init; }
        public DateTimeOffset StartsAt { get; init; }
        public DateTimeOffset EndsAt { get; init; }
        public bool ClockedIn { get; init; }
    }
}
