using System.Globalization;
using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>A month of a set of tasks, in whole weeks from Monday.</summary>
public sealed record TaskCalendar(DateOnly From, DateOnly To, DateOnly First, DateOnly Today, IReadOnlyList<CareTask> Tasks, string Path)
{
    public IEnumerable<DateOnly[]> Weeks
    {
        get
        {
            for (var monday = From; monday <= To; monday = monday.AddDays(7)) yield return [.. Enumerable.Range(0, 7).Select(monday.AddDays)];
        }
    }

    /// <summary>On the day it is due; what has only a start, on that.</summary>
    public IReadOnlyList<CareTask> On(DateOnly day) => [.. Tasks.Where(t => (t.DueDay ?? t.StartDay) == day).OrderBy(t => t.DueMinute ?? t.StartMinute ?? 1440).ThenBy(t => t.Priority)];

    public string Link(DateOnly month) => $"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}on={month:yyyy-MM}";

    public static DateOnly Month(string? asked, DateOnly today) =>
        DateOnly.TryParseExact(asked + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && month.Year is > 2000 and < 2200 ? month : new DateOnly(today.Year, today.Month, 1);

    public static (DateOnly From, DateOnly To) Span(string? asked, DateOnly today)
    {
        var first = Month(asked, today);
        var last = first.AddMonths(1).AddDays(-1);
        return (first.AddDays(1 - Recurrence.Iso(first)), last.AddDays(7 - Recurrence.Iso(last)));
    }
}
