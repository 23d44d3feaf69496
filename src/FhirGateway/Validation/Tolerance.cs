using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hl7.Fhir.Utility;

namespace HealthTeams.FhirGateway.Validation;

/// <summary>
/// What EHRs really send and R4 forbids: taken as it came and reported. Always, unless handling=strict: a time without
/// zone, a decimal beyond .NET's. With handling=lenient also: unknown elements, codes outside a required list, empty
/// strings, a date with a time. Never: what is missing, and dates that do not exist.
/// </summary>
internal static partial class Tolerance
{
    public static bool Takes(CodedException e, Handling handling, ReadOnlySpan<byte> json) => handling switch
    {
        // Too large for .NET, not for FHIR.
        _ when e.ErrorCode == "PVAL123" && LargeDecimal(e.Message, json) => true,
        Handling.Strict => false,
        _ when e.ErrorCode == "PVAL124" && OnlyTheZone(e.Message) => true,
        Handling.Lenient => e.ErrorCode is "PVAL128" or "PVAL116" || (e.ErrorCode == "PVAL124" && (EmptyString().IsMatch(e.Message) || DateWithTime(e.Message))),
        _ => false,
    };

    private static bool OnlyTheZone(string message) =>
        WithoutZone().Match(message) is { Success: true } match && DateTime.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool DateWithTime(string message) =>
        WithTime().Match(message) is { Success: true } match && DateOnly.TryParseExact(match.Groups[1].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>A number token, not a string that looks like one.</summary>
    private static bool LargeDecimal(string message, ReadOnlySpan<byte> json)
    {
        if (NotADecimal().Match(message) is not { Success: true } match) return false;
        var literal = match.Groups[1].Value;
        return double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            && !decimal.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out _) && Unquoted(json, Encoding.UTF8.GetBytes(literal));
    }

    private static bool Unquoted(ReadOnlySpan<byte> json, ReadOnlySpan<byte> literal)
    {
        for (var from = 0; json[from..].IndexOf(literal) is >= 0 and var at; from += at + 1)
        {
            if (from + at > 0 && json[from + at - 1] != (byte)'"') return true;
        }
        return false;
    }

    [GeneratedRegex(@"'(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)' is not a correct literal for a (dateTime|instant)")]
    private static partial Regex WithoutZone();

    [GeneratedRegex(@"'\s*' is not a correct literal for a (string|markdown|code|uri|url|canonical)\b")]
    private static partial Regex EmptyString();

    [GeneratedRegex(@"'(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d[^']*' is not a correct literal for a date\b")]
    private static partial Regex WithTime();

    [GeneratedRegex(@"'(-?[0-9][0-9.eE+-]{0,400})' is not the right type of literal for a decimal")]
    private static partial Regex NotADecimal();
}
