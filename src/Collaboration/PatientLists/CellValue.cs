using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What people type, as the JSON a cell keeps (LS-03). Pure. An empty text is an empty cell: null.</summary>
public static class CellValue
{
    public const int MostText = 4000;
    public static readonly string[] Yes = ["true", "yes", "oui", "y", "1", "x", "✓"];
    public static readonly string[] No = ["false", "no", "non", "n", "0", "-"];

    /// <summary>Persons and lookups come as ids; whether they exist is the database's to say.</summary>
    public static Outcome<JsonNode?> Parse(ListColumn column, string? said, TimeZoneInfo zone)
    {
        var text = (said ?? "").Replace("\0", "", StringComparison.Ordinal).Replace("\r\n", "\n", StringComparison.Ordinal).Trim();
        if (text.Length == 0) return column.Required ? Wrong(column, "must be filled in") : (JsonNode?)null;
        if (text.Length > MostText) return Wrong(column, $"has at most {MostText:N0} characters");
        return column.Type switch
        {
            ColumnType.Text => JsonValue.Create(text),
            ColumnType.Number or ColumnType.Currency => Number(text) is { } n ? JsonValue.Create(n) : Wrong(column, "is a number, such as 12.5"),
            ColumnType.Boolean => Yes.Contains(text.ToLowerInvariant()) ? JsonValue.Create(true) : No.Contains(text.ToLowerInvariant()) ? JsonValue.Create(false) : Wrong(column, "is yes or no"),
            ColumnType.Choice => Choices(column, text),
            ColumnType.Date => Day(text) is { } day ? JsonValue.Create(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)) : Wrong(column, "is a date, such as 2026-11-23"),
            ColumnType.DateTime => Moment(text, zone) is { } at ? JsonValue.Create(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)) : Wrong(column, "is a date and a time, such as 2026-11-23 09:30"),
            ColumnType.Person or ColumnType.Lookup => Guid.TryParse(text, out var id) ? JsonValue.Create(id.ToString()) : Wrong(column, column.Type == ColumnType.Person ? "names a member of staff" : "names a row of the other list"),
            ColumnType.Location => Place(text) is { } place ? JsonValue.Create(place) : Wrong(column, "is a place as latitude and longitude, such as 48.8566,2.3522"),
            _ => Wrong(column, "is filled in by the product, not typed"),
        };
    }

    public static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Select(v => v.ToString())),
        JsonValueKind.Object => value.TryGetProperty("at", out var at) ? at.GetString() : null,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetRawText(),
    };

    /// <summary>"1,234.5", "1 234,5" and "12,5" are what people mean by them; one comma with three digits behind it is ambiguous and taken as thousands.</summary>
    public static decimal? Number(string text)
    {
        var plain = text.Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal).Replace("\u202F", "", StringComparison.Ordinal).Trim('€', '$', '£');
        var (comma, dot) = (plain.LastIndexOf(','), plain.LastIndexOf('.'));
        if (comma > dot && plain.IndexOf(',', StringComparison.Ordinal) == comma && (dot >= 0 || plain.Length - comma != 4)) plain = plain.Replace(".", "", StringComparison.Ordinal).Replace(',', '.');
        else plain = plain.Replace(",", "", StringComparison.Ordinal);
        return decimal.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) && Math.Abs(n) < 1_000_000_000_000_000m ? n : null;
    }

    public static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, ["yyyy-MM-dd", "dd-MMM-yyyy", "d-MMM-yyyy", "dd.MM.yyyy", "dd/MM/yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1800 and < 2200 ? day
        : DateTime.TryParseExact(text, ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at.TimeOfDay == TimeSpan.Zero ? DateOnly.FromDateTime(at) : null;

    /// <summary>On the hospital's clocks where no zone is said.</summary>
    public static DateTimeOffset? Moment(string text, TimeZoneInfo zone)
    {
        if (text.EndsWith('Z') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return instant;
        if (!DateTime.TryParseExact(text, ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "dd-MMM-yyyy HH:mm", "dd/MM/yyyy HH:mm", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Year is < 1801 or > 2199 || zone.IsInvalidTime(local)) return null;
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static string? Place(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length == 2 && Coordinate(parts[0], 90) is { } lat && Coordinate(parts[1], 180) is { } lon ? string.Create(CultureInfo.InvariantCulture, $"{lat},{lon}") : null;
    }

    private static decimal? Coordinate(string text, int most) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) && Math.Abs(n) <= most ? n : null;

    private static Outcome<JsonNode?> Choices(ListColumn column, string text)
    {
        var settings = column.Settings;
        string[] said = settings.Several ? [.. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.OrdinalIgnoreCase)] : [text];
        var known = said.Select(s => settings.Choices.FirstOrDefault(c => c.Word.Equals(s, StringComparison.OrdinalIgnoreCase))?.Word ?? (settings.OwnText && s.Length <= 200 ? s : null)).ToArray();
        if (known.Any(k => k is null)) return Wrong(column, $"is one of: {string.Join(", ", settings.Choices.Select(c => c.Word))}");
        return settings.Several ? new JsonArray([.. known.Select(k => (JsonNode)JsonValue.Create(k!))]) : JsonValue.Create(known[0]);
    }

    private static Problem Wrong(ListColumn column, string what) => Problem.Unprocessable($"{column.Name} {what}.", column.Name, "cell-value");
}
