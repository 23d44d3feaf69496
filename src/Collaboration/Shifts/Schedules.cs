using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>Where a caller stands before a schedule.</summary>
/// <param name="Manager">Owner of the team, or of its schedule and named to change it (who may what: 12.4).</param>
public sealed record ShiftPlace(Standing Team, Schedule Schedule, bool Manager)
{
    /// <summary>Decides requests.</summary>
    public bool Decides { get; init; } = Manager;

    /// <summary>Sees and confirms everybody's worked time.</summary>
    public bool SeesHours { get; init; } = Manager;
}

/// <summary>Who may do what with a team's roster: guests are not in Shifts (SH-25), members see and ask, managers change.</summary>
public sealed class ShiftAccess(TeamDoor teams)
{
    public Task<Outcome<ShiftPlace>> See(Tx tx, Caller caller, Guid team) => Ask(tx, caller, team, manage: false, change: false);

    public Task<Outcome<ShiftPlace>> Take(Tx tx, Caller caller, Guid team) => Ask(tx, caller, team, manage: false, change: true);

    public async Task<Outcome<ShiftPlace>> Manage(Tx tx, Caller caller, Guid team) => Only(await Ask(tx, caller, team, manage: true, change: true), p => p.Manager, "change its roster");

    /// <summary>Requests are decided by whoever is named to; that may be another than who plans.</summary>
    public async Task<Outcome<ShiftPlace>> Decide(Tx tx, Caller caller, Guid team) => Only(await Ask(tx, caller, team, manage: true, change: true), p => p.Decides, "decide its requests");

    private static Outcome<ShiftPlace> Only(Outcome<ShiftPlace> place, Func<ShiftPlace, bool> may, string what) => !place.Ok || may(place.Value) ? place
        : Problem.Forbidden($"You are an owner of this schedule, but not named to {what}: an owner of {place.Value.Team.Name} is.", "not-manager");

    private async Task<Outcome<ShiftPlace>> Ask(Tx tx, Caller caller, Guid team, bool manage, bool change)
    {
        var may = await teams.May(tx, caller, team, TeamRole.Member, change);
        if (!may.Ok) return may.Problem;
        if (await Schedule(tx, team) is not { } schedule) return Problem.NotFound($"{may.Value.Name} has no schedule yet.", "no-schedule");
        var named = may.Value.Role == TeamRole.Owner ? (Edit: true, Approve: true, Hours: true) : await tx.OneOrNone<(bool Edit, bool Approve, bool Hours)>(
            "select may_edit, may_approve, may_hours from collab.schedule_owner where tenant = @Tenant and team = @team and person = @Person", new { tx.Tenant, team, caller.Person });
        if (manage && named == default) return Problem.Forbidden($"This takes an owner of {may.Value.Name} or of its schedule.", "not-manager");
        if (change && !schedule.Enabled) return Problem.Conflict("This schedule is switched off.", "schedule-off");
        return new ShiftPlace(may.Value, schedule, named.Edit) { Decides = named.Approve, SeesHours = named.Hours };
    }

    internal static Task<Schedule?> Schedule(Tx tx, Guid team) =>
        tx.OneOrNone<Schedule>($"select {Shifts.Schedule.Columns} from collab.schedule where tenant = @Tenant and team = @team", new { tx.Tenant, team });

    /// <summary>Whoever decides requests: owners of the team, and those of the schedule who are named to.</summary>
    internal static Task<IReadOnlyList<Guid>> Managers(Tx tx, Guid team) => tx.Query<Guid>("""
        select person from collab.team_member where tenant = @Tenant and team = @team and role = 'Owner'
        union select person from collab.schedule_owner where tenant = @Tenant and team = @team and may_approve
        """, new { tx.Tenant, team });

