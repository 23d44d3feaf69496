using System.Text.Json;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>A plan with what came of it, for its page.</summary>
public sealed record PlanView(ShiftPlace Place, RosterPlan Plan, PlanFacts Facts, PlanResult? Result);

/// <summary>What the page that begins a plan offers.</summary>
public sealed record PlanStart(ShiftPlace Place, Roster Roster, IReadOnlyList<PlanShift> Usual, IReadOnlyList<RosterPlan> Plans, IReadOnlyList<RosterWishRow> Wishes);

/// <summary>Managers have rosters planned: begin, stop, go on from, discard (who may: those who change the roster).</summary>
public sealed class Planning(Db db, ShiftAccess access, PlanLimits limits)
{
    public const int MostDays = 62;
    public const int MostShifts = 12;

    public PlanLimits Limits => limits;

    /// <summary>The usual shifts are those of the last four weeks, with how many worked them on most days.</summary>
    public Task<Outcome<PlanStart>> Start(Caller caller, Guid team, DateOnly first, int days, CancellationToken stop) => In<PlanStart>(caller, team, async (tx, place) =>
    {
        days = Math.Clamp(days, 1, MostDays);
        var roster = await Rosters.Read(tx, place, null, first, days);
        var before = await Rosters.Read(tx, place, null, first.AddDays(-28), 28);
        var (plans, wishes) = await tx.Query<RosterPlan, RosterWishRow>(
            ($"select {RosterPlan.Brief} from collab.roster_plan p where p.tenant = @Tenant and p.team = @team and p.state <> 'discarded' order by p.made_at desc, p.id desc limit 20", new { tx.Tenant, team }),
            ($"select {RosterWishRow.Columns} from collab.roster_wish w where w.tenant = @Tenant and w.team = @team and w.day >= @first and w.day < @until", new { tx.Tenant, team, first, until = first.AddDays(days) }));
        return new PlanStart(place, roster, UsualShifts.Of(before, roster), plans, wishes);
    }, stop);

