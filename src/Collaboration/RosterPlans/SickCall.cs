using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>After a sick call the roster itself is the plan: its shifts, its people, and as few changes as can be. Pure.</summary>
internal static class SickCall
{
    /// <summary>What a change of somebody's shift costs, and of one more person's; a shift nobody works costs more than any number of them.</summary>
    public const int Change = 20, Person = 30, Uncovered = 2000;

    public static IReadOnlyList<PlanShift> Shifts(IReadOnlyList<ShiftItem> items, TimeZoneInfo zone)
    {
        var shifts = new List<PlanShift>();
        foreach (var item in items.OrderBy(i => i.StartsAt).ThenBy(i => i.Id))
        {
            if (shifts.Any(s => s.Is(item, zone))) continue;
            var (from, to) = (PlanShift.Wall(item.StartsAt, zone), PlanShift.Wall(item.EndsAt, zone));
            shifts.Add(new PlanShift { Group = item.Group, Label = item.Label, FromMinute = from, ToMinute = to <= from ? to + 1440 : to, Theme = item.Theme, Skills = item.Skills });
        }
        return shifts;
    }

    /// <summary>
    /// What has not begun, of the sick and of everybody whose roster keeps the rules now. Whose roster breaks one (a manager set
    /// it aside) stays as it is: the search could not even leave it alone.
    /// </summary>
    public static Dictionary<PlanCell, ShiftItem> Movable(IReadOnlyList<ShiftItem> inside, IReadOnlyList<PlanShift> shifts, Dictionary<Guid, Worker> workers, Guid? ill, Schedule schedule, RosterPlan plan, DateTimeOffset now)
    {
        var movable = new List<ShiftItem>();
        foreach (var theirs in inside.GroupBy(i => i.Person!.Value))
        {
            var later = theirs.Where(i => i.StartsAt > now).ToList();
            var twice = theirs.GroupBy(i => ShiftRules.Day(i.StartsAt, schedule.Rules)).Any(d => d.Count() > 1);
            var breaks = later.Any(i => ShiftRules.Broken(workers[theirs.Key], i.AsDuty(plan.Team), i.Skills, schedule.Rules).Count > 0);
            if (theirs.Key == ill || (!twice && !breaks)) movable.AddRange(later);
        }
        return PlanFacts.Cells(movable, shifts, plan.First, schedule.TimeZone);
    }
}
