using HealthTeams.Collaboration.RosterPlans.Solver;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>Why somebody does not take a shift: the rules it would break; none, and no limit: they could, it costs more elsewhere.</summary>
/// <param name="Limit">A limit of this plan: "nights", "weekends", "kept", "group", "standing".</param>
public sealed record WhyNot(string Name, IReadOnlyList<Broken> Broken, string? Limit = null)
{
    public bool Could => Broken.Count == 0 && Limit is null;
}

/// <summary>A shift with too few people, and what stops each who does not work then.</summary>
public sealed record PlanShortage(DateOnly Day, int Shift, int There, int Needed, IReadOnlyList<WhyNot> Why);

/// <summary>A wish that is not met: what stops the person themself, or who else could have worked and what stops each.</summary>
public sealed record PlanUnmet(RosterWishRow Wish, string Name, string? Works, IReadOnlyList<WhyNot> Why);

/// <summary>One person in numbers.</summary>
public sealed record PlanPerson(Guid Id, string Name, int Shifts, double Hours, int Nights, int Weekends, int Met, int Unmet, LedgerLine? Before);

/// <summary>One person's day after a sick call: another shift, or none.</summary>
public sealed record PlanChange(Guid Person, string Name, DateOnly Day, string? Was, string? Is, bool Shared);

/// <summary>What a plan is worth, in words a ward manager uses.</summary>
public sealed record PlanResult
{
    public required IReadOnlyList<PlanShortage> Shortages { get; init; }
    public required IReadOnlyList<Shortage> Cover { get; init; }
    public required IReadOnlyList<PlanUnmet> Unmet { get; init; }
    public required IReadOnlyList<PlanPerson> People { get; init; }
    public required IReadOnlyList<PlanChange> Changes { get; init; }

    /// <summary>What <see cref="ShiftRules"/> says of the plan as a whole: nothing, or the roster has changed since.</summary>
    public required IReadOnlyList<(DateOnly Day, Broken Broken)> Broken { get; init; }
    public required int Wishes { get; init; }
    public required int Shifts { get; init; }

    public int Missing => Shortages.Sum(s => s.Needed - s.There);
}

/// <summary>Judges and explains a plan by the rules of Shifts, not by the solver's. Pure.</summary>
public static class PlanReasons
{
    /// <param name="explain">Who could have, and why not: not worth its time while better ones are being found.</param>
    public static PlanResult Of(PlanFacts facts, IReadOnlyList<PlanCell> cells, bool explain = true)
    {
        var known = facts.People.ToDictionary(p => p.Person);
        var mine = cells.Where(c => known.ContainsKey(c.Person) && c.Shift < facts.Shifts.Count && c.Day < facts.Plan.Days).ToList();
        var workers = facts.People.ToDictionary(p => p.Person, p => mine.Where(c => c.Person == p.Person).Aggregate(p, (w, c) => w.With(facts.DutyOf(c.Day, c.Shift))));
        var items = mine.Select(c => Item(facts, c)).ToList();
        var all = facts.Standing.Concat(items).ToList();
        return new PlanResult
        {
            Shortages = [.. Shortages(facts, mine, workers, explain)],
            Cover = [.. CoverRules.Shortages(all, facts.Covers, Enumerable.Range(0, facts.Plan.Days).Select(facts.Day), facts.Zone, (who, skill, on) => workers.TryGetValue(who, out var w) ? w.Skills.TryGetValue(skill, out var until) && (until is null || until >= on) : facts.Roster.People.Any(p => p.Id == who && p.Skills.Contains(skill, StringComparer.OrdinalIgnoreCase)))],
            Unmet = [.. facts.Wishes.Where(w => workers.ContainsKey(w.Person) && !w.Met(Labels(facts, workers[w.Person], w.Day))).Select(w => explain ? Unmet(facts, w, mine, workers) : new PlanUnmet(w, workers[w.Person].Name, null, []))],
            People = [.. facts.People.Select(p => Person(facts, workers[p.Person]))],
            Changes = facts.Plan.Illness ? [.. Changes(facts, mine)] : [],
            Broken = [.. mine.SelectMany(c => ShiftRules.Broken(workers[c.Person], facts.DutyOf(c.Day, c.Shift), facts.Shifts[c.Shift].Skills, facts.Rules).Select(b => (facts.Day(c.Day), b))).DistinctBy(b => b.b.Words)],
            Wishes = facts.Wishes.Count(w => workers.ContainsKey(w.Person)), Shifts = mine.Count,
        };
    }

    internal static ShiftItem Item(PlanFacts facts, PlanCell cell)
    {
        var (shift, duty) = (facts.Shifts[cell.Shift], facts.DutyOf(cell.Day, cell.Shift));
        return new ShiftItem { Id = duty.Id, Draft = true, Team = facts.Plan.Team, Kind = "shift", Person = cell.Person, Group = shift.Group, Label = shift.Label, Theme = shift.Theme, Skills = shift.Skills, StartsAt = duty.Start, EndsAt = duty.End };
    }

    private static IEnumerable<string> Labels(PlanFacts facts, Worker who, DateOnly day) => who.Duties.Where(d => !d.Off && ShiftRules.Day(d.Start, facts.Rules) == day).Select(d => d.Label);

    private static IEnumerable<PlanShortage> Shortages(PlanFacts facts, IReadOnlyList<PlanCell> cells, Dictionary<Guid, Worker> workers, bool explain)
    {
        foreach (var need in PlanNeeds.Of(facts).Where(n => n.Name == "shift"))
        {
            var shift = need.By[0].Kind;
            var there = need.Given + cells.Count(c => c.Day == need.Day && c.Shift == shift);
            if (there < need.People) yield return new(facts.Day(need.Day), shift, there, need.People, explain ? Why(facts, need.Day, shift, cells, workers, null) : []);
        }
    }

