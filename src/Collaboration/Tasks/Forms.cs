using System.Globalization;
using System.Text.Json;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>
/// A form as a person writes it, one question per line: "Skin | choice: intact, red, broken", "Pain | number", a star in
/// front where an answer is needed; text when no kind is said. Pure.
/// </summary>
public static class Forms
{
    private static readonly string[] Kinds = ["text", "number", "date", "boolean", "choice"];

    /// <returns>JSON of the questions; null for an empty text.</returns>
    public static Outcome<string?> Parse(string? typed)
    {
        var questions = new List<Question>();
        foreach (var line in TaskParts.Lines(typed))
        {
            if (questions.Count >= 50) return Problem.Unprocessable("A form has at most 50 questions.", "form", "task-form");
            var parts = line.TrimStart('*').Split('|', 2, StringSplitOptions.TrimEntries);
            var kind = parts.Length == 1 || parts[1].Length == 0 ? "text" : parts[1].Split(':')[0].Trim().ToLowerInvariant() switch { "yes/no" => "boolean", var k => k };
            if (parts[0].Length is 0 or > 255) return Problem.Unprocessable($"The question in line {Number(questions)} has no words, or more than 255 characters.", "form", "task-form");
            if (!Kinds.Contains(kind)) return Problem.Unprocessable($"Line {Number(questions)}: \"{kind}\" is none of text, number, date, yes/no, choice.", "form", "task-form");
            var options = kind == "choice" && parts[1].Contains(':', StringComparison.Ordinal) ? parts[1][(parts[1].IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : null;
            if (kind == "choice" && options is not { Length: >= 2 }) return Problem.Unprocessable($"Line {Number(questions)}: a choice needs its answers, as in \"Skin | choice: intact, red\".", "form", "task-form");
            questions.Add(new Question($"q{Number(questions)}", parts[0], kind, line.StartsWith('*'), options));
        }
        return questions.Count == 0 ? (string?)null : JsonSerializer.Serialize(questions, JsonSerializerOptions.Web);
    }

    public static string Print(IEnumerable<Question> questions) => string.Join('\n', questions.Select(q =>
        $"{(q.Required ? "* " : "")}{q.Text}{q.Kind switch { "text" => "", "boolean" => " | yes/no", "choice" => $" | choice: {string.Join(", ", q.Options ?? [])}", _ => $" | {q.Kind}" }}"));

    private static string Number(List<Question> before) => (before.Count + 1).ToString(CultureInfo.InvariantCulture);
}
