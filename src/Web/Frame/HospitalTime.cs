namespace HealthTeams.Web.Frame;

/// <summary>Times as the hospital's clocks show them.</summary>
public static class HospitalTime
{
    public static DateTimeOffset At(DateTimeOffset at, string zone) => TimeZoneInfo.ConvertTime(at, Zone(zone));

    public static DateOnly Day(DateTimeOffset at, string zone) => DateOnly.FromDateTime(At(at, zone).DateTime);

    /// <summary>What a field for a day and a time says on the hospital's clocks; a time that they skip is taken as the moment they jump.</summary>
    public static DateTimeOffset? Said(string? local, TimeZoneInfo zone) =>
        DateTime.TryParse(local, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var time) && time.Year is > 2000 and < 2200
            ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), zone.GetUtcOffset(time)).ToUniversalTime() : null;

    public static int Age(DateOnly born, DateOnly today)
    {
        var years = today.Year - born.Year;
        return born.AddYears(years) > today ? years - 1 : years;
    }

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
