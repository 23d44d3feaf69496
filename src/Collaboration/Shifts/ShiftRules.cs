using System.Globalization;

namespace HealthTeams.Collaboration.Shifts;

/// <summary>The rules of work of one schedule; zero switches a number off.</summary>
public sealed record RosterRules(TimeZoneInfo Zone, DayOfWeek WeekStart, int RestHours, int WeeklyHours, bool OneADay, int DaysInRow, IReadOnlyList<string> NeverAfter);

/// <summary>What somebody does at a time: works, or is off.</summary>
/// <param name="Elsewhere">In a team whose roster the reader may not know: only that it is there is said.</param>
public sealed record Duty(Guid Id, bool Off, DateTimeOffset Start, DateTimeOffset End, string Label, double Hours, bool Elsewhere = false);

/// <summary>SH-10: minutes of a weekday, in a zone.</summary>
public sealed record Available(DayOfWeek Day, int From, int To, string Zone);

/// <summary>All the rules need to know of one person, around the time in question.</summary>
public sealed record Worker(Guid Person, string Name, IReadOnlyList<Duty> Duties, IReadOnlyDictionary<string, DateOnly?> Skills, IReadOnlyList<Available> Availability)
{
    public Worker Without(params ReadOnlySpan<Guid> ids)
    {
        var gone = ids.ToArray();
        return this with { Duties = [.. Duties.Where(d => !gone.Contains(d.Id))] };
    }

    public Worker With(Duty duty) => this with { Duties = [.. Duties.Where(d => d.Id != duty.Id), duty] };
}

/// <summary>One broken rule. Hard ones no manager can set aside.</summary>
/// <param name="Values">What the sentence says: hours, times, names.</param>
public sealed record Broken(string Rule, bool Hard, string Who, params IReadOnlyList<string> Values)
{
    /// <summary>English; the pages say it in the reader's language.</summary>
    public string Words => $"{Who}: " + string.Format(CultureInfo.InvariantCulture, Sentences[Rule], [.. Values]);

    public static readonly IReadOnlyDictionary<string, string> Sentences = new Dictionary<string, string>
    {
        ["overlap"] = "works already from {0} to {1}",
        ["time-off"] = "is off from {0} to {1}",
        ["rest"] = "{0} h of rest beside the shift of {1}, {2} h are due",
        ["weekly-hours"] = "{0} h in the week of {1}, {2} h are the most",
        ["one-a-day"] = "has another shift on {0}",
        ["days-in-row"] = "{0} days in a row, {1} are the most",
        ["never-after"] = "{1} must not follow {0}",
        ["skill"] = "lacks {0}",
        ["availability"] = "is not available from {0} to {1}",
        ["not-member"] = "is no longer a member of the team",
        ["past"] = "the shift of {0} has begun",
        ["identical"] = "both shifts are the same, {0}",
        ["cover"] = "{0} would have {1} of {2} people",
    };
}

