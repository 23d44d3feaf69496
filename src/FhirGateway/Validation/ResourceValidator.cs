using System.Text.Json;
using HealthTeams.FhirGateway.Outcomes;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.Fhir.Utility;

namespace HealthTeams.FhirGateway.Validation;

/// <summary>The seam where profile validation goes: the structural one now, profiles beside it later.</summary>
internal interface IResourceValidator
{
    Verdict Check(ReadOnlySpan<byte> json, string type, Handling handling);

    /// <summary>Errors only; empty means it may be stored.</summary>
    IReadOnlyList<Issue> Validate(ReadOnlySpan<byte> json, string type) => Check(json, type, Handling.Usual).Errors;
}

/// <summary>http://hl7.org/fhir/R4/http.html#ops: how much of what R4 forbids is taken all the same.</summary>
internal enum Handling { Usual, Strict, Lenient }

/// <param name="Warnings">Taken as it came.</param>
internal sealed record Verdict(IReadOnlyList<Issue> Errors, IReadOnlyList<Issue> Warnings)
{
    public static readonly Verdict Clean = new([], []);
}

/// <summary>
/// What R4 itself demands of a resource: elements, cardinality, literals, required codes, safe narrative. Real EHR feeds send
/// dateTime and instant without a zone (firely-net-sdk #1691): stored as sent, read in the hospital's zone, never refused.
/// </summary>
internal sealed class StructuralValidator : IResourceValidator
{
    private static readonly FhirJsonDeserializer Strict = new(new DeserializerSettings().UsingMode(DeserializationMode.Strict));

    public Verdict Check(ReadOnlySpan<byte> json, string type, Handling handling)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            if (Strict.TryDeserializeResource(ref reader, out _, out var found)) return Verdict.Clean;
            var (errors, warnings) = (new List<Issue>(), new List<Issue>());
            foreach (var e in found)
            {
                if (Empty(e)) continue;
                if (Tolerance.Takes(e, handling, json)) warnings.Add(ToIssue(e, type) with { Severity = "warning" });
                else errors.Add(ToIssue(e, type));
            }
            return new Verdict([.. errors.Distinct()], [.. warnings.Distinct()]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException or CodedException)
        {
            return new Verdict([new Issue("error", "structure", "The body is not a FHIR resource in JSON.")], []);
        }
    }

    /// <summary>A resource that says nothing yet but its type is one: it gets its id and meta here.</summary>
    private static bool Empty(CodedException e) =>
        e.ErrorCode is "JSON120" or "PVAL129" && e is ExtendedCodedException { InstancePath: { } path } && !path.Contains('.', StringComparison.Ordinal);

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
}
