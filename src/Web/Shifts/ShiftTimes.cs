using System.Globalization;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>Days and times as people type them. Pure.</summary>
internal static partial class ShiftTimes
{
    public static DateOnly? Day(string? text) => DateOnly.TryParseExact(text?.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 2000 and < 2200 ? day : null;

    public static int? Minute(string? text) => TimeOnly.TryParseExact(text?.Trim(), ["HH:mm", "H:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.Hour * 60 + time.Minute : null;

    /// <summary>An end that is not after the beginning is on the next day.</summary>
    public static (DateTimeOffset From, DateTimeOffset To)? Span(string? day, string? start, string? endDay, string? end, TimeZoneInfo zone)
    {
        if (Day(day) is not { } d || Minute(start) is not { } from || Minute(end) is not { } to) return null;
        if (!string.IsNullOrWhiteSpace(endDay) && Day(endDay) is null) return null;
        var last = Day(endDay) ?? (to <= from ? d.AddDays(1) : d);
        return (CoverRules.At(d, from, zone), CoverRules.At(last, to, zone));
    }

    /// <summary>"12:00-12:30 Lunch unpaid", one on a line; null when a line says nothing of the kind.</summary>
    public static IReadOnlyList<ShiftActivity>? Activities(string? text, DateTimeOffset start, TimeZoneInfo zone)
    {
        var all = new List<ShiftActivity>();
        var local = TimeZoneInfo.ConvertTime(start, zone);
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var match = ActivityLine().Match(line);
            if (!match.Success || Minute(match.Groups[1].Value) is not { } from || Minute(match.Groups[2].Value) is not { } to) return null;
            var day = DateOnly.FromDateTime(local.DateTime);
            if (from < local.TimeOfDay.TotalMinutes) (from, to) = (from + 1440, to + 1440);
            if (to <= from) to += 1440;
            if (to - from > 1440) to -= 1440;
            all.Add(new("activity", match.Groups[3].Value.Trim(), !match.Groups[4].Success, CoverRules.At(day, from, zone), CoverRules.At(day, to, zone)));
        }
        return all;
    }

    public static string Lines(IEnumerable<ShiftActivity> activities, string zone) => string.Join('\n', activities.Select(a =>
        $"{HospitalTime.At(a.Start, zone):HH:mm}-{HospitalTime.At(a.End, zone):HH:mm} {a.Name}{(a.Paid ? "" : " unpaid")}"));

    [GeneratedRegex(@"^(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s+(.{1,80}?)(\s+(?:unpaid|non payé))?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ActivityLine();
}
