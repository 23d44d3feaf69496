namespace HealthTeams.Collaboration.Tasks;

/// <summary>Days and times of the hospital's clocks as instants. Pure.</summary>
public static class TaskTime
{
    /// <summary>The instant at which something due then is late: the minute itself, or the end of the day.</summary>
    public static DateTimeOffset DueAt(DateOnly day, short? minute, TimeZoneInfo zone) => minute is { } m ? At(day, m, zone) : At(day.AddDays(1), 0, zone);

    public static DateTimeOffset StartAt(DateOnly day, short? minute, TimeZoneInfo zone) => At(day, minute ?? 0, zone);

    /// <summary>A time that a clock change leaves out is the first after it; of a time that comes twice it is the first.</summary>
    public static DateTimeOffset At(DateOnly day, int minute, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue).AddMinutes(minute);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    public static DateOnly Day(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    public static (DateOnly Day, short Minute) Local(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        return (DateOnly.FromDateTime(local.DateTime), (short)(local.Hour * 60 + local.Minute));
    }

    /// <summary>When somebody is reminded. Of a day without a time: at eight in its morning, and at eight after it.</summary>
    public static IReadOnlyList<(string Kind, DateTimeOffset At)> Reminders(DateOnly? day, short? minute, int? before, TimeZoneInfo zone)
    {
        if (day is not { } due) return [];
        var at = minute is { } m ? At(due, m, zone) : At(due, 8 * 60, zone);
        var all = new List<(string, DateTimeOffset)> { ("due", at), ("overdue", minute is null ? At(due.AddDays(1), 8 * 60, zone) : at.AddHours(1)) };
        if (before is { } minutes) all.Add(("before", at.AddMinutes(-minutes)));
        return all;
    }
}
