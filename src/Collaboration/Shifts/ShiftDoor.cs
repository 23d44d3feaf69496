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
    /// <param name="group">A group of the roster, by its name.</param>
    /// <param name="place">Where: the team's name, or the place of its schedule.</param>
    public Task<IReadOnlyList<OnShift>> OnShift(Tx tx, Guid? team, string? role, DateTimeOffset at, string? group = null, string? place = null) =>
        Read(tx, "s.starts_at <= @At and s.ends_at > @At and s.starts_at > @At - interval '24 hours'", new Asked(tx.Tenant, team, Blank(role), Blank(group), Blank(place), at, at, null, DateOnly.FromDateTime(at.UtcDateTime)));

    /// <summary>The shift that is somebody's now, or has just ended: whose end a handover belongs to.</summary>
    public async Task<OnShift?> Mine(Tx tx, Guid team, Guid person, DateTimeOffset now, TimeSpan still) =>
        (await Read(tx, "s.person = @Person and s.starts_at <= @At and s.ends_at > @Until", new Asked(tx.Tenant, team, null, null, null, now, now - still, person, DateOnly.FromDateTime(now.UtcDateTime)))).MaxBy(s => s.StartsAt);

    /// <summary>Who comes to a team around a moment, without one person: those whose shift begins then.</summary>
    public Task<IReadOnlyList<OnShift>> Comes(Tx tx, Guid team, DateTimeOffset from, DateTimeOffset to, Guid without) =>
        Read(tx, "s.person <> @Person and s.starts_at >= @Until and s.starts_at <= @At", new Asked(tx.Tenant, team, null, null, null, to, from, without, DateOnly.FromDateTime(to.UtcDateTime)));

    /// <summary>Those of these people who work by a roster (a shift within two weeks before or after) and have none now, with the next one's beginning.</summary>
    public Task<IReadOnlyList<(Guid Person, DateTimeOffset? Next)>> Off(Tx tx, IReadOnlyCollection<Guid> people, DateTimeOffset now) => tx.Query<(Guid, DateTimeOffset?)>("""
        select s.person, min(s.starts_at) filter (where s.starts_at > @now) from collab.shift s
        where s.tenant = @Tenant and s.person = any(@people) and not s.draft and s.kind = 'shift' and s.starts_at > @now - interval '14 days' and s.starts_at < @now + interval '14 days'
        group by s.person having not bool_or(s.starts_at <= @now and s.ends_at > @now)
        """, new { tx.Tenant, now, people = people.ToArray() });

    /// <summary>Whether somebody had a shift in a time.</summary>
    public Task<bool> Worked(Tx tx, Guid person, DateTimeOffset from, DateTimeOffset to) => tx.Scalar<bool>("""
        select exists (select from collab.shift s where s.tenant = @Tenant and s.person = @person and not s.draft and s.kind = 'shift' and s.starts_at < @to and s.ends_at > @from)
        """, new { tx.Tenant, person, from, to });

    /// <summary>Whether somebody's shift runs or their clock does; null for who is in no roster of these four weeks.</summary>
    public Task<bool?> AtWork(Tx tx, Guid person) => tx.Scalar<bool?>("""
        select case when exists (select from collab.time_card c where c.tenant = @Tenant and c.person = @person and c.state <> 'clockedOut') then true
          else (select bool_or(s.starts_at <= @Now and s.ends_at > @Now) from collab.shift s
            where s.tenant = @Tenant and s.person = @person and not s.draft and s.kind = 'shift' and s.starts_at between @Now - interval '14 days' and @Now + interval '14 days') end
        """, new { tx.Tenant, tx.Now, person });

    private static async Task<IReadOnlyList<OnShift>> Read(Tx tx, string when, Asked asked) =>
    [
        .. (await tx.Query<Row>($"""
            select s.person, s.team, t.name as TeamName, g.name as "Group", s.label, s.id as Shift, s.starts_at as StartsAt, s.ends_at as EndsAt, p.id, p.kind, p.family, p.given, p.title,
              exists (select from collab.time_card c where c.tenant = s.tenant and c.person = s.person and c.team = s.team and c.state <> 'clockedOut') as ClockedIn
            from collab.shift s
            join collab.person p on p.tenant = s.tenant and p.id = s.person
            join collab.team t on t.tenant = s.tenant and t.id = s.team and t.archived_at is null
            left join collab.shift_group g on g.tenant = s.tenant and g.id = s.shift_group
            where s.tenant = @Tenant and not s.draft and s.kind = 'shift' and {when}
              and (@Team is null or s.team = @Team)
              and (@Group::text is null or lower(g.name) = lower(@Group))
              and (@Place::text is null or lower(t.name) = lower(@Place) or exists (select from collab.schedule c where c.tenant = s.tenant and c.team = s.team and lower(c.place) = lower(@Place)))
              and (@Role is null or lower(g.name) = lower(@Role) or lower(s.label) = lower(@Role)
                or exists (select from collab.person_role r where r.tenant = s.tenant and r.person = s.person and lower(replace(r.role, '-', ' ')) = lower(replace(@Role, '-', ' ')))
                or exists (select from collab.person_skill k where k.tenant = s.tenant and k.person = s.person and lower(k.skill) = lower(@Role) and (k.until is null or k.until >= @Day)))
            order by lower(t.name), g.position, s.starts_at desc, lower(p.family), s.id
            """, asked)).Select(r => new OnShift
        {
            Person = r.Id, Team = r.Team, TeamName = r.TeamName, Group = r.Group, Label = r.Label, Shift = r.Shift, StartsAt = r.StartsAt, EndsAt = r.EndsAt, Name = r.Display, ClockedIn = r.ClockedIn,
        }),
    ];

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    /// <summary>The parameters of the statement, as it names them.</summary>
    private sealed record Asked(int Tenant, Guid? Team, string? Role, string? Group, string? Place, DateTimeOffset At, DateTimeOffset Until, Guid? Person, DateOnly Day);

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