    /// <summary>Whoever changes the roster and its settings.</summary>
    internal static Task<bool> Edits(Tx tx, Guid team, Guid? person) => tx.Scalar<bool>("""
        select exists (select from collab.team_member where tenant = @Tenant and team = @team and role = 'Owner' and person = @person)
          or exists (select from collab.schedule_owner where tenant = @Tenant and team = @team and may_edit and person = @person)
        """, new { tx.Tenant, team, person });

    internal static Task<IReadOnlyList<Guid>> Staff(Tx tx, Guid team) => tx.Query<Guid>(
        "select person from collab.team_member where tenant = @Tenant and team = @team and role <> 'Guest'", new { tx.Tenant, team });
}

/// <summary>Who else runs a schedule, and what of it.</summary>
public sealed record ScheduleOwner(Guid Person, bool Edits, bool Decides, bool Hours);

/// <summary>A schedule's beginning and its settings.</summary>
public sealed class Schedules(Db db, ShiftAccess access, TeamDoor teams)
{
    private static readonly (string Name, string Icon)[] FirstReasons = [("Vacation", "plane"), ("Sick", "firstAid"), ("Training", "calendar"), ("Unpaid leave", "notWorking"), ("Parental leave", "cake")];

    /// <summary>The owner of a team begins its schedule: one group with everybody, the usual reasons for time off.</summary>
    public Task<Outcome<Schedule>> Begin(Caller caller, Guid team, string zone, CancellationToken stop) => db.In<Outcome<Schedule>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Owner, change: true);
        if (!may.Ok) return may.Problem;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) return Problem.Invalid("This is no time zone we know: write it as Europe/Paris.", "zone", "zone-unknown");
        if (await Begin(tx, team, zone) == 0) return Problem.Conflict("This team has a schedule already.", "schedule-there");
        return (await ShiftAccess.Schedule(tx, team))!;
    }, stop);

    internal static async Task<int> Begin(Tx tx, Guid team, string zone)
    {
        if (await tx.Execute("insert into collab.schedule (tenant, team, zone, created_at) values (@Tenant, @team, @zone, @Now) on conflict do nothing", new { tx.Tenant, tx.Now, team, zone }) == 0) return 0;
        var all = tx.NewId();
        await tx.Execute("""
            insert into collab.shift_group (tenant, id, team, name) values (@Tenant, @all, @team, 'Everybody');
            insert into collab.shift_group_member (tenant, shift_group, person)
            select tenant, @all, person from collab.team_member where tenant = @Tenant and team = @team and role <> 'Guest';
            insert into collab.time_off_reason (tenant, id, team, name, icon) select @Tenant, r.id, @team, r.name, r.icon from unnest(@ids, @names, @icons) as r (id, name, icon)
            """, new { tx.Tenant, all, team, ids = FirstReasons.Select(_ => tx.NewId()).ToArray(), names = FirstReasons.Select(r => r.Name).ToArray(), icons = FirstReasons.Select(r => r.Icon).ToArray() });
        tx.Publish("shift.schedule", $"schedule/{team}");
        return 1;
    }

    /// <summary>Every setting at once; a stale page is told so.</summary>
    public Task<Outcome<Schedule>> Set(Caller caller, Schedule next, CancellationToken stop) => db.In<Outcome<Schedule>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, next.Team, TeamRole.Member, change: true);
        if (!may.Ok) return may.Problem;
        // A schedule that is switched off is switched on here, so this does not ask for an enabled one.
        if (!await ShiftAccess.Edits(tx, next.Team, caller.Person)) return Problem.Forbidden($"This takes an owner of {may.Value.Name} or of its schedule.", "not-manager");
        if (ScheduleRules.Wrong(next) is { } wrong) return wrong;
        var done = await tx.Execute("""
            update collab.schedule set enabled = @Enabled, zone = @Zone, week_start = @WeekStart, time_clock = @TimeClock, open_shifts = @OpenShifts, swaps = @Swaps, offers = @Offers,
              time_off = @TimeOff, copy_activities = @CopyActivities, cross_location = @CrossLocation, auto_approve = @AutoApprove, short_staffed = @ShortStaffed, others_off = @OthersOff, rest_hours = @RestHours,
              weekly_hours = @WeeklyHours, one_a_day = @OneADay, days_in_row = @DaysInRow, never_after = @NeverAfter, place = @Place, version = version + 1
            where tenant = @Tenant and team = @Team and version = @Version
            """, new
        {
            tx.Tenant, next.Team, next.Enabled, next.Zone, next.WeekStart, next.TimeClock, next.OpenShifts, next.Swaps, next.Offers, next.TimeOff, next.CopyActivities, next.CrossLocation,
            next.AutoApprove, next.ShortStaffed, next.OthersOff, next.RestHours, next.WeeklyHours, next.OneADay, next.DaysInRow, next.NeverAfter, next.Place, next.Version,
        });
        if (done == 0) return Problem.Conflict("Somebody else changed these settings meanwhile. Look at them again.", "stale");
        tx.Publish("shift.schedule", $"schedule/{next.Team}");
        return (await ShiftAccess.Schedule(tx, next.Team))!;
    }, stop);

    /// <summary>The owner of the team names who else may run its schedule.</summary>
    public Task<Outcome<bool>> Owners(Caller caller, Guid team, IReadOnlyList<ScheduleOwner> named, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var may = await teams.May(tx, caller, team, TeamRole.Owner, change: true);
        if (!may.Ok) return may.Problem;
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var people = named.Select(n => n.Person).ToList();
        if (people.Except(await ShiftAccess.Staff(tx, team)).Any()) return Problem.Unprocessable("An owner of the schedule is a member of the team.", "people", "not-member");
        await tx.Execute("""
            delete from collab.schedule_owner where tenant = @Tenant and team = @team and not person = any(@people);
            insert into collab.schedule_owner (tenant, team, person, may_edit, may_approve, may_hours)
            select @Tenant, @team, n.person, n.edits, n.decides, n.hours from unnest(@people, @edits, @decides, @hours) as n (person, edits, decides, hours)
            on conflict (tenant, team, person) do update set may_edit = excluded.may_edit, may_approve = excluded.may_approve, may_hours = excluded.may_hours
            """, new { tx.Tenant, team, people = people.ToArray(), edits = named.Select(n => n.Edits).ToArray(), decides = named.Select(n => n.Decides).ToArray(), hours = named.Select(n => n.Hours).ToArray() });
        tx.Publish("shift.owners", $"schedule/{team}", data: new { people });
        return true;
    }, stop);
}

