using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>One's own wishes for a schedule, and how many a month may have.</summary>
public sealed record MyWishes(ShiftPlace Place, IReadOnlyList<RosterWishRow> Wishes, IReadOnlyList<string> Labels, int PerMonth, LedgerLine? Line, bool Manager);

/// <summary>The ledger of a schedule.</summary>
public sealed record LedgerView(ShiftPlace Place, DateOnly From, DateOnly Until, IReadOnlyList<(string Name, LedgerLine Line)> Lines);

/// <summary>"I would like to work that day", "rather not a night": each sees and changes their own; managers see them where they plan.</summary>
public sealed class RosterWishes(Db db, ShiftAccess access)
{
    public const int Usual = 6;
    public const int DaysAhead = 400;

    public Task<Outcome<MyWishes>> Mine(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<MyWishes>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.See(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var schedule = place.Value.Schedule;
        var today = ShiftRules.Day(tx.Now, schedule.Rules);
        var (wishes, labels) = await tx.Query<RosterWishRow, string>(
            ($"select {RosterWishRow.Columns} from collab.roster_wish w where w.tenant = @Tenant and w.team = @team and w.person = @Person and w.day >= @today order by w.day, w.label", new { tx.Tenant, team, caller.Person, today }),
            ("select distinct label from collab.shift where tenant = @Tenant and team = @team and kind = 'shift' and not draft and label <> '' and starts_at > @since order by label limit 40", new { tx.Tenant, team, since = tx.Now.AddDays(-60) }));
        var mine = await PlanFacts.History(tx, team, [caller.Person ?? Guid.Empty], today, schedule.TimeZone);
        return new MyWishes(place.Value, wishes, labels, await PerMonth(tx, team), mine.Values.FirstOrDefault(), place.Value.Manager);
    }, stop);

    public Task<Outcome<Guid>> Add(Caller caller, Guid team, DateOnly day, string label, bool wants, int weight, CancellationToken stop) => db.In<Outcome<Guid>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Take(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var today = ShiftRules.Day(tx.Now, place.Value.Schedule.Rules);
        if (day <= today || day > today.AddDays(DaysAhead)) return Problem.Unprocessable($"A wish is for a day from tomorrow on, at most {DaysAhead} days ahead.", "day", "wish-day");
        if (label.Trim().Length > 80) return Problem.Invalid("A shift's name has at most 80 characters.", "label", "too-long");
        if (weight is < 1 or > 3) return Problem.Invalid("A wish matters 1 to 3.", "weight");
        Locks.Take(tx, $"wishes|{team}|{caller.Person}");
        var most = await PerMonth(tx, team);
        var month = new DateOnly(day.Year, day.Month, 1);
        if (await tx.Scalar<long>("select count(*) from collab.roster_wish where tenant = @Tenant and team = @team and person = @Person and day >= @month and day < @next", new { tx.Tenant, team, caller.Person, month, next = month.AddMonths(1) }) >= most)
        {
            return Problem.Conflict($"You have {most} wishes in this month already, which is the limit. Take one back first.", "wish-limit");
        }
        var id = tx.NewId();
        var made = await tx.Execute("insert into collab.roster_wish (tenant, id, team, person, day, label, wants, weight, made_at) values (@Tenant, @id, @team, @Person, @day, @label, @wants, @weight, @Now) on conflict do nothing",
            new { tx.Tenant, tx.Now, id, team, caller.Person, day, label = label.Trim(), wants, weight });
        return made == 0 ? Problem.Conflict("You have a wish for this shift on this day already. Take it back first.", "wish-there") : id;
    }, stop);

    public Task<Outcome<bool>> TakeBack(Caller caller, Guid team, Guid id, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Take(tx, caller, team);
        if (!place.Ok) return place.Problem;
        return await tx.Execute("delete from collab.roster_wish where tenant = @Tenant and team = @team and person = @Person and id = @id", new { tx.Tenant, team, caller.Person, id }) == 0 ? Problem.NotFound("This wish is gone already.", "wish-unknown") : true;
    }, stop);

    /// <summary>How many each may have in a calendar month; managers say.</summary>
    public Task<Outcome<bool>> Allow(Caller caller, Guid team, int wishes, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        if (wishes is < 0 or > 31) return Problem.Invalid("0 to 31 wishes a month.", "wishes");
        await tx.Execute("insert into collab.roster_policy (tenant, team, wishes) values (@Tenant, @team, @wishes) on conflict (tenant, team) do update set wishes = excluded.wishes", new { tx.Tenant, team, wishes });
        return true;
    }, stop);

    /// <summary>What the last 13 weeks of the shared roster were for each; for managers.</summary>
    public Task<Outcome<LedgerView>> Ledger(Caller caller, Guid team, CancellationToken stop) => db.In<Outcome<LedgerView>>(caller.Tenant, caller.Actor, async tx =>
    {
        var place = await access.Manage(tx, caller, team);
        if (!place.Ok) return place.Problem;
        var until = ShiftRules.Day(tx.Now, place.Value.Schedule.Rules);
        var staff = await ShiftAccess.Staff(tx, team);
        var names = (await tx.Query<People.Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@all) order by lower(family), lower(given), id", new { tx.Tenant, all = staff.ToArray() })).ToList();
        var lines = await PlanFacts.History(tx, team, staff.ToList(), until, place.Value.Schedule.TimeZone);
        return new LedgerView(place.Value, until.AddDays(-RosterPlans.Ledger.Back), until, [.. names.Select(n => (n.Display, lines[n.Id]))]);
    }, stop);

    private static async Task<int> PerMonth(Tx tx, Guid team) => await tx.Scalar<int?>("select wishes from collab.roster_policy where tenant = @Tenant and team = @team", new { tx.Tenant, team }) ?? Usual;
}
