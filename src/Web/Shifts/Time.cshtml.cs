using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>SH-13: the worked time of a week; corrections keep what was clocked; confirmed by the person and by a manager.</summary>
public sealed class TimePage(TimeClock clock, Rosters rosters) : StaffPage
{
    public TimeSheet Sheet { get; private set; } = null!;
    public DateOnly From { get; private set; }
    public int Days { get; private set; } = 7;
    public Problem? Refused { get; private set; }
    public string RosterZone => Sheet.Place.Schedule.Zone;
    public IEnumerable<(string Name, double Hours)> Totals => Sheet.Cards.GroupBy(c => c.Person).Select(g => (Sheet.Names.GetValueOrDefault(g.Key, ""), g.Sum(c => c.Hours(Now)))).OrderBy(t => t.Item1, StringComparer.OrdinalIgnoreCase);

    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days) => await Load(team, from, days) ?? Page();

    public async Task<IActionResult> OnPostConfirmAsync(Guid team, Guid card, int version, string? from) => await Done(team, from, (await clock.Confirm(Me, card, version, Stop)).Problem);

    public async Task<IActionResult> OnPostCorrectAsync(Guid team, Guid card, int version, string? date, string? start, string? endDate, string? end, string? breaks, string? notes, string? from)
    {
        if (await Load(team, from, null) is { } refused) return refused;
        var zone = Sheet.Place.Schedule.TimeZone;
        var running = string.IsNullOrWhiteSpace(end);
        if (ShiftTimes.Span(date, start, endDate, running ? "23:59" : end, zone) is not { } span) return await Done(team, from, Problem.Unprocessable("A day is written 2026-11-30 and a time 07:00.", "date", "time-format"));
        if (ShiftTimes.Activities(string.Join('\n', (breaks ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(b => b + " break")), span.From, zone) is not { } pauses)
        {
            return await Done(team, from, Problem.Unprocessable("Breaks are written 12:00-12:30, with commas between them.", "breaks", "time-format"));
        }
        return await Done(team, from, (await clock.Correct(Me, card, version, span.From, running ? null : span.To, [.. pauses.Select(p => new ClockBreak(p.Start, p.End))], notes ?? "", Stop)).Problem);
    }

    private async Task<IActionResult> Done(Guid team, string? from, Problem? problem)
    {
        if (problem is null) return SeeOther($"/shifts/{team}/time{(ShiftTimes.Day(from) is { } day ? $"?from={day:yyyy-MM-dd}" : "")}");
        if (problem.Status == 404) return Refuse(problem);
        if (await Load(team, from, null) is { } refused) return refused;
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, string? from, int? days)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var roster = await rosters.Read(Me, team, ShiftTimes.Day(from), 1, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        var zone = roster.Value.Place.Schedule.TimeZone;
        (From, Days) = (roster.Value.From, Math.Clamp(days ?? 7, 1, Rosters.MostDays));
        var sheet = await clock.Sheet(Me, team, CoverRules.At(From, 0, zone), CoverRules.At(From.AddDays(Days), 0, zone), Stop);
        if (!sheet.Ok) return Refuse(sheet.Problem);
        Sheet = sheet.Value;
        return null;
    }
}
