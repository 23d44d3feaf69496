using System.Globalization;
using System.Text.Json;

namespace HealthTeams.Collaboration.PatientLists;

/// <summary>What a row says in a column, typed: string, decimal, bool, DateOnly, DateTimeOffset, string[] or null. Pure; calculated and EHR columns are made here.</summary>
public static class RowValues
{
    public static object? Of(OpenList open, ListRow row, ListColumn column, DateTimeOffset now, TimeZoneInfo zone) => column.Type switch
    {
        ColumnType.Ehr => Ehr(row, column.Settings.Source, now, zone),
        ColumnType.Calculated => Calculated(open, row, column, now, zone),
        _ => Typed(open, column, row.At(column.Id).Value),
    };

    /// <summary>Of a value of the column, as it is or once was.</summary>
    public static object? Typed(OpenList open, ListColumn column, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.Number => value.GetDecimal(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(v => v.ToString()).ToArray(),
        JsonValueKind.Object => value.TryGetProperty("at", out var at) && at.TryGetDateTimeOffset(out var rounded) ? rounded : null,
        _ => column.Type switch
        {
            ColumnType.Date when DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) => day,
            ColumnType.DateTime when value.TryGetDateTimeOffset(out var at) => at,
            ColumnType.Person or ColumnType.Lookup => open.NameOf(value.GetString()) ?? "unknown",
            _ => value.GetString(),
        },
    };

    /// <summary>Plain text to search, filter and group by.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        string[] several => string.Join("; ", several),
        bool yes => yes ? "yes" : "no",
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        IFormattable n => n.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Whether a value passes a filter or makes a format's rule true.</summary>
    public static bool Passes(object? value, string op, string? against, TimeZoneInfo zone)
    {
        var text = Text(value);
        if (op == "empty") return text.Length == 0;
        if (op == "filled") return text.Length > 0;
        var wanted = (against ?? "").Trim();
        if (op == "has") return text.Contains(wanted, StringComparison.OrdinalIgnoreCase);
        if (op is "eq" or "ne")
        {
            var same = value is string[] several ? several.Contains(wanted, StringComparer.OrdinalIgnoreCase)
                : value is decimal number && CellValue.Number(wanted) is { } n ? number == n
                : value is DateTimeOffset at && CellValue.Day(wanted) is { } on ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime) == on
                : text.Equals(value is bool ? (CellValue.Yes.Contains(wanted.ToLowerInvariant()) ? "yes" : "no") : wanted, StringComparison.OrdinalIgnoreCase);
            return same == (op == "eq");
        }
        if (value is null) return false;
        int? order = value switch
        {
            decimal number when CellValue.Number(wanted) is { } n => number.CompareTo(n),
            DateOnly day when CellValue.Day(wanted) is { } d => day.CompareTo(d),
            DateTimeOffset at when CellValue.Moment(wanted, zone) is { } m => at.CompareTo(m),
            string or string[] => Compare(text, wanted),
            _ => null,
        };
        return op == "lt" ? order < 0 : op == "gt" && order > 0;
    }

    /// <summary>Empty last; "4-2" before "4-10".</summary>
    public static int Compare(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        (decimal a, decimal b) => a.CompareTo(b),
        (DateOnly a, DateOnly b) => a.CompareTo(b),
        (DateTimeOffset a, DateTimeOffset b) => a.CompareTo(b),
        _ => Natural(Text(one), Text(other)),
    };

    private static int Natural(string a, string b) => CultureInfo.InvariantCulture.CompareInfo.Compare(a, b, CompareOptions.IgnoreCase | CompareOptions.NumericOrdering);

    private static object? Ehr(ListRow row, string? source, DateTimeOffset now, TimeZoneInfo zone) => source switch
    {
        "bed" => row.Stay?.Bed,
        "ward" => row.Stay?.Ward,
        "mrn" => row.Facts?.Identifier,
        "ageSex" when row.Facts is { } f => (f.BirthDate is { } born ? Age(born, Today(now, zone)).ToString(CultureInfo.InvariantCulture) + " y" : "age unknown") + " · " + (f.Gender switch { "female" => "F", "male" => "M", "other" => "X", _ => "?" }),
        "admitted" when row.Stay?.Admitted is { } at => at,
        "plannedEnd" when row.Stay?.PlannedEnd is { } day => day,
        "attending" => row.Stay?.Attending,
        "reason" => row.Stay?.Reason,
        "flags" when row.Flags.Count > 0 => row.Flags.ToArray(),
        "todo" when row.Patient is not null => (decimal)row.Todo,
        _ => null,
    };

    private static object? Calculated(OpenList open, ListRow row, ListColumn column, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (column.Settings.Source == "age") return row.Facts?.BirthDate is { } born ? (decimal)Age(born, Today(now, zone)) : null;
        // Days since a date of this list, or since admission.
        var of = column.Settings.Column is { } id && open.List.Columns.FirstOrDefault(c => c.Id == id) is { } other ? Typed(open, other, row.At(other.Id).Value) : row.Stay?.Admitted;
        return of switch
        {
            DateOnly day => (decimal)(Today(now, zone).DayNumber - day.DayNumber),
            DateTimeOffset at => (decimal)(Today(now, zone).DayNumber - Today(at, zone).DayNumber),
            _ => null,
        };
    }

    private static DateOnly Today(DateTimeOffset now, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);

    private static int Age(DateOnly born, DateOnly today)
    {
        var years = today.Year - born.Year;
        return born.AddYears(years) > today ? years - 1 : years;
    }
}
