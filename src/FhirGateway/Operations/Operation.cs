using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Operations;

[Flags]
internal enum OperationLevel { System = 1, Type = 2, Instance = 4, Version = 8 }

/// <summary>http://hl7.org/fhir/R4/operations.html: router and metadata take them from here.</summary>
internal interface IOperation
{
    /// <summary>Without the dollar sign.</summary>
    string Name { get; }

    /// <summary>Canonical address of its OperationDefinition.</summary>
    string Definition { get; }
    OperationLevel Levels { get; }

    /// <summary>The types it is for; null for all.</summary>
    IReadOnlyList<string>? Types => null;

    /// <summary>POST only, and never in a transaction.</summary>
    bool AffectsState => false;

    Task<FhirAnswer> Run(OperationCall call, CancellationToken stop);
}

/// <summary>One call: where, by whom, with what.</summary>
internal sealed record OperationCall(Caller Caller, FhirRequest Request, string? Type, string? Id, int? Version)
{
    private readonly Lazy<List<(string Name, JsonElement? Part, string? Text)>> inputs = new(() => Read(Request));

    /// <summary>The values of an input, from the query or from Parameters; a Reference by its reference, a Coding or CodeableConcept by its token.</summary>
    public IEnumerable<string> All(string name) => inputs.Value.Where(i => i.Name == name).Select(i => i.Text).OfType<string>();
    public string? One(string name) => All(name).FirstOrDefault();

    /// <summary>An input that is a resource.</summary>
    public JsonElement? Resource(string name) =>
        inputs.Value.Where(i => i.Name == name && i.Part is not null).Select(i => i.Part!.Value.TryGetProperty("resource", out var r) ? r : (JsonElement?)null).FirstOrDefault(r => r is not null);

    /// <summary>An input of a complex type: valueMeta, valueReference.</summary>
    public JsonElement? Value(string name, string property) =>
        inputs.Value.Where(i => i.Name == name && i.Part is not null).Select(i => i.Part!.Value.TryGetProperty(property, out var v) ? v : (JsonElement?)null).FirstOrDefault(v => v is not null);

    private static List<(string, JsonElement?, string?)> Read(FhirRequest request)
    {
        var inputs = Conditions.Parse(request.Query).Where(q => q.Name is not ("_format" or "_pretty")).Select(q => (q.Name, (JsonElement?)null, (string?)q.Value)).ToList();
        if (request.Body is not { } body || FhirJson.Text(body, "resourceType") != "Parameters") return inputs;
        foreach (var part in FhirJson.Items(body, "parameter"))
        {
            if (part.ValueKind == JsonValueKind.Object && FhirJson.Text(part, "name") is { } name) inputs.Add((name, part, Text(part)));
        }
        return inputs;
    }

    private static string? Text(JsonElement part)
    {
        foreach (var p in part.EnumerateObject())
        {
            if (!p.Name.StartsWith("value", StringComparison.Ordinal)) continue;
            return p.Value.ValueKind switch
            {
                JsonValueKind.String => p.Value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => p.Value.GetRawText(),
                JsonValueKind.Object => FhirJson.Text(p.Value, "reference") ?? Token(p.Value.TryGetProperty("coding", out _) ? FhirJson.Items(p.Value, "coding").FirstOrDefault() : p.Value),
                _ => null,
            };
        }
        return null;
    }

    private static string? Token(JsonElement coding) =>
        FhirJson.Text(coding, "code") is { } code ? FhirJson.Text(coding, "system") is { } system ? $"{system}|{code}" : code : null;
}
