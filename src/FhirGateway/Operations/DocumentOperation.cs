using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>
/// http://hl7.org/fhir/R4/composition-operation-document.html: the Composition with everything it refers to, each read as by
/// the caller. A document is whole or it is none: what is missing or not theirs to read refuses it by name.
/// </summary>
internal sealed class DocumentOperation(Reading reading, TimeProvider clock) : IOperation
{
    private const int MaxReferences = 500;

    public string Name => "document";
    public string Definition => "http://hl7.org/fhir/OperationDefinition/Composition-document";
    public OperationLevel Levels => OperationLevel.Instance;
    public IReadOnlyList<string> Types => ["Composition"];

    public async Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        if (call.One("persist") == "true") return FhirAnswer.Of(Problem.Invalid("The document is not stored by this operation; POST it as a Bundle.", "persist", "not-supported"));
        var request = call.Request with { IfNoneMatch = null, IfModifiedSince = null, Query = "" };
        var composition = await reading.Read(call.Caller, request, "Composition", call.Id!, null, stop);
        if (composition.Problem is not null) return composition;
        using var document = JsonDocument.Parse(composition.Body!);
        var references = Conditions.ReferencesIn(document.RootElement).Select(r => Reference.Split(Reference.Local(r, request.Base))).Where(r => r.Type is not null).Distinct().ToList();
        if (references.Count > MaxReferences) return FhirAnswer.Of(new Problem(422, "too-costly", $"The Composition refers to more than {MaxReferences} resources."));
        var entries = new List<(string Url, byte[] Body)> { ($"{request.Base}/Composition/{call.Id}", composition.Body!) };
        foreach (var (type, id) in references)
        {
            if (type == "Composition" && id == call.Id) continue;
            var read = await reading.Read(call.Caller, request, type!, id, null, stop);
            if (read.Problem is { } problem) return FhirAnswer.Of(Problem.Unprocessable($"The document would not be whole: {problem.Detail}", code: "incomplete"));
            entries.Add(($"{request.Base}/{type}/{id}", read.Body!));
        }
        return new FhirAnswer(200, FhirJson.Write(w =>
        {
            w.WriteStartObject();
            w.WriteString("resourceType", "Bundle");
            w.WriteStartObject("identifier");
            w.WriteString("system", "urn:ietf:rfc:3986");
            w.WriteString("value", $"urn:uuid:{Guid.CreateVersion7(clock.GetUtcNow())}");
            w.WriteEndObject();
            w.WriteString("type", "document");
            w.WriteString("timestamp", FhirJson.Instant(clock.GetUtcNow()));
            w.WriteStartArray("entry");
            foreach (var (url, body) in entries)
            {
                w.WriteStartObject();
                w.WriteString("fullUrl", url);
                w.WritePropertyName("resource");
                w.WriteRawValue(body, skipInputValidation: true);
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        })) { Type = "Bundle" };
    }
}
