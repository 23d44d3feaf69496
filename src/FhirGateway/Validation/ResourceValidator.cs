using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.FhirGateway.Outcomes;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.Fhir.Utility;

namespace HealthTeams.FhirGateway.Validation;

/// <summary>The seam where profile validation goes: the structural one now, profiles beside it later.</summary>
internal interface IResourceValidator
{
    /// <summary>Errors only; empty means it may be stored.</summary>
    IReadOnlyList<Issue> Validate(ReadOnlySpan<byte> json, string type);
}

/// <summary>
/// What R4 itself demands of a resource: elements, cardinality, literals, required codes, safe narrative. Real EHR feeds send
/// dateTime and instant without a zone (firely-net-sdk #1691): stored as sent, read in the hospital's zone, never refused.
/// </summary>
internal sealed partial class StructuralValidator : IResourceValidator
{
    private static readonly FhirJsonDeserializer Strict = new(new DeserializerSettings().UsingMode(DeserializationMode.Strict));

    public IReadOnlyList<Issue> Validate(ReadOnlySpan<byte> json, string type)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            if (Strict.TryDeserializeResource(ref reader, out _, out var found)) return [];
            return [.. found.Where(e => !Tolerated(e)).Select(e => ToIssue(e, type)).Distinct()];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException or CodedException)
        {
            return [new Issue("error", "structure", "The body is not a FHIR resource in JSON.")];
        }
    }

    /// <summary>A resource that says nothing yet but its type is one: it gets its id and meta here.</summary>
    private static bool Tolerated(CodedException e) =>
        (e.ErrorCode == "PVAL124" && WithoutZone().IsMatch(e.Message))
        || (e.ErrorCode is "JSON120" or "PVAL129" && e is ExtendedCodedException { InstancePath: { } path } && !path.Contains('.', StringComparison.Ordinal));

    private static Issue ToIssue(CodedException e, string type)
    {
        var path = (e as ExtendedCodedException)?.InstancePath?.Replace("$this", type, StringComparison.Ordinal);
        var message = e.Message.Replace("$this", type, StringComparison.Ordinal);
        var at = message.LastIndexOf(" At ", StringComparison.Ordinal);
        var code = (e as ExtendedCodedException)?.IssueType switch
        {
            OperationOutcome.IssueType.Required => "required",
            OperationOutcome.IssueType.CodeInvalid => "code-invalid",
            OperationOutcome.IssueType.Structure => "structure",
            OperationOutcome.IssueType.Invariant => "invariant",
            _ => "value",
        };
        return new Issue("error", code, $"{(at > 0 ? message[..at] : message)} ({e.ErrorCode})", string.IsNullOrEmpty(path) ? null : path);
    }

    [GeneratedRegex(@"'\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?' is not a correct literal for a (dateTime|instant)")]
    private static partial Regex WithoutZone();
}
