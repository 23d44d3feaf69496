namespace HealthTeams.Collaboration.Shifts;

/// <summary>A time of a day with fewer people than there must be.</summary>
public sealed record Shortage(DateOnly Day, Cover Cover, int There);

/// <summary>Minimum staffing: at every moment of the cover's time so many are at work (with that skill).</summary>
public static class CoverRules
{
    public static IEnumerable<Shortage> Shortages(IReadOnlyList<ShiftItem> shifts, IReadOnlyList<Cover> covers, IEnumerable<DateOnly> days, TimeZoneInfo zone, Func<Guid, string, DateOnly, bool> has)
    {
        foreach (var day in days)
        {
            foreach (var cover in covers.Where(c => c.Weekdays.Contains((int)day.DayOfWeek)))
            {
                var there = Least(shifts, cover, day, zone, has);
                if (there < cover.People) yield return new(day, cover, there);
            }
        }
    }

    /// <summary>The fewest at any moment: numbers change only where a shift begins or ends.</summary>
    public static int Least(IReadOnlyList<ShiftItem> shifts, Cover cover, DateOnly day, TimeZoneInfo zone, Func<Guid, string, DateOnly, bool> has)
    {
        var (from, to) = (At(day, cover.FromMinute, zone), At(day, cover.ToMinute, zone));
        var counted = shifts.Where(s => s.Kind == "shift" && s.StartsAt < to && s.EndsAt > from && (cover.Group is null || s.Group == cover.Group)
            && (cover.Skill is null || has(s.Person!.Value, cover.Skill, day))).ToList();
        var moments = counted.SelectMany(s => new[] { s.StartsAt, s.EndsAt }).Where(m => m > from && m < to).Append(from).Distinct();
        return moments.Min(m => counted.Count(s => s.StartsAt <= m && m < s.EndsAt));
    }

    /// <summary>A time on the wall of that place; one that a change to summer time leaves out is an hour later.</summary>
    public static DateTimeOffset At(DateOnly day, int minute, TimeZoneInfo zone)
    {
        var wall = day.ToDateTime(TimeOnly.MinValue).AddMinutes(minute);
        if (zone.IsInvalidTime(wall)) wall = wall.AddHours(1);
        return new DateTimeOffset(wall, zone.GetUtcOffset(wall));
    }
}
