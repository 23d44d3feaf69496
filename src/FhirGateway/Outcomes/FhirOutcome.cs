using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Outcomes;

/// <summary>One issue of an OperationOutcome. http://hl7.org/fhir/R4/operationoutcome.html</summary>
/// <param name="Code">From the issue-type value set.</param>
/// <param name="Expression">FHIRPath of the element, e.g. "Appointment.start".</param>
internal sealed record Issue(string Severity, string Code, string Diagnostics, string? Expression = null);

internal static class FhirOutcome
{
    public static byte[] Body(params IEnumerable<Issue> issues) => FhirJson.Write(w => Write(w, issues));

    public static void Write(Utf8JsonWriter w, IEnumerable<Issue> issues)
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "OperationOutcome");
        w.WriteStartArray("issue");
        foreach (var issue in issues)
        {
            w.WriteStartObject();
            w.WriteString("severity", issue.Severity);
            w.WriteString("code", issue.Code);
            w.WriteString("diagnostics", issue.Diagnostics);
            if (issue.Expression is not null)
            {
                w.WriteStartArray("expression");
                w.WriteStringValue(issue.Expression);
                w.WriteEndArray();
            }
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    public static Issue ToIssue(this Problem problem) => new("error", IssueCode(problem), problem.Detail, problem.Where);

    /// <summary>http://hl7.org/fhir/R4/valueset-issue-type.html</summary>
    private static readonly HashSet<string> Codes =
    [
        "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden", "suppressed", "processing", "not-supported",
        "duplicate", "multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient",
        "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled",
    ];

    private static string IssueCode(Problem problem) => problem switch
    {
        _ when Codes.Contains(problem.Code) => problem.Code,
        { Status: 401 } => "login",
        { Status: 403 } => "forbidden",
        { Status: 404 } => "not-found",
        { Status: 405 or 406 or 415 or 501 } => "not-supported",
        { Status: 409 or 412 } => "conflict",
        { Status: 410 } => "deleted",
        { Status: 413 } => "too-long",
        { Status: >= 500 } => "exception",
        { Status: 422 } => "processing",
        _ => "invalid",
    };
}