/// <summary>
/// What a roster may ask of a person. All rules are looked at together and every broken one is named (SH-22). Pure: the same
/// rules serve a manager's edit, a request, a copy, an import and a solver.
/// </summary>
public static class ShiftRules
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public static IReadOnlyList<Broken> Broken(Worker who, Duty proposed, IReadOnlyList<string> required, RosterRules rules)
    {
        var others = who.Duties.Where(d => d.Id != proposed.Id).ToList();
        var found = new List<Broken>();
        foreach (var clash in others.Where(d => d.Start < proposed.End && proposed.Start < d.End))
        {
            found.Add(new(clash.Off ? "time-off" : "overlap", true, who.Name, Moment(clash.Start, rules), Moment(clash.End, rules)));
        }
        if (proposed.Off) return found;
        var shifts = others.Where(d => !d.Off).ToList();
        found.AddRange(Rest(who, proposed, shifts, rules));
        found.AddRange(Hours(who, proposed, shifts, rules));
        found.AddRange(Days(who, proposed, shifts, rules));
        found.AddRange(Successions(who, proposed, shifts, rules));
        foreach (var skill in required.Where(s => !Has(who, s, Day(proposed.Start, rules)))) found.Add(new("skill", false, who.Name, skill));
        if (!IsAvailable(who, proposed)) found.Add(new("availability", false, who.Name, Moment(proposed.Start, rules), Moment(proposed.End, rules)));
        return found;
    }

    private static IEnumerable<Broken> Rest(Worker who, Duty proposed, List<Duty> shifts, RosterRules rules)
    {
        if (rules.RestHours == 0) yield break;
        var before = shifts.Where(s => s.End <= proposed.Start).MaxBy(s => s.End);
        var after = shifts.Where(s => s.Start >= proposed.End).MinBy(s => s.Start);
        foreach (var (other, rest) in new[] { (before, proposed.Start - before?.End), (after, after?.Start - proposed.End) })
        {
            if (rest is { } given && given < TimeSpan.FromHours(rules.RestHours)) yield return new("rest", false, who.Name, Number(given.TotalHours), Moment(other!.Start, rules), Number(rules.RestHours));
        }
    }

    private static IEnumerable<Broken> Hours(Worker who, Duty proposed, List<Duty> shifts, RosterRules rules)
    {
        if (rules.WeeklyHours == 0) yield break;
        var from = WeekOf(Day(proposed.Start, rules), rules);
        var hours = proposed.Hours + shifts.Where(s => WeekOf(Day(s.Start, rules), rules) == from).Sum(s => s.Hours);
        if (hours > rules.WeeklyHours + 1e-6) yield return new("weekly-hours", false, who.Name, Number(hours), Date(from), Number(rules.WeeklyHours));
    }

    private static IEnumerable<Broken> Days(Worker who, Duty proposed, List<Duty> shifts, RosterRules rules)
    {
        var day = Day(proposed.Start, rules);
        var worked = shifts.Select(s => Day(s.Start, rules)).ToHashSet();
        if (rules.OneADay && worked.Contains(day)) yield return new("one-a-day", false, who.Name, Date(day));
        if (rules.DaysInRow == 0) yield break;
        var row = 1;
        for (var d = day.AddDays(-1); worked.Contains(d); d = d.AddDays(-1)) row++;
        for (var d = day.AddDays(1); worked.Contains(d); d = d.AddDays(1)) row++;
        if (row > rules.DaysInRow) yield return new("days-in-row", false, who.Name, Number(row), Number(rules.DaysInRow));
    }

    /// <summary>A succession is one of neighbours that start at most a day and a half apart: two days off forgive it.</summary>
    private static IEnumerable<Broken> Successions(Worker who, Duty proposed, List<Duty> shifts, RosterRules rules)
    {
        if (rules.NeverAfter.Count == 0) yield break;
        var before = shifts.Where(s => s.End <= proposed.Start).MaxBy(s => s.End);
        var after = shifts.Where(s => s.Start >= proposed.End).MinBy(s => s.Start);
        foreach (var (one, next) in new[] { (before, proposed), (proposed, after) })
        {
            if (one is null || next is null || next.Start - one.Start > TimeSpan.FromHours(36)) continue;
            if (rules.NeverAfter.Contains($"{one.Label}>{next.Label}", StringComparer.OrdinalIgnoreCase)) yield return new("never-after", false, who.Name, one.Label, next.Label);
        }
    }

    private static bool Has(Worker who, string skill, DateOnly on) =>
        who.Skills.Any(s => string.Equals(s.Key, skill, StringComparison.OrdinalIgnoreCase) && (s.Value is null || s.Value >= on));

    /// <summary>Every minute of the shift lies in a time the person gave; who gave none can always.</summary>
    private static bool IsAvailable(Worker who, Duty proposed)
    {
        if (who.Availability.Count == 0) return true;
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(who.Availability[0].Zone, out var found) ? found : TimeZoneInfo.Utc;
        var at = TimeZoneInfo.ConvertTime(proposed.Start, zone).DateTime;
        var end = TimeZoneInfo.ConvertTime(proposed.End, zone).DateTime;
        while (at < end)
        {
            var minute = (int)at.TimeOfDay.TotalMinutes;
            var given = who.Availability.Where(a => a.Day == at.DayOfWeek && a.From <= minute && minute < a.To).ToList();
            if (given.Count == 0) return false;
            at = at.Date.AddMinutes(given.Max(a => a.To));
        }
        return true;
    }

    public static DateOnly Day(DateTimeOffset at, RosterRules rules) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, rules.Zone).DateTime);

    public static DateOnly WeekOf(DateOnly day, RosterRules rules) => day.AddDays(-(((int)day.DayOfWeek - (int)rules.WeekStart + 7) % (int)Week.TotalDays));

    internal static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
    internal static string Date(DateOnly day) => day.ToString("dd-MMM-yyyy", CultureInfo.InvariantCulture);
    internal static string Moment(DateTimeOffset at, RosterRules rules) => TimeZoneInfo.ConvertTime(at, rules.Zone).ToString("dd-MMM-yyyy HH:mm", CultureInfo.InvariantCulture);
}
