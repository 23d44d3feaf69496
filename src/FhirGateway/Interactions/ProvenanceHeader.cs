using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Validation;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/provenance.html#header: a Provenance in the header X-Provenance is stored in the transaction of
/// the write it comes with; its targets are the versions that were written.
/// </summary>
internal sealed class ProvenanceHeader(WriteEngine engine, IResourceValidator validator)
{
    public const string Name = "X-Provenance";

    public static Outcome<JsonElement?> Parse(string? header)
    {
        if (header is null) return (JsonElement?)null;
        var parsed = JsonBody.Parse(System.Text.Encoding.UTF8.GetBytes(header));
        if (!parsed.Ok) return parsed.Problem with { Detail = $"{Name} holds no JSON: {parsed.Problem.Detail}", Where = Name };
        return FhirJson.Text(parsed.Value, "resourceType") == "Provenance" ? parsed.Value : Problem.Invalid($"{Name} holds a Provenance resource in JSON.", Name, "structure");
    }

    /// <summary>Asked before anything is written.</summary>
    public FhirAnswer? Refused(Caller caller, FhirRequest request)
    {
        if (request.Provenance is not { } provenance) return null;
        if (provenance.TryGetProperty("target", out _)) return FhirAnswer.Of(Problem.Invalid($"The Provenance in {Name} has no target: the server sets it to what is written.", "Provenance.target"));
        var allowed = FhirAccess.Check(caller, "Provenance", 'c');
        if (!allowed.Ok) return FhirAnswer.Of(allowed.Problem);
        var issues = validator.Validate(WithTargets(provenance, ["Basic/x"]), "Provenance");
        return issues.Count == 0 ? null : FhirAnswer.Of(400, issues.Select(i => i with { Diagnostics = $"{Name}: {i.Diagnostics}" }));
    }

    public async Task<Problem?> Write(Tx tx, JsonElement? provenance, IReadOnlyList<WriteResult> written)
    {
        if (provenance is not { } body || written.All(w => !w.Changed)) return null;
        var told = JsonDocument.Parse(WithTargets(body, written.Where(w => w.Changed).Select(w => w.Location))).RootElement;
        var stored = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Create, Type = "Provenance", Body = told }]);
        return stored.Problem;
    }

    private static byte[] WithTargets(JsonElement provenance, IEnumerable<string> targets) => FhirJson.With(provenance, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["target"] = w =>
        {
            w.WriteStartArray();
            foreach (var target in targets)
            {
                w.WriteStartObject();
                w.WriteString("reference", target);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        },
    });
}
