using System.Globalization;
using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>A month of a set of tasks in whole weeks from Monday, or one week.</summary>
public sealed record TaskCalendar(TaskSpan Span, DateOnly Today, IReadOnlyList<CareTask> Tasks, string Path)
{
    public IEnumerable<DateOnly[]> Weeks
    {
        get
        {
            for (var monday = Span.From; monday <= Span.To; monday = monday.AddDays(7)) yield return [.. Enumerable.Range(0, 7).Select(monday.AddDays)];
        }
    }

    /// <summary>On the day it is due; what has only a start, on that.</summary>
    public IReadOnlyList<CareTask> On(DateOnly day) => [.. Tasks.Where(t => (t.DueDay ?? t.StartDay) == day).OrderBy(t => t.DueMinute ?? t.StartMinute ?? 1440).ThenBy(t => t.Priority)];

    /// <summary>So many months or weeks further.</summary>
    public string Link(int step, bool? week = null) => Path + (Path.Contains('?', StringComparison.Ordinal) ? '&' : '?') + ((week ?? Span.Week)
        ? $"span=week&on={(Span.Week || Span.First.Month != Today.Month || Span.First.Year != Today.Year ? Span.First.AddDays(7 * step) : Today):yyyy-MM-dd}" : $"on={Span.First.AddMonths(step):yyyy-MM}");
}

/// <summary>The days a calendar shows.</summary>
/// <param name="First">The first of the month, or the Monday.</param>
public sealed record TaskSpan(DateOnly From, DateOnly To, DateOnly First, bool Week)
{
    /// <param name="on">"2026-11", or a day of the week that is asked for.</param>
    public static TaskSpan Of(string? on, bool week, DateOnly today)
    {
        var day = DateOnly.TryParseExact(on, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact) ? exact
            : DateOnly.TryParseExact(on + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) ? month : today;
        if (day.Year is < 2000 or > 2200) day = today;
        var monday = day.AddDays(1 - Recurrence.Iso(day));
        if (week) return new(monday, monday.AddDays(6), monday, true);
        var first = new DateOnly(day.Year, day.Month, 1);
        var last = first.AddMonths(1).AddDays(-1);
        return new(first.AddDays(1 - Recurrence.Iso(first)), last.AddDays(7 - Recurrence.Iso(last)), first, false);
    }
}
