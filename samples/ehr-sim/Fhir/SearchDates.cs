using System.Globalization;

namespace EhrSim;

internal static class Instants
{
    public static DateTimeOffset? Read(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    public static string Write(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>https://hl7.org/fhir/R4/search.html#date: both sides are ranges; a day is a range of 24 hours in UTC.</summary>
internal static class SearchDates
{
    public static bool Matches(IEnumerable<string> anyOf, DateTimeOffset? start, DateTimeOffset? end) =>
        start is { } from && anyOf.Any(v => Matches(v, from, end ?? DateTimeOffset.MaxValue));

    private static bool Matches(string value, DateTimeOffset from, DateTimeOffset to)
    {
        var hasPrefix = value.Length > 2 && char.IsAsciiLetter(value[0]);
        var text = hasPrefix ? value[2..] : value;
        if (Instants.Read(text) is not { } low) return false;
        var high = text.Length switch
        {
            4 => low.AddYears(1),
            7 => low.AddMonths(1),
            10 => low.AddDays(1),
            16 or 17 => low.AddMinutes(1),
            _ => low.AddSeconds(text.Contains('.', StringComparison.Ordinal) ? 0.001 : 1),
        };
        return (hasPrefix ? value[..2] : "eq") switch
        {
            "eq" => from >= low && from < high,
            "ne" => from < low || from >= high,
            "gt" => to >= high,
            "ge" => to >= low,
            "lt" => from < low,
            "le" => from < high,
            _ => false,
        };
    }
}
