using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>Groups, reasons, minimum staffing, skills, availability: what a roster is made of besides shifts.</summary>
public sealed class ShiftStaff(Db db, ShiftAccess access, OutboundHttp http)
{
    internal const string CoverColumns = "id, shift_group as \"Group\", weekdays, from_minute as FromMinute, to_minute as ToMinute, people, skill";

    /// <summary>Makes or changes a group. Deleting is setting it inactive (SH-02): its shifts keep their name.</summary>
    public Task<Outcome<Guid>> Group(Caller caller, Guid team, Guid? id, string name, bool active, IReadOnlyList<Guid> people, int version, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
    {
        if (name.Trim().Length is 0 or > 80) return Problem.Invalid("A group has a name of at most 80 characters.", "name", "group-name");
        if (people.Except(await ShiftAccess.Staff(tx, team)).Any()) return Problem.Unprocessable("Only members of the team can be in its groups; guests cannot.", "people", "not-member");
        var group = id ?? tx.NewId();
        if (await tx.Scalar<bool>("select exists (select from collab.shift_group where tenant = @Tenant and team = @team and lower(name) = lower(@name) and active and id <> @group)", new { tx.Tenant, team, name = name.Trim(), group }) && active)
        {
            return Problem.Conflict("There is a group of this name.", "group-there");
        }
        var done = id is null
            ? await tx.Execute("insert into collab.shift_group (tenant, id, team, name, active, position) select @Tenant, @group, @team, @name, @active, (select count(*) from collab.shift_group where tenant = @Tenant and team = @team)", new { tx.Tenant, group, team, name = name.Trim(), active })
            : await tx.Execute("update collab.shift_group set name = @name, active = @active, version = version + 1 where tenant = @Tenant and team = @team and id = @group and version = @version", new { tx.Tenant, group, team, name = name.Trim(), active, version });
        if (done == 0) return ShiftSql.Stale;
        await tx.Execute("""
            delete from collab.shift_group_member where tenant = @Tenant and shift_group = @group and not person = any(@people);
            insert into collab.shift_group_member (tenant, shift_group, person) select @Tenant, @group, p from unnest(@people) p on conflict do nothing
            """, new { tx.Tenant, group, people = people.ToArray() });
        return group;
    }, stop);

    /// <summary>SH-08; deleting is setting it inactive.</summary>
    public Task<Outcome<Guid>> Reason(Caller caller, Guid team, Guid? id, string name, string icon, bool active, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
    {
        if (name.Trim().Length is 0 or > 80) return Problem.Invalid("A reason has a name of at most 80 characters.", "name", "reason-name");
        if (!Icons.Contains(icon)) return Problem.Invalid($"A sign is one of {string.Join(", ", Icons)}.", "icon");
        var reason = id ?? tx.NewId();
        if (active && await tx.Scalar<bool>("select exists (select from collab.time_off_reason where tenant = @Tenant and team = @team and lower(name) = lower(@name) and active and id <> @reason)", new { tx.Tenant, team, name = name.Trim(), reason }))
        {
            return Problem.Conflict("There is a reason of this name.", "reason-there");
        }
        var done = id is null
            ? await tx.Execute("insert into collab.time_off_reason (tenant, id, team, name, icon, active) values (@Tenant, @reason, @team, @name, @icon, @active)", new { tx.Tenant, reason, team, name = name.Trim(), icon, active })
            : await tx.Execute("update collab.time_off_reason set name = @name, icon = @icon, active = @active where tenant = @Tenant and team = @team and id = @reason", new { tx.Tenant, reason, team, name = name.Trim(), icon, active });
        return done == 0 ? Problem.NotFound("There is no such reason.", "reason-unknown") : reason;
    }, stop);

    public static readonly IReadOnlyList<string> Icons = ["none", "car", "calendar", "running", "plane", "firstAid", "doctor", "notWorking", "clock", "juryDuty", "globe", "cup", "phone", "weather", "umbrella", "piggyBank", "dog", "cake", "trafficCone", "pin", "sunny"];

    public Task<Outcome<Guid>> AddCover(Caller caller, Guid team, Cover cover, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
    {
        if (cover.Weekdays.Length == 0 || cover.Weekdays.Any(d => d is < 0 or > 6) || cover.FromMinute is < 0 or > 1439 || cover.ToMinute <= cover.FromMinute || cover.ToMinute > 2880 || cover.People is < 1 or > 200 || cover.Skill?.Length > 40)
        {
            return Problem.Unprocessable("Minimum staffing has days, a beginning, an end within two days, and 1 to 200 people.", "people", "cover");
        }
        if (cover.Group is { } group && !await tx.Scalar<bool>("select exists (select from collab.shift_group where tenant = @Tenant and team = @team and id = @group)", new { tx.Tenant, team, group })) return Problem.Unprocessable("This group is not of this schedule.", "group", "group-unknown");
        if (await tx.Scalar<long>("select count(*) from collab.cover where tenant = @Tenant and team = @team", new { tx.Tenant, team }) >= 50) return Problem.Conflict("A schedule has at most 50 of them.", "cover-limit");
        var id = tx.NewId();
        await tx.Execute("insert into collab.cover (tenant, id, team, shift_group, weekdays, from_minute, to_minute, people, skill) values (@Tenant, @id, @team, @Group, @Weekdays, @FromMinute, @ToMinute, @People, @Skill)",
            new { tx.Tenant, id, team, cover.Group, Weekdays = cover.Weekdays.Distinct().Order().ToArray(), cover.FromMinute, cover.ToMinute, cover.People, Skill = string.IsNullOrWhiteSpace(cover.Skill) ? null : cover.Skill.Trim() });
        return id;
    }, stop);