    /// <summary>Everybody who does not work that day, the sick left out: those who could first, then by how much stops them.</summary>
    private static IReadOnlyList<WhyNot> Why(PlanFacts facts, int day, int shift, IReadOnlyList<PlanCell> cells, Dictionary<Guid, Worker> workers, Guid? but) =>
    [
        .. facts.People.Where(p => p.Person != but && p.Person != facts.Ask.Ill && !cells.Any(c => c.Person == p.Person && c.Day == day && c.Shift == shift)).Select(p => Why(facts, p.Person, day, shift, cells, workers)).OfType<WhyNot>()
            .OrderBy(w => w.Broken.Count + (w.Limit is null ? 0 : 1)).ThenBy(w => w.Name, StringComparer.OrdinalIgnoreCase),
    ];

    /// <returns>Null: a shift of a group the person is not in.</returns>
    private static WhyNot? Why(PlanFacts facts, Guid person, int day, int shift, IReadOnlyList<PlanCell> cells, Dictionary<Guid, Worker> workers)
    {
        var (who, kind) = (workers[person], facts.Shifts[shift]);
        if (kind.Group is { } g && !facts.Roster.Groups.Any(x => x.Id == g && x.People.Contains(person))) return null;
        var broken = ShiftRules.Broken(who, facts.DutyOf(day, shift), kind.Skills, facts.Rules);
        // A shift the plan itself gave on that day could be given up for this one: no rule, a choice.
        var busy = cells.Any(c => c.Person == person && c.Day == day) || broken.Any(b => b.Rule is "overlap" or "one-a-day");
        var limit = facts.Ask.Locks.Any(l => l.Person == person && l.Day == facts.Day(day) && (l.Forbid ? l.Shift == shift : l.Shift != shift)) ? "kept"
            : kind.Night && facts.Ask.MostNights is { } nights && Person(facts, who).Nights >= nights ? "nights"
            : facts.Ask.MostWeekends is { } weekends && Ledger.IsWeekend(facts.Day(day)) && Person(facts, who).Weekends >= weekends && !WorksWeekend(facts, who, day) ? "weekends" 
            : busy && broken.Count == 0 ? "standing" : null;
        return new WhyNot(who.Name, broken, limit);
    }

    private static bool WorksWeekend(PlanFacts facts, Worker who, int day)
    {
        var saturday = facts.Day(day).DayOfWeek == DayOfWeek.Sunday ? facts.Day(day).AddDays(-1) : facts.Day(day);
        return who.Duties.Any(d => !d.Off && ShiftRules.Day(d.Start, facts.Rules) is var on && (on == saturday || on == saturday.AddDays(1)));
    }

    private static PlanUnmet Unmet(PlanFacts facts, RosterWishRow wish, IReadOnlyList<PlanCell> cells, Dictionary<Guid, Worker> workers)
    {
        var (who, day) = (workers[wish.Person], wish.Day.DayNumber - facts.Plan.First.DayNumber);
        var works = Labels(facts, who, wish.Day).FirstOrDefault();
        var cell = cells.Where(c => c.Person == wish.Person && c.Day == day).Select(c => (int?)c.Shift).FirstOrDefault();
        if (!wish.Wants) return new(wish, who.Name, works, cell is { } shift ? Why(facts, day, shift, cells, workers, wish.Person) : []);
        var wanted = Enumerable.Range(0, facts.Shifts.Count).Where(k => wish.Label.Length == 0 || string.Equals(facts.Shifts[k].Label, wish.Label, StringComparison.OrdinalIgnoreCase));
        return new(wish, who.Name, works, [.. wanted.Select(k => Why(facts, wish.Person, day, k, cells, workers)).OfType<WhyNot>().OrderBy(w => w.Broken.Count).Take(1)]);
    }

    private static PlanPerson Person(PlanFacts facts, Worker who)
    {
        var days = who.Duties.Where(d => !d.Off && ShiftRules.Day(d.Start, facts.Rules) is var on && on >= facts.Plan.First && on < facts.Day(facts.Plan.Days)).ToList();
        var wishes = facts.Wishes.Where(w => w.Person == who.Person).ToList();
        var met = wishes.Count(w => w.Met(Labels(facts, who, w.Day)));
        return new(who.Person, who.Name, days.Count, days.Sum(d => d.Hours), days.Count(d => Ledger.IsNight(PlanShift.Wall(d.Start, facts.Zone), PlanShift.Wall(d.Start, facts.Zone) + (int)(d.End - d.Start).TotalMinutes)),
            days.Select(d => ShiftRules.Day(d.Start, facts.Rules)).Where(Ledger.IsWeekend).Select(d => d.DayOfWeek == DayOfWeek.Sunday ? d.AddDays(-1) : d).Distinct().Count(), met, wishes.Count - met, facts.Before.GetValueOrDefault(who.Person));
    }

    private static IEnumerable<PlanChange> Changes(PlanFacts facts, IReadOnlyList<PlanCell> cells)
    {
        foreach (var person in facts.People)
        {
            for (var day = 0; day < facts.Plan.Days; day++)
            {
                var was = facts.Movable.Where(c => c.Key.Person == person.Person && c.Key.Day == day).Select(c => ((int?)c.Key.Shift, c.Value)).FirstOrDefault();
                var now = cells.Where(c => c.Person == person.Person && c.Day == day).Select(c => (int?)c.Shift).FirstOrDefault();
                if (was.Item1 != now) yield return new(person.Person, person.Name, facts.Day(day), was.Item1 is { } w ? facts.Shifts[w].Label : null, now is { } n ? facts.Shifts[n].Label : null, was.Value is { Draft: false });
            }
        }
    }
}
