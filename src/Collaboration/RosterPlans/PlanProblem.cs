using HealthTeams.Collaboration.RosterPlans.Solver;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>
/// Our schedule as the solver's problem. What <see cref="ShiftRules"/> says of one shift beside what stands becomes a barred cell;
/// what it says of two planned shifts a clash; of a week a limit; of days in a row the longest stretch. So no plan breaks a rule. Pure.
/// </summary>
public static class PlanProblem
{
    public static RosterProblem Of(PlanFacts facts)
    {
        var (days, kinds) = (facts.Plan.Days, facts.Shifts.Count);
        var problem = new RosterProblem
        {
            Days = days,
            Kinds = [.. facts.Shifts.Select((s, k) => new ShiftKind(s.Label, [.. Enumerable.Range(0, days).Select(d => Minutes(facts.DutyOf(d, k).Hours))]))],
            Members = [.. facts.People.Select(p => Member(facts, p))],
            Needs = PlanNeeds.Of(facts),
            Clashes = [.. Clashes(facts)],
            Weekends = [.. Enumerable.Range(0, days).Where(d => Ledger.IsWeekend(facts.Day(d))).GroupBy(d => facts.Day(d).DayOfWeek == DayOfWeek.Sunday ? d - 1 : d).Select(w => w.ToList())],
        };
        return facts.Plan.Illness ? Sick(facts, problem) : problem with { Wishes = [.. Wishes(facts)], Balances = [.. Balances(facts)] };
    }

    private static int Minutes(double hours) => (int)Math.Round(hours * 60);

    private static RosterMember Member(PlanFacts facts, Worker who)
    {
        var (days, rules) = (facts.Plan.Days, facts.Rules);
        var worked = who.Duties.Where(d => !d.Off).ToList();
        var at = worked.Select(d => ShiftRules.Day(d.Start, rules).DayNumber - facts.Plan.First.DayNumber).ToHashSet();
        var barred = new HashSet<(int, int)>();
        var inGroups = facts.Roster.Groups.Where(g => g.Active && g.People.Contains(who.Person)).Select(g => g.Id).ToHashSet();
        for (var day = 0; day < days; day++)
        {
            for (var k = 0; k < facts.Shifts.Count; k++)
            {
                var shift = facts.Shifts[k];
                if ((shift.Group is { } g && !inGroups.Contains(g)) || (facts.Plan.Illness && who.Person == facts.Ask.Ill) || ShiftRules.Broken(who, facts.DutyOf(day, k), shift.Skills, rules).Count > 0) barred.Add((day, k));
            }
        }
        foreach (var kept in facts.Ask.Locks.Where(l => l.Person == who.Person && l.Forbid && l.Shift is not null)) barred.Add((kept.Day.DayNumber - facts.Plan.First.DayNumber, kept.Shift!.Value));
        return new RosterMember
        {
            Name = who.Name, Barred = barred, Busy = at.Where(d => d >= 0 && d < days).ToHashSet(), Locked = Locked(facts, who, at, barred),
            MaxRun = rules.DaysInRow, MinOff = facts.Ask.Weights.DaysOff > 0 && !facts.Plan.Illness ? 2 : 0, PatternWeight = facts.Ask.Weights.DaysOff * 2,
            RunBefore = Run(at, -1, -1), RunAfter = Run(at, days, 1), MaxWeekends = MostWeekends(facts, at), Limits = [.. Limits(facts, worked)],
        };
    }

    /// <summary>What a manager keeps stands, unless it has become impossible: then the cell is planned like any other.</summary>
    private static Dictionary<int, int> Locked(PlanFacts facts, Worker who, HashSet<int> busy, HashSet<(int, int)> barred)
    {
        var locked = new Dictionary<int, int>();
        foreach (var kept in facts.Ask.Locks.Where(l => l.Person == who.Person && !l.Forbid))
        {
            var day = kept.Day.DayNumber - facts.Plan.First.DayNumber;
            if (day < 0 || day >= facts.Plan.Days || busy.Contains(day)) continue;
            if (kept.Shift is not { } shift) locked[day] = RosterCells.Off;
            else if (shift < facts.Shifts.Count && !barred.Contains((day, shift))) locked[day] = shift;
        }
        return locked;
    }

