using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthTeams.Collaboration.Forms;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Forms;

/// <summary>
/// http://hl7.org/fhir/R4/questionnaire.html and questionnaireresponse.html: forms of tasks and approvals, and what was
/// answered. A form is known by its content, so that the same questions are one Questionnaire that never changes. Pure.
/// </summary>
internal static class FormToFhir
{
    public const string Base = "https://healthteams.example/fhir";

    /// <summary>R4 lets basedOn and partOf of a response name no Task; this extension does.</summary>
    public const string OfTask = Base + "/StructureDefinition/response-of-task";

    public static string Id(IReadOnlyList<Question> questions) =>
        $"form-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(questions, JsonSerializerOptions.Web))))[..40]}";

    public static string Canonical(IReadOnlyList<Question> questions) => $"{Base}/Questionnaire/{Id(questions)}";

    public static ProjectedResources.Resource Questionnaire(IReadOnlyList<Question> questions) => new("Questionnaire", Id(questions), new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["url"] = w => w.WriteStringValue(Canonical(questions)),
        ["status"] = w => w.WriteStringValue("active"),
        ["item"] = w => Items(w, questions),
    });

    /// <param name="task">"Task/12", whose form it is.</param>
    public static ProjectedResources.Resource Response(string id, IReadOnlyList<Question> questions, IReadOnlyDictionary<string, string> answers, string task, string? subject, string? author, DateTimeOffset? authored, bool valid) =>
        new("QuestionnaireResponse", id, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["extension"] = w =>
            {
                w.WriteStartArray();
                w.WriteStartObject();
                w.WriteString("url", OfTask);
                FhirWrite.Reference(w, "valueReference", task);
                w.WriteEndObject();
                w.WriteEndArray();
            },
            ["questionnaire"] = w => w.WriteStringValue(Canonical(questions)),
            ["status"] = w => w.WriteStringValue(valid ? "completed" : "entered-in-error"),
            ["subject"] = subject is null ? null : w => FhirWrite.Reference(w, null, subject),
            ["authored"] = authored is not { } at ? null : w => w.WriteStringValue(FhirJson.Instant(at)),
            ["author"] = author is null ? null : w => FhirWrite.Reference(w, null, author),
            ["item"] = answers.Count == 0 ? null : w => Answers(w, questions, answers),
        });

    public static void Items(Utf8JsonWriter w, IReadOnlyList<Question> questions)
    {
        w.WriteStartArray();
        foreach (var q in questions)
        {
            w.WriteStartObject();
            w.WriteString("linkId", q.Key);
            w.WriteString("text", q.Text);
            w.WriteString("type", q.Kind switch { "number" => "decimal", "text" => "text", var same => same });
            if (q.Required) w.WriteBoolean("required", true);
            if (q.Options is { Count: > 0 } options)
            {
                w.WriteStartArray("answerOption");
                foreach (var option in options)
                {
                    w.WriteStartObject();
                    w.WriteString("valueString", option);
                    w.WriteEndObject();
                }
                w.WriteEndArray();
            }
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Answers(Utf8JsonWriter w, IReadOnlyList<Question> questions, IReadOnlyDictionary<string, string> answers)
    {
        w.WriteStartArray();
        foreach (var q in questions.Where(q => answers.GetValueOrDefault(q.Key) is { Length: > 0 }))
        {
            w.WriteStartObject();
            w.WriteString("linkId", q.Key);
            w.WriteString("text", q.Text);
            w.WriteStartArray("answer");
            w.WriteStartObject();
            Value(w, q.Kind, answers[q.Key]);
            w.WriteEndObject();
            w.WriteEndArray();
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Value(Utf8JsonWriter w, string kind, string answer)
    {
        switch (kind)
        {
            case "number" when decimal.TryParse(answer, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number): w.WriteNumber("valueDecimal", number); break;
            case "boolean" when answer is "true" or "false": w.WriteBoolean("valueBoolean", answer == "true"); break;
            case "date": w.WriteString("valueDate", answer); break;
            default: w.WriteString("valueString", answer); break;
        }
    }
}
