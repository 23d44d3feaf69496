using HealthTeams.Collaboration.RosterPlans.Solver;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>How many people it takes: of each shift as the manager said, and at each moment as minimum staffing says. Pure.</summary>
public static class PlanNeeds
{
    public const int TooMany = 2;

    public static IReadOnlyList<RosterNeed> Of(PlanFacts facts)
    {
        var price = facts.Plan.Illness ? SickCall.Uncovered : facts.Ask.Weights.Staff * 20;
        var standing = facts.Standing.ToList();
        var byDay = standing.ToLookup(facts.Roster.DayOf);
        return [.. Enumerable.Range(0, facts.Plan.Days).SelectMany(d => facts.Plan.Illness ? AsBefore(facts, d, price) : Shifts(facts, d, price, byDay).Concat(Moments(facts, d, price, standing)))];
    }

    private static IEnumerable<RosterNeed> AsBefore(PlanFacts facts, int day, int price) => Enumerable.Range(0, facts.Shifts.Count)
        .Select(k => new RosterNeed("shift", day, facts.Movable.Keys.Count(c => c.Day == day && c.Shift == k), price, price, [(day, k)]));

    private static IEnumerable<RosterNeed> Shifts(PlanFacts facts, int day, int price, ILookup<DateOnly, ShiftItem> standing) => facts.Shifts.Select((s, k) =>
        new RosterNeed("shift", day, s.Needed[(int)facts.Day(day).DayOfWeek], price, TooMany, [(day, k)], null, standing[facts.Day(day)].Count(i => s.Is(i, facts.Zone))));

    /// <summary>Minimum staffing holds at every moment: numbers change only where a shift begins or ends.</summary>
    private static IEnumerable<RosterNeed> Moments(PlanFacts facts, int day, int price, IReadOnlyList<ShiftItem> all)
    {
        var on = facts.Day(day);
        foreach (var cover in facts.Covers.Where(c => c.Weekdays.Contains((int)on.DayOfWeek)))
        {
            var kinds = Enumerable.Range(0, facts.Shifts.Count).Where(k => cover.Group is null || facts.Shifts[k].Group == cover.Group).ToList();
            if (kinds.Count == 0) continue;
            var (from, to) = (CoverRules.At(on, cover.FromMinute, facts.Zone), CoverRules.At(on, cover.ToMinute, facts.Zone));
            var can = cover.Skill is { } skill ? Enumerable.Range(0, facts.People.Count).Where(m => Has(facts.People[m], skill, on)).ToList() : null;
            var standing = all.Where(i => (cover.Group is null || i.Group == cover.Group) && i.StartsAt < to && i.EndsAt > from && (cover.Skill is null || HasSkill(facts, i.Person!.Value, cover.Skill, on))).ToList();
            var duties = kinds.SelectMany(k => new[] { -1, 0, 1 }.Select(n => (Day: day + n, Kind: k, Duty: facts.DutyOf(day + n, k)))).Where(x => x.Duty.Start < to && x.Duty.End > from).ToList();
            var moments = standing.SelectMany(i => new[] { i.StartsAt, i.EndsAt }).Concat(duties.SelectMany(x => new[] { x.Duty.Start, x.Duty.End })).Where(m => m > from && m < to).Append(from).Distinct().Order();
            var seen = new HashSet<string>();
            foreach (var moment in moments)
            {
                var by = duties.Where(x => x.Duty.Start <= moment && moment < x.Duty.End).Select(x => (x.Day, x.Kind)).ToList();
                var given = standing.Count(i => i.StartsAt <= moment && moment < i.EndsAt);
                // Two moments with the same people are one need.
                if (seen.Add($"{string.Join(',', by)}/{given}") && by.Count > 0) yield return new RosterNeed("cover", day, cover.People, price, 0, by, can, given);
            }
        }
    }

    private static bool Has(Worker who, string skill, DateOnly on) => who.Skills.TryGetValue(skill, out var until) && (until is null || until >= on);

    private static bool HasSkill(PlanFacts facts, Guid person, string skill, DateOnly on) => facts.People.FirstOrDefault(p => p.Person == person) is { } known
        ? Has(known, skill, on) : facts.Roster.People.FirstOrDefault(p => p.Id == person)?.Skills.Contains(skill, StringComparer.OrdinalIgnoreCase) == true;
}
