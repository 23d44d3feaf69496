using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>Somebody on a roster.</summary>
public sealed record RosterPerson(Guid Id, string Name, IReadOnlyList<Guid> Groups, IReadOnlyList<string> Skills);

/// <summary>A team's roster of some days, as the caller may see it.</summary>
public sealed record Roster
{
    public required ShiftPlace Place { get; init; }
    public required DateOnly From { get; init; }
    public required int Days { get; init; }
    public required IReadOnlyList<ShiftGroup> Groups { get; init; }
    public required IReadOnlyList<RosterPerson> People { get; init; }
    public required IReadOnlyList<ShiftItem> Items { get; init; }
    public required IReadOnlyList<TimeOffReason> Reasons { get; init; }
    public required IReadOnlyList<DayNote> Notes { get; init; }
    public required IReadOnlyList<Shortage> Shortages { get; init; }
    public required IReadOnlyList<(DateOnly Day, Broken Broken)> Breaches { get; init; }
    public required int Drafts { get; init; }
    public required int Requests { get; init; }
    public DateTimeOffset Now { get; init; }

    public IEnumerable<DateOnly> AllDays => Enumerable.Range(0, Days).Select(From.AddDays);
    public DateOnly DayOf(ShiftItem item) => ShiftRules.Day(item.StartsAt, Place.Schedule.Rules);
}

/// <summary>Reads rosters: one query per table whatever their size.</summary>
public sealed class Rosters(Db db, ShiftAccess access, TeamDoor teams)
{
    public const int MostDays = 100;