    private static int? MostWeekends(PlanFacts facts, HashSet<int> busy) => facts.Plan.Illness || facts.Ask.MostWeekends is not { } most ? null
        : Math.Max(most, Enumerable.Range(0, facts.Plan.Days).Where(d => busy.Contains(d) && Ledger.IsWeekend(facts.Day(d))).Select(d => facts.Day(d).DayOfWeek == DayOfWeek.Sunday ? d - 1 : d).Distinct().Count());

    private static int Run(HashSet<int> days, int from, int step)
    {
        var run = 0;
        while (days.Contains(from + (run * step))) run++;
        return run;
    }

    private static IEnumerable<RosterLimit> Limits(PlanFacts facts, IReadOnlyList<Duty> worked)
    {
        var (rules, all) = (facts.Rules, Enumerable.Range(0, facts.Plan.Days));
        if (rules.WeeklyHours > 0)
        {
            foreach (var week in all.GroupBy(d => ShiftRules.WeekOf(facts.Day(d), rules)))
            {
                var stands = worked.Where(d => ShiftRules.WeekOf(ShiftRules.Day(d.Start, rules), rules) == week.Key).Sum(d => d.Hours);
                yield return new RosterLimit([.. week], null, true, 0, Math.Max(0, (int)Math.Floor((rules.WeeklyHours - stands) * 60 + 1e-6)));
            }
        }
        if (facts.Ask.MostNights is { } most && !facts.Plan.Illness)
        {
            var stands = worked.Count(d => d.Start >= CoverRules.At(facts.Plan.First, 0, facts.Zone) && ShiftRules.Day(d.Start, rules) < facts.Day(facts.Plan.Days) && Ledger.IsNight(PlanShift.Wall(d.Start, facts.Zone), PlanShift.Wall(d.Start, facts.Zone) + (int)(d.End - d.Start).TotalMinutes));
            yield return new RosterLimit([.. all], [.. Nights(facts)], false, 0, Math.Max(0, most - stands));
        }
    }

    internal static IEnumerable<int> Nights(PlanFacts facts) => Enumerable.Range(0, facts.Shifts.Count).Where(k => facts.Shifts[k].Night);

    /// <summary>By the clock of each day: the night of the change to summer time is an hour shorter, and so is the rest after it.</summary>
    private static IEnumerable<RosterClash> Clashes(PlanFacts facts)
    {
        var nobody = new Worker(Guid.Empty, "", [], new Dictionary<string, DateOnly?>(), []);
        var rules = facts.Rules with { WeeklyHours = 0, DaysInRow = 0, OneADay = false };
        for (var day = 0; day < facts.Plan.Days; day++)
        {
            for (var k = 0; k < facts.Shifts.Count; k++)
            {
                var first = nobody.With(facts.DutyOf(day, k));
                for (var later = 1; later <= 3 && day + later < facts.Plan.Days; later++)
                {
                    for (var then = 0; then < facts.Shifts.Count; then++)
                    {
                        if (ShiftRules.Broken(first, facts.DutyOf(day + later, then), [], rules).Count > 0) yield return new RosterClash(day, k, later, then);
                    }
                }
            }
        }
    }

