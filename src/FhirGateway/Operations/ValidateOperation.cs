using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Validation;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>
/// http://hl7.org/fhir/R4/resource-operation-validate.html: what a create, update or delete would say, without doing it.
/// Answers 200 with an OperationOutcome whatever it finds; Prefer: handling decides how strict.
/// </summary>
internal sealed class ValidateOperation(Reading reading, IResourceValidator validator) : IOperation
{
    public string Name => "validate";
    public string Definition => "http://hl7.org/fhir/OperationDefinition/Resource-validate";
    public OperationLevel Levels => OperationLevel.Type | OperationLevel.Instance;

    public async Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        var type = call.Type!;
        var mode = call.One("mode");
        if (mode is not (null or "create" or "update" or "delete" or "profile")) return FhirAnswer.Of(Problem.Invalid($"'{mode}' is not create, update, delete or profile.", "mode"));
        if (call.Id is null && mode is "update" or "delete") return FhirAnswer.Of(Problem.Invalid($"mode={mode} needs an instance: POST {type}/[id]/$validate.", "mode"));
        JsonElement? stored = null;
        if (call.Id is { } id)
        {
            var read = await reading.Read(call.Caller, call.Request with { IfNoneMatch = null, IfModifiedSince = null }, type, id, null, stop);
            if (read.Problem is { } missing && !(mode == "update" && missing.Status is 404 or 410)) return read;
            if (read.Body is not null && read.Problem is null) stored = JsonDocument.Parse(read.Body).RootElement;
        }
        else if (!"cur".Any(interaction => FhirAccess.Check(call.Caller, type, interaction).Ok)) return FhirAnswer.Of(FhirAccess.Check(call.Caller, type, 'c').Problem!);

        var issues = new List<Issue>();
        if (mode != "delete")
        {
            if ((call.Resource("resource") ?? Bare(call.Request) ?? stored) is not { } resource) return FhirAnswer.Of(Problem.Invalid("There is no resource to validate: send it, or Parameters with the parameter 'resource'.", "resource", "required"));
            issues.AddRange(Check(call, type, mode, resource));
        }
        foreach (var profile in call.All("profile")) issues.Add(new Issue("warning", "not-supported", $"Profiles are not checked yet; {profile} was not looked at.", null));
        if (!issues.Exists(i => i.Severity == "error")) issues.Insert(0, new Issue("information", "informational", mode == "delete" ? "It may be deleted." : "It may be stored: R4's own rules are kept."));
        return FhirAnswer.Of(200, issues);
    }

    private IEnumerable<Issue> Check(OperationCall call, string type, string? mode, JsonElement resource)
    {
        if (FhirJson.Text(resource, "resourceType") is var said && said != type) return [new Issue("error", "invalid", $"The resource is a {said ?? "thing without resourceType"}, the address says {type}.", "resourceType")];
        var verdict = validator.Check(JsonSerializer.SerializeToUtf8Bytes(resource), type, call.Request.Handling);
        var id = FhirJson.Text(resource, "id");
        IEnumerable<Issue> wrong = mode == "update" && id != call.Id ? [new Issue("error", id is null ? "required" : "value", $"An update needs the id '{call.Id}' in the resource.", $"{type}.id")] : [];
        return [.. verdict.Errors, .. wrong, .. verdict.Warnings];
    }

    private static JsonElement? Bare(FhirRequest request) =>
        request.Body is { ValueKind: JsonValueKind.Object } body && !(FhirJson.Text(body, "resourceType") == "Parameters" && (request.Path[0] != "Parameters" || FhirJson.Items(body, "parameter").Any(p => FhirJson.Text(p, "name") == "resource"))) ? body : null;
}