    public Task<Outcome<Guid>> RemoveCover(Caller caller, Guid team, Guid id, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
        await tx.Execute("delete from collab.cover where tenant = @Tenant and team = @team and id = @id", new { tx.Tenant, team, id }) == 0 ? Problem.NotFound("It is gone already.", "cover-unknown") : id, stop);

    /// <summary>What a member is or may do: "IV", "ECMO 2027-03-31" (until when).</summary>
    public Task<Outcome<Guid>> Skills(Caller caller, Guid team, Guid person, IReadOnlyList<(string Skill, DateOnly? Until)> skills, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
    {
        if (!(await ShiftAccess.Staff(tx, team)).Contains(person)) return Problem.Unprocessable("This is nobody of the team.", "person", "not-member");
        if (skills.Count > 50 || skills.Any(s => s.Skill.Length is 0 or > 40) || skills.DistinctBy(s => s.Skill.ToLowerInvariant()).Count() != skills.Count) return Problem.Unprocessable("At most 50 different skills of at most 40 characters.", "skills", "skills");
        await tx.Execute("""
            delete from collab.person_skill where tenant = @Tenant and person = @person;
            insert into collab.person_skill (tenant, person, skill, until) select @Tenant, @person, s.skill, s.until from unnest(@names, @until) as s (skill, until)
            """, new { tx.Tenant, person, names = skills.Select(s => s.Skill).ToArray(), until = skills.Select(s => s.Until).ToArray() });
        return person;
    }, stop);

