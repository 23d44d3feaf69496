using System.Globalization;
using System.Text;

namespace HealthTeams.FhirGateway.Search;

/// <summary>Lists, escapes and prefixes of search values. http://hl7.org/fhir/R4/search.html#escaping</summary>
internal static class SearchValue
{
    private static readonly string[] Prefixes = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

    /// <summary>PostgreSQL has no text with U+0000 in it, and a statement that fails over it while being prepared spoils its connection.</summary>
    public static readonly Problem Zero = Problem.Invalid("The search holds a character that no text has (U+0000).");

    public static bool HoldsZero(string text) => text.Contains('\0', StringComparison.Ordinal) || text.Contains("%00", StringComparison.Ordinal);

    public static List<string> Split(string value, char at)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length) part.Append(value[i]).Append(value[++i]);
            else if (value[i] == at)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else part.Append(value[i]);
        }
        parts.Add(part.ToString());
        return parts;
    }

    public static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal)) return value;
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length && value[i + 1] is (',' or '|' or '$' or '\\')) i++;
            text.Append(value[i]);
        }
        return text.ToString();
    }

    public static (string Operator, string Value) Prefix(string value) =>
        value.Length > 2 && Prefixes.Contains(value[..2]) ? (value[..2], value[2..]) : ("eq", value);

    public static int? Count(string? value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
}