    /// <summary>The caller's teams, and which of them have a schedule.</summary>
    public Task<IReadOnlyList<(Team Team, bool HasSchedule)>> Teams(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<(Team, bool)>>(caller.Tenant, caller.Actor, async tx =>
    {
        var mine = (await teams.Mine(tx, caller.Person)).Where(t => t.Role != TeamRole.Guest).ToList();
        var with = (await tx.Query<Guid>("select team from collab.schedule where tenant = @Tenant and team = any(@teams)", new { tx.Tenant, teams = mine.Select(t => t.Id).ToArray() })).ToHashSet();
        return [.. mine.Select(t => (t, with.Contains(t.Id)))];
    }, stop);

    public Task<Outcome<Roster>> Read(Caller caller, Guid team, DateOnly? from, int days, CancellationToken stop) => db.In<Outcome<Roster>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var today = ShiftRules.Day(tx.Now, place.Value.Schedule.Rules);
        return await Read(tx, place.Value, caller.Person, from ?? ShiftRules.WeekOf(today, place.Value.Schedule.Rules), Math.Clamp(days, 1, MostDays));
    }, stop);

    internal static async Task<Roster> Read(Tx tx, ShiftPlace place, Guid? reader, DateOnly from, int days)
    {
        var (schedule, team, zone) = (place.Schedule, place.Schedule.Team, place.Schedule.TimeZone);
        var (start, end) = (CoverRules.At(from, 0, zone), CoverRules.At(from.AddDays(days), 0, zone));
        var (groups, items) = await tx.Query<ShiftGroup, ShiftItem>(
            ("""
            select g.id, g.name, g.active, g.position, g.version, coalesce(array_agg(m.person) filter (where m.person is not null), '{}') as People
            from collab.shift_group g left join collab.shift_group_member m on m.tenant = g.tenant and m.shift_group = g.id
            where g.tenant = @Tenant and g.team = @team group by g.tenant, g.id order by g.position, lower(g.name)
            """, new { tx.Tenant, team }),
            ($"""
            select {ShiftItem.Columns} from collab.shift s
            where s.tenant = @Tenant and s.team = @team and s.starts_at < @end and s.ends_at > @start
              and case when @Manager then s.draft or not exists (select from collab.shift d where d.tenant = s.tenant and d.id = s.id and d.draft) else not s.draft end
            order by s.starts_at, s.id
            """, new { tx.Tenant, team, start, end, place.Manager }));
        var (reasons, notes) = await tx.Query<TimeOffReason, DayNote>(
            ("select id, name, icon, active from collab.time_off_reason where tenant = @Tenant and team = @team order by lower(name)", new { tx.Tenant, team }),
            ("select day, case when @Manager then draft end as Draft, shared from collab.day_note where tenant = @Tenant and team = @team and day >= @from and day < @until", new { tx.Tenant, team, from, until = from.AddDays(days), place.Manager }));
        var (covers, counts) = await tx.Query<Cover, int>(
            ($"select {ShiftStaff.CoverColumns} from collab.cover where tenant = @Tenant and team = @team", new { tx.Tenant, team }),
            ("""
            select count(*)::int from collab.shift where tenant = @Tenant and team = @team and draft and starts_at < @end and ends_at > @start
            union all select count(*)::int from collab.shift_request where tenant = @Tenant and team = @team and state = 'pending' and assigned_to = 'manager'
            """, new { tx.Tenant, team, start, end }));
        var people = (await tx.Query<Person>("""
            select p.id, p.kind, p.family, p.given, p.title from collab.person p where p.tenant = @Tenant and p.id in (
              select person from collab.team_member where tenant = @Tenant and team = @team and role <> 'Guest' union select unnest(@others))
            order by lower(p.family), lower(p.given), p.id
            """, new { tx.Tenant, team, others = items.Select(i => i.Person).OfType<Guid>().Distinct().ToArray() })).ToList();
        var visible = place.Manager || schedule.OthersOff ? items : [.. items.Where(i => i.Kind != "off" || i.Person == reader)];
        var workers = place.Manager ? await RosterFacts.Load(tx, team, [.. people.Select(p => p.Id)], start, end, drafts: true) : [];
        var at = items.Where(i => i is { Kind: "shift", Removed: false }).ToList();
        var skills = workers.Count > 0 ? workers.ToDictionary(w => w.Key, w => w.Value.Skills)
            : (await tx.Query<(Guid Person, string Skill, DateOnly? Until)>("select person, skill, until from collab.person_skill where tenant = @Tenant and person = any(@all)", new { tx.Tenant, all = people.Select(p => p.Id).ToArray() }))
                .GroupBy(s => s.Person).ToDictionary(g => g.Key, g => (IReadOnlyDictionary<string, DateOnly?>)g.ToDictionary(s => s.Skill, s => s.Until, StringComparer.OrdinalIgnoreCase));
        bool Has(Guid who, string skill, DateOnly on) => skills.TryGetValue(who, out var theirs) && theirs.TryGetValue(skill, out var until) && (until is null || until >= on);
        var byGroup = groups.Where(g => g.Active).SelectMany(g => g.People.Select(p => (p, g.Id))).ToLookup(x => x.p, x => x.Id);
        return new Roster
        {
            Place = place, From = from, Days = days, Groups = groups, Items = visible, Reasons = reasons, Notes = notes, Drafts = place.Manager ? counts[0] : 0, Requests = place.Decides ? counts[1] : 0, Now = tx.Now,
            People = [.. people.Select(p => new RosterPerson(p.Id, p.Display, [.. byGroup[p.Id]], skills.TryGetValue(p.Id, out var s) ? [.. s.Keys.Order(StringComparer.OrdinalIgnoreCase)] : []))],
            Shortages = [.. CoverRules.Shortages(at, covers, Enumerable.Range(0, days).Select(from.AddDays), zone, Has)],
            Breaches = [.. at.Where(i => workers.ContainsKey(i.Person!.Value)).SelectMany(i => ShiftRules.Broken(workers[i.Person!.Value], i.AsDuty(team), i.Skills, schedule.Rules).Select(b => (ShiftRules.Day(i.StartsAt, schedule.Rules), b))).DistinctBy(b => (b.Item1, b.b.Words))],
        };
    }

    /// <summary>One thing for its editor: what managers plan, or what all see.</summary>
    public Task<Outcome<ShiftItem>> Item(Caller caller, Guid team, Guid id, CancellationToken stop) => db.In<Outcome<ShiftItem>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var item = place.Value.Manager ? await ShiftSql.Plan(tx, team, id) : (await ShiftSql.Shared(tx, [id])).GetValueOrDefault(id) is { } shared && shared.Team == team ? shared : null;
        var hidden = item is { Kind: "off" } && !place.Value.Manager && !place.Value.Schedule.OthersOff && item.Person != caller.Person;
        return item is null || hidden ? ShiftSql.Unknown : item;
    }, stop);
}