    private static IEnumerable<RosterWish> Wishes(PlanFacts facts)
    {
        var member = facts.People.Select((p, m) => (p.Person, m)).ToDictionary(p => p.Person, p => p.m);
        foreach (var wish in facts.Wishes.Where(w => member.ContainsKey(w.Person)))
        {
            var kinds = Enumerable.Range(0, facts.Shifts.Count).Where(k => string.Equals(facts.Shifts[k].Label, wish.Label, StringComparison.OrdinalIgnoreCase)).ToList();
            var (m, day, weight) = (member[wish.Person], wish.Day.DayNumber - facts.Plan.First.DayNumber, wish.Weight * facts.Ask.Weights.Wishes * 2);
            // What already stands decides a wish before anything is planned.
            if (facts.People[m].Duties.Any(d => !d.Off && ShiftRules.Day(d.Start, facts.Rules) == wish.Day)) continue;
            if (wish.Label.Length == 0) yield return new RosterWish(m, day, null, wish.Wants, weight);
            else foreach (var kind in wish.Wants ? kinds.Take(1) : kinds) yield return new RosterWish(m, day, kind, wish.Wants, weight);
        }
    }

    /// <summary>Who has had more of something has it last, at most ten steps of difference.</summary>
    private static IEnumerable<RosterBalance> Balances(PlanFacts facts)
    {
        var weights = facts.Ask.Weights;
        var nights = Nights(facts).ToList();
        IReadOnlyList<(int, int)> Every(IEnumerable<int> kinds) => [.. Enumerable.Range(0, facts.Plan.Days).SelectMany(d => kinds.Select(k => (d, k)))];
        IReadOnlyList<int> Ahead(Func<LedgerLine, int> of)
        {
            var had = facts.People.Select(p => facts.Before.TryGetValue(p.Person, out var line) ? of(line) : 0).ToList();
            var least = had.DefaultIfEmpty().Min();
            return [.. had.Select(h => Math.Min(10, h - least))];
        }
        if (weights.Nights > 0 && nights.Count > 0) yield return new RosterBalance("nights", Every(nights), Ahead(l => l.Nights), weights.Nights);
        if (weights.Weekends > 0) yield return new RosterBalance("weekends", null, Ahead(l => l.Weekends), weights.Weekends);
        if (weights.Shifts > 0)
        {
            var stands = facts.People.Select(p => p.Duties.Count(d => !d.Off && ShiftRules.Day(d.Start, facts.Rules) >= facts.Plan.First && ShiftRules.Day(d.Start, facts.Rules) < facts.Day(facts.Plan.Days))).ToList();
            yield return new RosterBalance("shifts", Every(Enumerable.Range(0, facts.Shifts.Count)), [.. stands.Select(s => s - stands.DefaultIfEmpty().Min())], weights.Shifts);
        }
    }

    /// <summary>Each cell wishes to stay as it is; the sick person's do not count.</summary>
    private static RosterProblem Sick(PlanFacts facts, RosterProblem problem)
    {
        var now = Cells(facts, facts.Movable.Keys.Where(c => c.Person != facts.Ask.Ill));
        var stay = facts.People.SelectMany((p, m) => p.Person == facts.Ask.Ill ? [] : Enumerable.Range(0, problem.Days).Select(d =>
            now[m, d] is >= 0 and var kind ? new RosterWish(m, d, kind, true, SickCall.Change, "stay") : new RosterWish(m, d, null, false, SickCall.Change, "stay")));
        return problem with { Wishes = [.. stay], Current = now, TouchWeight = SickCall.Person };
    }

    public static RosterCells Cells(PlanFacts facts, IEnumerable<PlanCell> cells)
    {
        var member = facts.People.Select((p, m) => (p.Person, m)).ToDictionary(p => p.Person, p => p.m);
        var read = RosterCells.Empty(facts.People.Count, facts.Plan.Days);
        foreach (var cell in cells)
        {
            if (member.TryGetValue(cell.Person, out var m) && cell.Day >= 0 && cell.Day < facts.Plan.Days && cell.Shift < facts.Shifts.Count) read.Of[m][cell.Day] = cell.Shift;
        }
        return read;
    }

    public static IReadOnlyList<PlanCell> Cells(PlanFacts facts, RosterCells cells) =>
        [.. facts.People.SelectMany((p, m) => Enumerable.Range(0, facts.Plan.Days).Where(d => cells[m, d] >= 0).Select(d => new PlanCell(p.Person, d, cells[m, d])))];
}
