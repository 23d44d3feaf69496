using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>What a schedule usually has: nobody types in what the roster says already. Pure.</summary>
internal static class UsualShifts
{
    public static IReadOnlyList<PlanShift> Of(params ReadOnlySpan<Roster> rosters)
    {
        foreach (var roster in rosters)
        {
            var found = Of(roster);
            if (found.Count > 0) return found;
        }
        return [];
    }

    private static List<PlanShift> Of(Roster roster)
    {
        var zone = roster.Place.Schedule.TimeZone;
        var active = roster.Groups.Where(g => g.Active).Select(g => g.Id).ToHashSet();
        var items = roster.Items.Where(i => i is { Kind: "shift", Removed: false, Label.Length: > 0 } && i.Group is { } g && active.Contains(g)).ToList();
        return
        [
            .. SickCall.Shifts(items, zone).Select(s => (Shift: s, Items: items.Where(i => s.Is(i, zone)).ToList())).OrderByDescending(s => s.Items.Count).Take(Planning.MostShifts)
                .OrderBy(s => roster.Groups.FirstOrDefault(g => g.Id == s.Shift.Group)?.Position).ThenBy(s => s.Shift.FromMinute).Select(s => s.Shift with { Needed = [.. Enumerable.Range(0, 7).Select(d => Usual(s.Items, d, roster))] }),
        ];
    }

    /// <summary>The middle of the weeks that have a roster.</summary>
    private static int Usual(List<ShiftItem> items, int weekday, Roster roster)
    {
        var days = items.Select(roster.DayOf).ToHashSet();
        var counts = roster.AllDays.Chunk(7).Where(week => roster.Items.Any(i => i.Kind == "shift" && week.Contains(roster.DayOf(i)))).SelectMany(week => week).Where(d => (int)d.DayOfWeek == weekday)
            .Select(d => days.Contains(d) ? items.Count(i => roster.DayOf(i) == d) : 0).Order().ToList();
        return counts.Count == 0 ? 0 : counts[counts.Count / 2];
    }
}
