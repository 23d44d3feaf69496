using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>All a plan is made of, read in one transaction: the same facts make the problem, explain the result and check it before it is laid.</summary>
public sealed record PlanFacts
{
    public required RosterPlan Plan { get; init; }
    public required PlanAsk Ask { get; init; }
    public required Roster Roster { get; init; }

    /// <summary>Who is planned, as they stand without what may be moved.</summary>
    public required IReadOnlyList<Worker> People { get; init; }
    public required IReadOnlyList<PlanShift> Shifts { get; init; }

    /// <summary>Things on the roster the plan may move: by cell.</summary>
    public required IReadOnlyDictionary<PlanCell, ShiftItem> Movable { get; init; }
    public required IReadOnlyList<Cover> Covers { get; init; }
    public required IReadOnlyList<RosterWishRow> Wishes { get; init; }
    public required IReadOnlyDictionary<Guid, LedgerLine> Before { get; init; }

    public Schedule Schedule => Roster.Place.Schedule;
    public RosterRules Rules => Schedule.Rules;
    public TimeZoneInfo Zone => Schedule.TimeZone;
    public DateOnly Day(int n) => Plan.First.AddDays(n);

    /// <summary>What stands whatever is planned.</summary>
    public IEnumerable<ShiftItem> Standing
    {
        get
        {
            var moved = Movable.Values.Select(m => m.Id).ToHashSet();
            return Roster.Items.Where(i => i is { Kind: "shift", Removed: false } && !moved.Contains(i.Id));
        }
    }

    public Duty DutyOf(int day, int shift) => DutyOf(Shifts[shift], Day(day), day, shift, Zone);

    internal static Duty DutyOf(PlanShift shift, DateOnly on, int day, int n, TimeZoneInfo zone)
    {
        var (start, end) = (CoverRules.At(on, shift.FromMinute, zone), CoverRules.At(on, shift.ToMinute, zone));
        return new Duty(new Guid(day + 1, (short)n, 1, 0, 0, 0, 0, 0, 0, 0, 1), false, start, end, shift.Label, (end - start).TotalHours);
    }

    internal static async Task<PlanFacts> Load(Tx tx, ShiftPlace place, RosterPlan plan)
    {
        var (ask, team, zone) = (plan.Ask, plan.Team, place.Schedule.TimeZone);
        // A night of the day before reaches into the first day, and the last night beyond the last.
        var wide = await Rosters.Read(tx, place with { Manager = true }, null, plan.First.AddDays(-1), plan.Days + 2);
        var staff = (await ShiftAccess.Staff(tx, team)).ToHashSet();
        var chosen = wide.Groups.Where(g => g.Active && ask.Groups.Contains(g.Id)).SelectMany(g => g.People).Where(staff.Contains).ToHashSet();
        if (ask.Ill is { } ill && staff.Contains(ill)) chosen.Add(ill);
        var (start, end) = (CoverRules.At(plan.First, 0, zone), CoverRules.At(plan.First.AddDays(plan.Days), 0, zone));
        var workers = await RosterFacts.Load(tx, team, chosen, start, end, drafts: true);
        var (covers, wishes) = await tx.Query<Cover, RosterWishRow>(
            ($"select {ShiftStaff.CoverColumns} from collab.cover where tenant = @Tenant and team = @team order by from_minute, id", new { tx.Tenant, team }),
            ($"select {RosterWishRow.Columns} from collab.roster_wish w where w.tenant = @Tenant and w.team = @team and w.day >= @First and w.day < @until and w.person = any(@chosen) order by w.day, w.id",
                new { tx.Tenant, team, plan.First, until = plan.First.AddDays(plan.Days), chosen = chosen.ToArray() }));
        var inside = wide.Items.Where(i => i is { Kind: "shift", Removed: false } && i.StartsAt >= start && i.StartsAt < end && chosen.Contains(i.Person!.Value)).ToList();
        var shifts = plan.Illness && ask.Shifts.Length == 0 ? SickCall.Shifts(inside, zone) : ask.Shifts;
        var movable = plan.Illness ? SickCall.Movable(inside, shifts, workers, ask.Ill, place.Schedule, plan, tx.Now) : ask.MoveDrafts ? await Drafts(tx, inside, shifts, plan, zone) : [];
        var moved = movable.Values.Select(m => m.Id).ToArray();
        return new PlanFacts
        {
            Plan = plan, Ask = ask, Roster = wide, Shifts = [.. shifts], Movable = movable, Covers = covers, Wishes = wishes,
            People = [.. workers.Values.Select(w => w.Without(moved)).OrderBy(w => w.Name, StringComparer.OrdinalIgnoreCase).ThenBy(w => w.Person)],
            Before = await History(tx, team, chosen, plan.First, zone),
        };
    }

    /// <summary>Drafts of the planned shifts that were never shared.</summary>
    private static async Task<Dictionary<PlanCell, ShiftItem>> Drafts(Tx tx, IReadOnlyList<ShiftItem> inside, IReadOnlyList<PlanShift> shifts, RosterPlan plan, TimeZoneInfo zone)
    {
        var drafts = inside.Where(i => i.Draft).ToList();
        var seen = (await tx.Query<Guid>("select id from collab.shift where tenant = @Tenant and id = any(@ids) and not draft", new { tx.Tenant, ids = drafts.Select(d => d.Id).ToArray() })).ToHashSet();
        return Cells(drafts.Where(d => !seen.Contains(d.Id)), shifts, plan.First, zone);
    }

    internal static Dictionary<PlanCell, ShiftItem> Cells(IEnumerable<ShiftItem> items, IReadOnlyList<PlanShift> shifts, DateOnly first, TimeZoneInfo zone)
    {
        var cells = new Dictionary<PlanCell, ShiftItem>();
        foreach (var item in items)
        {
            var kind = Enumerable.Range(0, shifts.Count).FirstOrDefault(k => shifts[k].Is(item, zone), -1);
            var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(item.StartsAt, zone).DateTime).DayNumber - first.DayNumber;
            if (kind >= 0) cells.TryAdd(new(item.Person!.Value, day, kind), item);
        }
        return cells;
    }

    internal static async Task<IReadOnlyDictionary<Guid, LedgerLine>> History(Tx tx, Guid team, IReadOnlyCollection<Guid> people, DateOnly until, TimeZoneInfo zone)
    {
        var from = until.AddDays(-Ledger.Back);
        var (shifts, wishes) = await tx.Query<ShiftItem, RosterWishRow>(
            ($"select {ShiftItem.Columns} from collab.shift s where s.tenant = @Tenant and s.team = @team and not s.draft and s.kind = 'shift' and s.starts_at >= @start and s.starts_at < @end and s.person = any(@all)",
                new { tx.Tenant, team, start = CoverRules.At(from, 0, zone), end = CoverRules.At(until, 0, zone), all = people.ToArray() }),
            ($"select {RosterWishRow.Columns} from collab.roster_wish w where w.tenant = @Tenant and w.team = @team and w.day >= @from and w.day < @until and w.person = any(@all)", new { tx.Tenant, team, from, until, all = people.ToArray() }));
        return Ledger.Of(people, shifts, wishes, zone);
    }
}
