using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>A wish of somebody for a day; an empty label means any shift.</summary>
public sealed record RosterWishRow
{
    public Guid Id { get; init; }
    public Guid Person { get; init; }
    public DateOnly Day { get; init; }
    public string Label { get; init; } = "";
    public bool Wants { get; init; }
    public int Weight { get; init; } = 1;

    internal const string Columns = "w.id, w.person, w.day, w.label, w.wants, w.weight";

    public bool Met(IEnumerable<string> labels) => labels.Any(l => Label.Length == 0 || string.Equals(l, Label, StringComparison.OrdinalIgnoreCase)) == Wants;
}

/// <summary>What somebody has worked, and what became of their wishes.</summary>
public sealed record LedgerLine(Guid Person, int Shifts, double Hours, int Nights, int Weekends, int Met, int Unmet);

/// <summary>
/// The fairness ledger: computed from the shared roster whenever it is asked for, so there is no second truth to keep right. Pure.
/// </summary>
public static class Ledger
{
    /// <summary>How far it looks back.</summary>
    public const int Back = 91;

    public static IReadOnlyDictionary<Guid, LedgerLine> Of(IEnumerable<Guid> people, IEnumerable<ShiftItem> shifts, IEnumerable<RosterWishRow> wishes, TimeZoneInfo zone)
    {
        var worked = shifts.Where(s => s is { Kind: "shift", Person: not null }).ToLookup(s => s.Person!.Value);
        var wished = wishes.ToLookup(w => w.Person);
        return people.Distinct().ToDictionary(p => p, p =>
        {
            var days = worked[p].ToLookup(s => Day(s.StartsAt, zone), s => s.Label);
            var met = wished[p].Count(w => w.Met(days[w.Day]));
            return new LedgerLine(p, worked[p].Count(), worked[p].Sum(s => s.PaidHours), worked[p].Count(s => IsNight(s, zone)),
                worked[p].Select(s => Day(s.StartsAt, zone)).Where(IsWeekend).Select(Weekend).Distinct().Count(), met, wished[p].Count() - met);
        });
    }

    public static bool IsNight(ShiftItem shift, TimeZoneInfo zone)
    {
        var from = PlanShift.Wall(shift.StartsAt, zone);
        return IsNight(from, from + (int)(shift.EndsAt - shift.StartsAt).TotalMinutes);
    }

    /// <summary>Three hours or more between 23:00 and 06:00 (as the working time directive counts a night worker).</summary>
    public static bool IsNight(int fromMinute, int toMinute) => new[] { -60, 1380 }.Sum(night => Math.Max(0, Math.Min(toMinute, night + 420) - Math.Max(fromMinute, night))) >= 180;

    public static bool IsWeekend(DateOnly day) => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    private static DateOnly Weekend(DateOnly day) => day.DayOfWeek == DayOfWeek.Sunday ? day.AddDays(-1) : day;

    private static DateOnly Day(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
}
