using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Forms;

/// <summary>What of a QuestionnaireResponse the product understands. http://hl7.org/fhir/R4/questionnaireresponse.html. Pure.</summary>
/// <param name="Tasks">Ids of the Tasks whose form it says it fills.</param>
/// <param name="Answers">By linkId, as a page would have typed them.</param>
internal sealed record ResponseFacts(string? Status, string? Questionnaire, IReadOnlyList<string> Tasks, string? Author, IReadOnlyDictionary<string, string> Answers, IReadOnlyList<string> Unreadable)
{
    public static ResponseFacts Of(JsonElement response)
    {
        var references = FhirJson.Items(response, "extension").Where(e => FhirJson.Text(e, "url") == FormToFhir.OfTask).Select(e => FhirJson.Text(e, "valueReference", "reference"))
            .Concat(FhirJson.Items(response, "basedOn").Concat(FhirJson.Items(response, "partOf")).Select(r => FhirJson.Text(r, "reference"))).OfType<string>();
        var (answers, unreadable) = (new Dictionary<string, string>(StringComparer.Ordinal), new List<string>());
        Read(response, answers, unreadable);
        return new ResponseFacts(FhirJson.Text(response, "status"), FhirJson.Text(response, "questionnaire")?.Split('|')[0],
            [.. references.Select(r => Reference.Split(r)).Where(r => r.Type == "Task").Select(r => r.Id).Distinct()], FhirJson.Text(response, "author", "reference"), answers, unreadable);
    }

    /// <summary>Items inside groups count like any other; a question of ours has one answer.</summary>
    private static void Read(JsonElement within, Dictionary<string, string> answers, List<string> unreadable)
    {
        foreach (var item in FhirJson.Items(within, "item"))
        {
            var key = FhirJson.Text(item, "linkId") ?? "";
            var given = FhirJson.Items(item, "answer").ToList();
            if (given.Count == 1 && Value(given[0]) is { } value && answers.TryAdd(key, value)) { }
            else if (given.Count > 0) unreadable.Add(key);
            Read(item, answers, unreadable);
        }
    }

    private static string? Value(JsonElement answer)
    {
        foreach (var p in answer.EnumerateObject())
        {
            if (!p.Name.StartsWith("value", StringComparison.Ordinal)) continue;
            return p.Value.ValueKind switch
            {
                JsonValueKind.String => p.Value.GetString()?.Trim(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                JsonValueKind.Number => p.Value.GetRawText(),
                JsonValueKind.Object when p.Name == "valueCoding" => FhirJson.Text(p.Value, "display") ?? FhirJson.Text(p.Value, "code"),
                _ => null,
            };
        }
        return null;
    }
}
