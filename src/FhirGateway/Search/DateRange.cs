using System.Globalization;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// A date as the span of time it covers: 2026-11 is a month, an instant a millisecond or second. hi is exclusive.
/// http://hl7.org/fhir/R4/search.html#date. A time without zone is read as UTC.
/// </summary>
internal readonly record struct DateRange(DateTimeOffset Lo, DateTimeOffset Hi)
{
    // PostgreSQL's timestamptz reaches further than .NET; open ends use what both hold.
    // The very first moment of .NET would become PostgreSQL's -infinity, with which versions before 17 cannot reckon.
    public static readonly DateTimeOffset Beginning = new(1, 1, 2, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    // The year that is written for "without end" has no end that .NET could hold.
    private static readonly DateTimeOffset Forever = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What timestamptz holds.</summary>
    public static readonly TimeSpan Finest = TimeSpan.FromMicroseconds(1);

    /// <param name="local">Where a time without zone was written; UTC when nobody knows.</param>
    public static DateRange? Parse(string text, TimeZoneInfo? local = null)
    {
        text = text.Trim();
        var t = text.IndexOf('T', StringComparison.Ordinal);
        if (t < 0) return Date(text);
        var zone = text.IndexOfAny(['Z', '+', '-'], t);
        var offset = TimeSpan.Zero;
        if (zone > 0 && text[zone] != 'Z')
        {
            if (!TimeSpan.TryParseExact(text[(zone + 1)..], @"hh\:mm", CultureInfo.InvariantCulture, out offset)) return null;
            if (text[zone] == '-') offset = -offset;
        }
        if (Math.Abs(offset.TotalHours) > 14) return null;
        var clock = zone > 0 ? text[(t + 1)..zone] : text[(t + 1)..];
        if (Date(text[..t]) is not { } day || text[..t].Length != 10) return null;
        var (format, width) = clock.Length switch
        {
            5 => (@"hh\:mm", TimeSpan.FromMinutes(1)),
            8 => (@"hh\:mm\:ss", TimeSpan.FromSeconds(1)),
            > 9 and <= 16 => (@"hh\:mm\:ss\." + new string('f', clock.Length - 9), TimeSpan.FromTicks(Math.Max(1, (long)Math.Pow(10, 16 - clock.Length)))),
            _ => ("", TimeSpan.Zero),
        };
        if (format.Length == 0 || !TimeSpan.TryParseExact(clock, format, CultureInfo.InvariantCulture, out var time)) return null;
        if (day.Lo.Year < 2) return null; // .NET has no instant before year 1, which a zone could make of it
        if (zone <= 0 && local is not null) offset = local.GetUtcOffset((day.Lo + time).DateTime);
        var lo = day.Lo + time - offset;
        return new DateRange(lo, lo + (width < Finest ? Finest : width));
    }

    private static DateRange? Date(string text)
    {
        var format = text.Length switch { 4 => "yyyy", 7 => "yyyy-MM", 10 => "yyyy-MM-dd", _ => null };
        if (format is null || !DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return null;
        if (day.Year == 9999) return new DateRange(Forever, End);
        var lo = new DateTimeOffset(day, TimeSpan.Zero);
        return new DateRange(lo, text.Length switch { 4 => lo.AddYears(1), 7 => lo.AddMonths(1), _ => lo.AddDays(1) });
    }
}
