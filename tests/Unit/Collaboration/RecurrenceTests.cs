using HealthTeams.Collaboration.Forms;
using HealthTeams.Collaboration.Tasks;
using Xunit;

namespace HealthTeams.Tests.Tasks;

public sealed class RecurrenceTests
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    [Fact, Trait("Row", "TK-05")]
    public void Every_rule_gives_rising_days_from_its_first_that_fit_its_pattern()
    {
        var random = new Random(20261123);
        for (var i = 0; i < 2000; i++)
        {
            var first = new DateOnly(2024, 1, 1).AddDays(random.Next(2000));
            var pattern = (Pattern)random.Next(5);
            var every = random.Next(1, 8);
            int[] weekdays = pattern switch { Pattern.Weekly => [.. Enumerable.Range(1, 7).OrderBy(_ => random.Next()).Take(random.Next(1, 8))], Pattern.MonthlyWeekday => [random.Next(1, 8)], _ => [] };
            int? nth = pattern == Pattern.MonthlyWeekday ? new[] { 1, 2, 3, 4, -1 }[random.Next(5)] : null;
            var rule = new Recurrence(pattern, every, first, weekdays, pattern is Pattern.MonthlyDay or Pattern.Yearly ? random.Next(1, 32) : null, nth, pattern == Pattern.Yearly ? random.Next(1, 13) : null, Times: 25);
            Assert.Empty(rule.Wrong());
            var days = rule.Occurrences().ToList();
            Assert.Equal(Enumerable.Range(1, 25), days.Select(d => d.Occurrence));
            Assert.All(days.Zip(days.Skip(1)), p => Assert.True(p.First.Day < p.Second.Day));
            Assert.All(days, d => Assert.True(d.Day >= first && Fits(rule, d.Day), $"{rule} gives {d.Day}"));
            // Ended by a date it gives exactly those up to it.
            var until = days[random.Next(25)].Day;
            Assert.Equal(days.Where(d => d.Day <= until), (rule with { Times = null, Until = until }).Occurrences());
        }
    }

    private static bool Fits(Recurrence r, DateOnly day)
    {
        var months = (day.Year - r.First.Year) * 12 + day.Month - r.First.Month;
        var last = DateTime.DaysInMonth(day.Year, day.Month);
        return r.Pattern switch
        {
            Pattern.Daily => (day.DayNumber - r.First.DayNumber) % r.Every == 0,
            Pattern.Weekly => r.Weekdays.Contains(Recurrence.Iso(day)) && (Monday(day).DayNumber - Monday(r.First).DayNumber) % (7 * r.Every) == 0,
            Pattern.MonthlyDay => months % r.Every == 0 && day.Day == Math.Min(r.MonthDay!.Value, last),
            Pattern.MonthlyWeekday => months % r.Every == 0 && Recurrence.Iso(day) == r.Weekdays[0] && (r.Nth > 0 ? (day.Day - 1) / 7 + 1 == r.Nth : day.Day > last - 7),
            _ => (day.Year - r.First.Year) % r.Every == 0 && day.Month == r.Month && day.Day == Math.Min(r.MonthDay!.Value, last),
        };
    }

    private static DateOnly Monday(DateOnly day) => day.AddDays(1 - Recurrence.Iso(day));

    [Theory, Trait("Row", "TK-05")]
    // The night without 02:30, the night with two of them, and the days around.
    [InlineData("2026-03-28", 150, "2026-03-28T01:30:00Z")]
    [InlineData("2026-03-29", 150, "2026-03-29T01:00:00Z")]
    [InlineData("2026-10-25", 150, "2026-10-25T00:30:00Z")]
    [InlineData("2026-10-26", 150, "2026-10-26T01:30:00Z")]
    [InlineData("2026-03-29", 480, "2026-03-29T06:00:00Z")]
    [InlineData("2026-10-25", 480, "2026-10-25T07:00:00Z")]
    public void The_hospitals_clock_stays_the_same_when_it_is_put_forward_or_back(string day, int minute, string instant) =>
        Assert.Equal(DateTimeOffset.Parse(instant), TaskTime.At(DateOnly.Parse(day), minute, Paris));

    [Fact, Trait("Row", "TK-05")]
    public void A_broken_rule_says_all_that_is_broken()
    {
        var wrong = new Recurrence(Pattern.Weekly, 0, new DateOnly(2026, 1, 5), [], Until: new DateOnly(2026, 1, 1), Times: 0).Wrong();
        Assert.Equal(["every", "weekdays", "until", "times"], wrong.Select(p => p.Where));
    }

    [Theory, Trait("Row", "TK-01")]
    [InlineData(0, 1), InlineData(1, 1), InlineData(2, 3), InlineData(4, 3), InlineData(5, 5), InlineData(7, 5), InlineData(8, 9), InlineData(10, 9)]
    public void Priorities_of_0_to_10_are_written_1_3_5_or_9(int number, int written) => Assert.Equal((short)written, TaskRules.PriorityOf(number));

    [Fact, Trait("Row", "TK-02")]
    public void States_are_skipped_forward_and_never_walked_back()
    {
        string[] line = ["requested", "received", "accepted", "ready", "in-progress", "completed"];
        for (var from = 0; from < line.Length; from++)
        {
            for (var to = 0; to < line.Length; to++)
            {
                var putDown = (line[from], line[to]) == ("in-progress", "ready");
                Assert.Equal(to >= from || putDown, TaskRules.May(line[from], line[to]));
            }
        }
        foreach (var end in new[] { "completed", "failed", "rejected", "cancelled" }) Assert.Equal(["entered-in-error"], TaskRules.After(end));
        Assert.Empty(TaskRules.After("entered-in-error"));
        Assert.False(TaskRules.May("in-progress", "rejected"));
    }

    [Fact, Trait("Row", "TK-06")]
    public void A_form_is_read_as_it_is_written()
    {
        const string text = "* Skin | choice: intact, red\nPain | number\nSeen on | date\nTold | yes/no\nRemarks";
        var form = FormLines.Parse(text);
        Assert.Equal(text, FormLines.Print(new CareTask { Form = form.Value }.Questions));
        Assert.Contains("line 1", FormLines.Parse("Skin | choice: one").Problem!.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"size\"", FormLines.Parse("Wound | size").Problem!.Detail, StringComparison.Ordinal);
    }
}