    /// <summary>SH-10: members say when they can work; who manages changes the roster instead (12.4).</summary>
    public Task<Outcome<int>> Availability(Caller caller, IReadOnlyList<Available> times, CancellationToken stop) => db.In<Outcome<int>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } person || !await tx.Scalar<bool>("select exists (select from collab.team_member where tenant = @Tenant and person = @person and role = 'Member')", new { tx.Tenant, person }))
        {
            return Problem.Forbidden("Availability is for the members of a team.", "not-member");
        }
        if (times.Count > 28 || times.Any(t => t.From < 0 || t.To > 1440 || t.From >= t.To || !TimeZoneInfo.TryFindSystemTimeZoneById(t.Zone, out _)))
        {
            return Problem.Unprocessable("A time begins before it ends, within one day; at most 28.", "availability", "availability");
        }
        var byDay = times.GroupBy(t => t.Day).SelectMany(d => d.OrderBy(t => t.From).Zip(d.OrderBy(t => t.From).Skip(1)));
        if (byDay.Any(p => p.First.To > p.Second.From)) return Problem.Unprocessable("The times of one day do not overlap.", "availability", "availability");
        await tx.Execute("""
            delete from collab.availability where tenant = @Tenant and person = @person;
            insert into collab.availability (tenant, person, weekday, from_minute, to_minute, zone) select @Tenant, @person, t.d, t.f, t.t, t.z from unnest(@days, @froms, @tos, @zones) as t (d, f, t, z)
            """, new { tx.Tenant, person, days = times.Select(t => (int)t.Day).ToArray(), froms = times.Select(t => t.From).ToArray(), tos = times.Select(t => t.To).ToArray(), zones = times.Select(t => t.Zone).ToArray() });
        foreach (var team in await tx.Query<Guid>("select s.team from collab.schedule s join collab.team_member m on m.tenant = s.tenant and m.team = s.team where m.tenant = @Tenant and m.person = @person", new { tx.Tenant, person })) tx.Publish("shift.availability", $"schedule/{team}");
        return times.Count;
    }, stop);

    public Task<IReadOnlyList<Available>> Availability(Caller caller, CancellationToken stop) => db.In<IReadOnlyList<Available>>(caller.Tenant, caller.Actor, async tx =>
        [.. (await tx.Query<(int Day, int From, int To, string Zone)>("select weekday, from_minute, to_minute, zone from collab.availability where tenant = @Tenant and person = @Person order by weekday, from_minute", new { tx.Tenant, caller.Person }))
            .Select(t => new Available((DayOfWeek)t.Day, t.From, t.To, t.Zone))], stop);

    /// <summary>The workforce system of a schedule (SH-14); null takes it away. A secret that is left empty stays.</summary>
    public Task<Outcome<Guid>> Hook(Caller caller, Guid team, WorkforceHook? hook, CancellationToken stop) => Managed(caller, team, async (tx, place) =>
    {
        if (hook is null)
        {
            await tx.Execute("delete from collab.workforce where tenant = @Tenant and team = @team", new { tx.Tenant, team });
            return team;
        }
        if (place.Team.Role != TeamRole.Owner) return Problem.Forbidden("An owner of the team connects its workforce system.", "team-role");
        if (!Uri.TryCreate(hook.Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || hook.Url.Length > 500) return Problem.Invalid("An address is written as https://host/path.", "url", "hook-url");
        if (!await http.Registered(url, tx.Stop)) return Problem.Unprocessable($"{url.GetLeftPart(UriPartial.Authority)} is not a registered host. An administrator registers it first.", "url", "host-not-registered");
        if (hook.ApiVersion is < 1 or > 99 || hook.Protocol is not ("hmac" or "aes") || hook.OnSilence is not ("refuse" or "allow")) return Problem.Invalid("This is no way we speak to a workforce system.", "protocol", "hook-protocol");
        if (hook.Supports.Except(WorkforceHook.Entities).Concat(hook.Eligibility.Except(WorkforceHook.Filtered)).FirstOrDefault() is { } unknown) return Problem.Invalid($"Nothing is called {unknown}.", "supports", "hook-entity");
        var keeps = hook.Secret.Length == 0 && await tx.Scalar<bool>("select exists (select from collab.workforce where tenant = @Tenant and team = @team)", new { tx.Tenant, team });
        if (!keeps && hook.Secret.Length < 16) return Problem.Unprocessable("The secret has at least 16 characters.", "secret", "hook-secret");
        await tx.Execute("""
            insert into collab.workforce (tenant, team, url, api_version, protocol, secret, supports, eligibility, on_silence) values (@Tenant, @team, @Url, @ApiVersion, @Protocol, @Secret, @Supports, @Eligibility, @OnSilence)
            on conflict (tenant, team) do update set url = excluded.url, api_version = excluded.api_version, protocol = excluded.protocol, supports = excluded.supports, eligibility = excluded.eligibility,
              on_silence = excluded.on_silence, secret = case when length(excluded.secret) = 0 then workforce.secret else excluded.secret end
            """, new { tx.Tenant, team, hook.Url, hook.ApiVersion, hook.Protocol, hook.Secret, hook.Supports, hook.Eligibility, hook.OnSilence });
        return team;
    }, stop);

    /// <summary>What the settings page shows.</summary>
    public Task<Outcome<ShiftSettings>> Settings(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<ShiftSettings>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (!place.Value.Manager) return Problem.Forbidden("Settings are for the owners of the schedule.", "not-manager");
        var covers = await tx.Query<Cover>($"select {CoverColumns} from collab.cover where tenant = @Tenant and team = @team order by from_minute, id", new { tx.Tenant, team });
        var owners = (await tx.Query<(Guid, bool, bool, bool)>("select person, may_edit, may_approve, may_hours from collab.schedule_owner where tenant = @Tenant and team = @team", new { tx.Tenant, team })).Select(o => new ScheduleOwner(o.Item1, o.Item2, o.Item3, o.Item4)).ToList();
        var hook = await tx.OneOrNone<WorkforceHook>($"select {Workforce.Columns} from collab.workforce where tenant = @Tenant and team = @team", new { tx.Tenant, team });
        var skills = await tx.Query<(Guid Person, string Skill, DateOnly? Until)>("select s.person, s.skill, s.until from collab.person_skill s join collab.team_member m on m.tenant = s.tenant and m.person = s.person and m.team = @team where s.tenant = @Tenant order by s.skill", new { tx.Tenant, team });
        var roster = await Rosters.Read(tx, place.Value, caller.Person, ShiftRules.Day(tx.Now, place.Value.Schedule.Rules), 1);
        return new ShiftSettings(roster, covers, owners, hook is null ? null : hook with { Secret = [] }, skills.ToLookup(s => s.Person, s => (s.Skill, s.Until)));
    }, stop);

    private Task<Outcome<Guid>> Managed(Caller caller, Guid team, Func<Tx, ShiftPlace, Task<Outcome<Guid>>> work, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var done = await work(tx, place.Value);
        if (!done.Ok) return tx.Abandon(done);
        tx.Publish("shift.schedule", $"schedule/{team}");
        return done;
    }, stop);
}

/// <summary>All that settings show. The hook without its secret.</summary>
public sealed record ShiftSettings(Roster Roster, IReadOnlyList<Cover> Covers, IReadOnlyList<ScheduleOwner> Owners, WorkforceHook? Hook, ILookup<Guid, (string Skill, DateOnly? Until)> Skills);
