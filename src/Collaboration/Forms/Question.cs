using System.Globalization;
using System.Text.Json;

namespace HealthTeams.Collaboration.Forms;

/// <summary>A question of a form: http://hl7.org/fhir/R4/questionnaire.html, as far as people at work need it.</summary>
/// <param name="Kind">"text", "number", "date", "boolean" or "choice".</param>
public sealed record Question(string Key, string Text, string Kind, bool Required, IReadOnlyList<string>? Options = null)
{
    public static IReadOnlyList<Question> Of(string? json) => json is null ? [] : JsonSerializer.Deserialize<List<Question>>(json, JsonSerializerOptions.Web) ?? [];

    /// <summary>What is wrong with an answer; null when it may stand.</summary>
    public string? Fault(string answer) => (Kind, answer) switch
    {
        (_, "") => Required ? $"\"{Text}\" is not answered." : null,
        ("choice", _) => Options?.Contains(answer) == true ? null : $"\"{Text}\" has no answer of that name.",
        ("boolean", _) => answer is "true" or "false" ? null : $"\"{Text}\" is yes or no.",
        ("number", _) => decimal.TryParse(answer, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var _) ? null : $"\"{Text}\" is a number.",
        ("date", _) => DateOnly.TryParseExact(answer, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var _) ? null : $"\"{Text}\" is a date.",
        _ => answer.Length <= 4000 ? null : $"\"{Text}\" has at most 4,000 characters.",
    };
}
