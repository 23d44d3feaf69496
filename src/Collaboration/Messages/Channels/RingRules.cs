namespace HealthTeams.Collaboration.Messages.Channels;

/// <summary>When a way out that failed is tried again. Pure.</summary>
public static class RingRules
{
    public const int MostAttempts = 6;

    /// <summary>After 2, 4, 8, 16, 32 seconds; then the next step of the message rings anew.</summary>
    public static DateTimeOffset? Again(int attempts, DateTimeOffset now) => attempts >= MostAttempts ? null : now.AddSeconds(Math.Pow(2, attempts));
}

/// <summary>Do not disturb, in the hospital's time. Pure.</summary>
public static class QuietRules
{
    public static bool Quiet(int? from, int? to, DateTimeOffset? until, string zone, DateTimeOffset now)
    {
        if (until > now) return true;
        if (from is not { } f || to is not { } t || f == t) return false;
        var minute = (int)TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(zone)).TimeOfDay.TotalMinutes;
        return f < t ? minute >= f && minute < t : minute >= f || minute < t;
    }
}