/// <summary>What settings may be.</summary>
internal static class ScheduleRules
{
    public static Problem? Wrong(Schedule s)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(s.Zone, out _)) return Problem.Invalid("This is no time zone we know: write it as Europe/Paris.", "zone", "zone-unknown");
        if (s.WeekStart is < 0 or > 6) return Problem.Invalid("The first day of the week is 0 (Sunday) to 6.", "weekStart");
        if (s.ShortStaffed is not ("ask" or "refuse")) return Problem.Invalid("A request that leaves too few is asked of the manager (ask), or refused (refuse).", "shortStaffed");
        if (s.RestHours is < 0 or > 48) return Problem.Invalid("Rest is 0 to 48 hours.", "restHours");
        if (s.WeeklyHours is < 0 or > 168) return Problem.Invalid("A week has 0 to 168 hours.", "weeklyHours");
        if (s.DaysInRow is < 0 or > 31) return Problem.Invalid("Days in a row are 0 to 31.", "daysInRow");
        if (s.Place?.Length > 200) return Problem.Invalid("The place is at most 200 characters.", "place");
        return s.NeverAfter.Length > 50 || s.NeverAfter.Any(n => n.Length > 170 || n.Count(c => c == '>') != 1 || n.StartsWith('>') || n.EndsWith('>'))
            ? Problem.Invalid("A forbidden succession is written as Night > Early, one on a line, at most 50.", "neverAfter") : null;
    }
}
