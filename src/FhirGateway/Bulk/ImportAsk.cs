using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>
/// What to import from where: Parameters with input parts (type, url), or the JSON manifest of the SMART import proposal
/// ({"inputFormat", "input": [{"type", "url"}]}).
/// </summary>
internal static class ImportAsk
{
    private const int MostInputs = 1000;

    public static Outcome<List<BulkPart>> Read(JsonElement body)
    {
        var inputs = FhirJson.Text(body, "resourceType") == "Parameters"
            ? FhirJson.Items(body, "parameter").Where(p => FhirJson.Text(p, "name") == "input").Select(p => (Part(p, "type"), Part(p, "url"))).ToList()
            : [.. FhirJson.Items(body, "input").Select(i => (FhirJson.Text(i, "type"), FhirJson.Text(i, "url")))];
        if (inputs.Count is 0 or > MostInputs) return Problem.Invalid($"An import names 1 to {MostInputs} inputs, each with type and url; or send the lines themselves as application/fhir+ndjson.", "input", "required");
        var format = FhirJson.Text(body, "inputFormat") ?? FhirJson.Items(body, "parameter").Where(p => FhirJson.Text(p, "name") == "inputFormat").Select(Value).FirstOrDefault();
        if (format is not (null or "application/fhir+ndjson" or "application/ndjson")) return Problem.Invalid($"'{format}' cannot be imported: application/fhir+ndjson.", "inputFormat", "not-supported");
        var parts = new List<BulkPart>();
        foreach (var (type, url) in inputs)
        {
            if (type is not null && !ResourceTypes.Known(type)) return Problem.Invalid($"'{type}' is not a resource type of R4.", "input.type", "value");
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0) return Problem.Invalid("An input's url is an http or https address without user.", "input.url", "value");
            parts.Add(new BulkPart { N = parts.Count, Type = type, Url = uri.AbsoluteUri });
        }
        return parts;
    }

    private static string? Part(JsonElement input, string name) => FhirJson.Items(input, "part").Where(p => FhirJson.Text(p, "name") == name).Select(Value).FirstOrDefault();

    private static string? Value(JsonElement p) => p.ValueKind == JsonValueKind.Object
        ? p.EnumerateObject().Where(v => v.Name.StartsWith("value", StringComparison.Ordinal) && v.Value.ValueKind == JsonValueKind.String).Select(v => v.Value.GetString()).FirstOrDefault() : null;
}
