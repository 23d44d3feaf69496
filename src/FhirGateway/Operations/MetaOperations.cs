using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>http://hl7.org/fhir/R4/resource-operation-meta.html: profiles, tags and labels of a resource or of one of its versions.</summary>
internal sealed class MetaOperation(Reading reading) : IOperation
{
    public string Name => "meta";
    public string Definition => "http://hl7.org/fhir/OperationDefinition/Resource-meta";
    public OperationLevel Levels => OperationLevel.Instance | OperationLevel.Version;

    public async Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        var read = await reading.Read(call.Caller, call.Request with { IfNoneMatch = null, IfModifiedSince = null }, call.Type!, call.Id!, call.Version, stop);
        return read.Problem is null && read.Body is not null ? Answer(read) : read;
    }

    public static FhirAnswer Answer(FhirAnswer of) => new(200, FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Parameters");
        w.WriteStartArray("parameter");
        w.WriteStartObject();
        w.WriteString("name", "return");
        w.WritePropertyName("valueMeta");
        using var document = JsonDocument.Parse(of.Body!);
        FhirJson.Copy(w, document.RootElement.GetProperty("meta"), null);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    })) { Type = "Parameters", Version = of.Version, LastModified = of.LastModified };
}

/// <summary>
/// http://hl7.org/fhir/R4/resource-operation-meta-add.html and -delete: as an update, so it is a version like every other,
/// under If-Match, and history is never rewritten.
/// </summary>
internal sealed class ChangeMetaOperation(Writing writing, bool add) : IOperation
{
    private static readonly string[] Lists = ["profile", "security", "tag"];

    public string Name => add ? "meta-add" : "meta-delete";
    public string Definition => $"http://hl7.org/fhir/OperationDefinition/Resource-{Name}";
    public OperationLevel Levels => OperationLevel.Instance;
    public bool AffectsState => true;

    public async Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        if (call.Value("meta", "valueMeta") is not { ValueKind: JsonValueKind.Object } meta) return FhirAnswer.Of(Problem.Invalid("Send Parameters with the parameter 'meta' and its valueMeta.", "meta", "required"));
        var patch = call.Request with { Method = "PATCH", Path = [call.Type!, call.Id!], Query = "", Body = null };
        var answer = await writing.Change(call.Caller, patch, resource => Changed(resource, meta), stop);
        return answer.Problem is null && answer.Body is not null ? MetaOperation.Answer(answer) : answer;
    }

    private Outcome<byte[]> Changed(JsonElement resource, JsonElement by)
    {
        var root = JsonNode.Parse(resource.GetRawText())!.AsObject();
        var meta = root["meta"]!.AsObject();
        foreach (var name in Lists)
        {
            var now = (meta[name] as JsonArray)?.Select(n => n!.DeepClone()).ToList() ?? [];
            var said = FhirJson.Items(by, name).Select(e => JsonNode.Parse(e.GetRawText())!).ToList();
            var next = add ? [.. now, .. said.Where(s => !now.Exists(n => Same(n, s)))] : now.Where(n => !said.Exists(s => Same(n, s))).ToList();
            if (next.Count == 0) meta.Remove(name);
            else meta[name] = new JsonArray([.. next]);
        }
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }

    /// <summary>Codings are the same by system and code; a display makes no other of them.</summary>
    private static bool Same(JsonNode a, JsonNode b) => a is JsonObject x && b is JsonObject y
        ? JsonNode.DeepEquals(x["system"], y["system"]) && JsonNode.DeepEquals(x["code"], y["code"]) : JsonNode.DeepEquals(a, b);
}
