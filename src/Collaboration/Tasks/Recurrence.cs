namespace HealthTeams.Collaboration.Tasks;

public enum Pattern { Daily, Weekly, MonthlyDay, MonthlyWeekday, Yearly }

/// <summary>
/// TK-05: how something recurs by the calendar, in days; the time of day is the hospital's clock on that day. Pure.
/// A day that a month lacks is its last one (31 in April, 29-Feb in most years), so that a monthly round is never left out.
/// </summary>
/// <param name="Weekdays">ISO: 1 is Monday, 7 Sunday.</param>
/// <param name="Nth">1 to 4, or -1 for the last.</param>
public sealed record Recurrence(
    Pattern Pattern, int Every, DateOnly First, IReadOnlyList<int> Weekdays, int? MonthDay = null, int? Nth = null, int? Month = null, DateOnly? Until = null, int? Times = null)
{
    /// <summary>Occurrence 1, 2, 3 ... with their days; ends by date, by number, or with the calendar.</summary>
    public IEnumerable<(int Occurrence, DateOnly Day)> Occurrences()
    {
        var number = 0;
        foreach (var day in Days())
        {
            if (day < First) continue;
            if (day > Until || number >= Times) yield break;
            yield return (++number, day);
        }
    }

    private IEnumerable<DateOnly> Days()
    {
        var last = DateOnly.MaxValue.AddYears(-400);
        switch (Pattern)
        {
            case Pattern.Daily:
                for (var day = First; day < last; day = day.AddDays(Every)) yield return day;
                break;
            case Pattern.Weekly:
                for (var monday = First.AddDays(1 - Iso(First)); monday < last; monday = monday.AddDays(7 * Every))
                {
                    foreach (var weekday in Weekdays.Order()) yield return monday.AddDays(weekday - 1);
                }
                break;
            default:
                var months = Pattern == Pattern.Yearly ? 12 * Every : Every;
                var start = new DateOnly(First.Year, Pattern == Pattern.Yearly ? Month ?? First.Month : First.Month, 1);
                for (var month = start; month < last; month = month.AddMonths(months)) yield return InMonth(month);
                break;
        }
    }

    private DateOnly InMonth(DateOnly first)
    {
        var days = DateTime.DaysInMonth(first.Year, first.Month);
        if (Nth is not { } nth) return first.AddDays(Math.Min(MonthDay ?? First.Day, days) - 1);
        var weekday = Weekdays.Count > 0 ? Weekdays[0] : Iso(First);
        if (nth > 0) return first.AddDays((weekday - Iso(first) + 7) % 7 + 7 * (nth - 1));
        var end = first.AddDays(days - 1);
        return end.AddDays(-((Iso(end) - weekday + 7) % 7));
    }

    public static int Iso(DateOnly day) => day.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)day.DayOfWeek;

    /// <summary>Every rule that is broken.</summary>
    public IReadOnlyList<Problem> Wrong()
    {
        var wrong = new List<Problem>();
        if (Every is < 1 or > 366) wrong.Add(Problem.Invalid("Repeats every 1 to 366.", "every"));
        if (Pattern == Pattern.Weekly && Weekdays.Count == 0) wrong.Add(Problem.Invalid("A weekly task needs at least one weekday.", "weekdays"));
        if (Pattern == Pattern.MonthlyWeekday && (Nth is not (>= 1 and <= 4 or -1) || Weekdays.Count != 1)) wrong.Add(Problem.Invalid("Say which weekday of the month: first to fourth or last, and one day.", "nth"));
        if (Weekdays.Any(d => d is < 1 or > 7)) wrong.Add(Problem.Invalid("Weekdays are 1 (Monday) to 7 (Sunday).", "weekdays"));
        if (MonthDay is < 1 or > 31) wrong.Add(Problem.Invalid("A day of the month is 1 to 31.", "monthDay"));
        if (Month is < 1 or > 12) wrong.Add(Problem.Invalid("A month is 1 to 12.", "month"));
        if (Until < First) wrong.Add(Problem.Invalid("It ends before it begins.", "until"));
        if (Times is < 1 or > 10_000) wrong.Add(Problem.Invalid("A series has 1 to 10,000 occurrences.", "times"));
        if (First.Year is < 2000 or > 2200) wrong.Add(Problem.Invalid("The first day lies between the years 2000 and 2200.", "first"));
        return wrong;
    }
}