    public Task<Outcome<Guid>> Begin(Caller caller, Guid team, string kind, DateOnly first, int days, PlanAsk ask, int? seconds, Guid? parent, CancellationToken stop) => In<Guid>(caller, team, async (tx, place) =>
    {
        if (PlanAskRules.Wrong(kind, days, ask, seconds) is { } wrong) return wrong;
        var groups = (await tx.Query<Guid>("select id from collab.shift_group where tenant = @Tenant and team = @team and active", new { tx.Tenant, team })).ToHashSet();
        if (ask.Groups.Concat(ask.Shifts.Select(s => s.Group).OfType<Guid>()).Any(g => !groups.Contains(g))) return Problem.Unprocessable("This group is not of this schedule, or no longer in use.", "group", "group-unknown");
        var staff = (await ShiftAccess.Staff(tx, team)).ToHashSet();
        if (ask.Ill is { } ill && !staff.Contains(ill)) return Problem.Unprocessable("Only members of the team can be on its roster; guests cannot.", "person", "not-member");
        if (ask.Reason is { } reason && !await tx.Scalar<bool>("select exists (select from collab.time_off_reason where tenant = @Tenant and team = @team and id = @reason and active)", new { tx.Tenant, team, reason })) return Problem.Unprocessable("This reason is not of this schedule, or no longer in use.", "reason", "reason-unknown");
        if (parent is { } from && await Plans.Find(tx, team, from) is null) return Plans.Unknown;
        if (await tx.Scalar<bool>("select exists (select from collab.roster_plan where tenant = @Tenant and team = @team and state in ('queued', 'running'))", new { tx.Tenant, team })) return Plans.Runs;
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.roster_plan (tenant, id, team, kind, first_day, days, ask, parent, seconds, due, made_by, made_at)
            values (@Tenant, @id, @team, @kind, @first, @days, @ask::jsonb, @parent, @seconds, @Now, @Person, @Now)
            """, new { tx.Tenant, tx.Now, id, team, kind, first, days, ask = JsonSerializer.Serialize(ask, JsonSerializerOptions.Web), parent, seconds = seconds ?? limits.Seconds, caller.Person });
        tx.Publish("roster.queued", $"roster-plan/{id}");
        return id;
    }, stop);

    public Task<Outcome<PlanView>> Look(Caller caller, Guid team, Guid id, CancellationToken stop) => In<PlanView>(caller, team, async (tx, place) =>
    {
        if (await Plans.Find(tx, team, id) is not { } plan) return Plans.Unknown;
        var facts = await PlanFacts.Load(tx, place, plan);
        return new PlanView(place, plan, facts, plan.CellsJson is null ? null : PlanReasons.Of(facts, plan.Cells, explain: !plan.Running));
    }, stop);

    /// <summary>The last twenty.</summary>
    public Task<Outcome<RosterPlan[]>> Made(Caller caller, Guid team, CancellationToken stop) => In<RosterPlan[]>(caller, team, async (tx, _) => (await tx.Query<RosterPlan>(
        $"select {RosterPlan.Brief} from collab.roster_plan p where p.tenant = @Tenant and p.team = @team and p.state <> 'discarded' order by p.made_at desc, p.id desc limit 20", new { tx.Tenant, team })).ToArray(), stop);

    /// <summary>The best so far stays; a plan that waits ends at once.</summary>
    public Task<Outcome<RosterPlan>> Halt(Caller caller, Guid team, Guid id, CancellationToken stop) => In<RosterPlan>(caller, team, async (tx, _) =>
    {
        if (await Plans.Find(tx, team, id) is null) return Plans.Unknown;
        await tx.Execute("""
            update collab.roster_plan set stop_asked = true, state = case when state = 'queued' then 'stopped' else state end, ended_at = case when state = 'queued' then @Now else ended_at end, version = version + 1
            where tenant = @Tenant and team = @team and id = @id and state in ('queued', 'running')
            """, new { tx.Tenant, tx.Now, team, id });
        tx.Publish("roster.stopped", $"roster-plan/{id}");
        return (await Plans.Find(tx, team, id))!;
    }, stop);

    /// <summary>Keeps a cell as it is, or forbids what it holds, the next time it is solved; once more takes that back.</summary>
    public Task<Outcome<bool>> Pin(Caller caller, Guid team, Guid id, PlanLock pin, CancellationToken stop) => In<bool>(caller, team, async (tx, _) =>
    {
        if (await Plans.Find(tx, team, id, toChange: true) is not { } plan) return Plans.Unknown;
        if (!plan.Ready) return Problem.Conflict("This plan is not ready, or in the roster already.", "plan-not-ready");
        if (pin.Day < plan.First || pin.Day >= plan.First.AddDays(plan.Days) || pin.Shift < 0 || pin.Shift >= plan.Ask.Shifts.Length || (pin.Forbid && pin.Shift is null)) return Problem.Unprocessable("This cell is not in the plan.", "day", "plan-cell");
        var others = plan.Next.Where(l => l.Person != pin.Person || l.Day != pin.Day).ToList();
        var next = plan.Next.Contains(pin) ? others : [.. others, pin];
        if (next.Count > 1000) return Problem.Conflict("At most 1000 cells are kept.", "plan-locks");
        await tx.Execute("update collab.roster_plan set next = @next::jsonb where tenant = @Tenant and team = @team and id = @id", new { tx.Tenant, team, id, next = JsonSerializer.Serialize(next, JsonSerializerOptions.Web) });
        tx.Publish("roster.pinned", $"roster-plan/{id}");
        return true;
    }, stop);

    public Task<Outcome<bool>> Discard(Caller caller, Guid team, Guid id, int version, CancellationToken stop) => In<bool>(caller, team, async (tx, _) =>
    {
        if (await Plans.Find(tx, team, id) is not { } plan) return Plans.Unknown;
        if (plan.Running) return Problem.Conflict("Stop the plan first.", "plan-running");
        if (plan.State == "laid") return Problem.Conflict("This plan is in the roster. Take it out first.", "plan-laid");
        if (await tx.Execute("update collab.roster_plan set state = 'discarded', version = version + 1 where tenant = @Tenant and team = @team and id = @id and version = @version", new { tx.Tenant, team, id, version }) == 0) return Plans.Stale;
        tx.Publish("roster.discarded", $"roster-plan/{id}");
        return true;
    }, stop);

    private Task<Outcome<T>> In<T>(Caller caller, Guid team, Func<Tx, ShiftPlace, Task<Outcome<T>>> work, CancellationToken stop) => db.In<Outcome<T>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var done = await work(tx, place.Value);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);
}

/// <summary>One plan, read.</summary>
internal static class Plans
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such plan.", "plan-unknown");
    public static readonly Problem Runs = Problem.Conflict("A plan of this schedule is being made. Stop it, or wait for it.", "plan-runs");
    public static readonly Problem Stale = Problem.Conflict("Somebody else changed this meanwhile. Look at it again and repeat.", "stale");

    public static Task<RosterPlan?> Find(Tx tx, Guid team, Guid id, bool toChange = false) => tx.OneOrNone<RosterPlan>(
        $"select {RosterPlan.Columns} from collab.roster_plan p where p.tenant = @Tenant and p.team = @team and p.id = @id {(toChange ? "for update" : "")}", new { tx.Tenant, team, id });
}

/// <summary>What may be asked of a plan.</summary>
internal static class PlanAskRules
{
    public static Problem? Wrong(string kind, int days, PlanAsk ask, int? seconds)
    {
        if (kind is not ("plan" or "illness")) return Problem.Invalid("It is a plan or an illness.", "kind");
        if (days is < 1 or > Planning.MostDays) return Problem.Unprocessable($"A plan covers 1 to {Planning.MostDays} days.", "days", "plan-range");
        if (seconds is < 1 or > 600) return Problem.Unprocessable("A search takes 1 to 600 seconds.", "seconds", "plan-seconds");
        if (kind == "illness") return ask.Ill is null || ask.Reason is null ? Problem.Unprocessable("Say who is ill, and the reason their time off gets.", "person", "plan-ill") : null;
        if (ask.Groups.Length is 0 or > 20) return Problem.Unprocessable("Choose whose roster is planned: 1 to 20 groups.", "groups", "plan-groups");
        if (ask.Shifts.Length is 0 or > Planning.MostShifts) return Problem.Unprocessable($"Name 1 to {Planning.MostShifts} shifts that are planned.", "shifts", "plan-shifts");
        if (ask.Shifts.FirstOrDefault(s => s.Label.Length is 0 or > 80 || s.FromMinute is < 0 or > 1439 || s.ToMinute <= s.FromMinute || s.ToMinute - s.FromMinute > 1440 || s.Needed.Length != 7 || s.Needed.Any(n => n is < 0 or > 200)
            || !ShiftItem.Themes.Contains(s.Theme) || s.Skills.Length > 10 || s.Skills.Any(k => k.Length is 0 or > 40)) is { } bad)
        {
            return Problem.Unprocessable($"The shift {bad.Label}: a name, a beginning, an end at most 24 hours later, and 0 to 200 people for each day of the week.", "shifts", "plan-shifts");
        }
        if (ask.Shifts.Any(s => s.Group is null || !ask.Groups.Contains(s.Group.Value))) return Problem.Unprocessable("Each shift is of one of the groups that are planned.", "shifts", "plan-shifts");
        if (new[] { ask.Weights.Staff, ask.Weights.Wishes, ask.Weights.Nights, ask.Weights.Weekends, ask.Weights.Shifts, ask.Weights.DaysOff }.Any(w => w is < 0 or > 10)) return Problem.Invalid("A weight is 0 to 10.", "weights");
        return ask.Locks.Length > 2000 || ask.MostNights is < 0 or > 62 || ask.MostWeekends is < 0 or > 10 ? Problem.Invalid("At most 2000 cells are kept, 62 nights and 10 weekends allowed.", "locks") : null;
    }
}
