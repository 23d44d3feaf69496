namespace HealthTeams.Web.Frame;

/// <summary>Times as the hospital's clocks show them.</summary>
public static class HospitalTime
{
    public static DateTimeOffset At(DateTimeOffset at, string zone) => TimeZoneInfo.ConvertTime(at, Zone(zone));

    public static DateOnly Day(DateTimeOffset at, string zone) => DateOnly.FromDateTime(At(at, zone).DateTime);

    public static int Age(DateOnly born, DateOnly today)
    {
        var years = today.Year - born.Year;
        return born.AddYears(years) > today ? years - 1 : years;
    }

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
