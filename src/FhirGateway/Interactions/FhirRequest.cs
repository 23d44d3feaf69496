using System.Text.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Validation;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>One interaction, from HTTP or from an entry of a batch.</summary>
internal sealed record FhirRequest
{
    public required string Method { get; init; }

    /// <summary>Segments below the base: ["Patient", "1", "_history", "2"].</summary>
    public required string[] Path { get; init; }

    /// <summary>Without "?".</summary>
    public string Query { get; init; } = "";
    public JsonElement? Body { get; init; }
    public string? ContentType { get; init; }
    public string? IfMatch { get; init; }
    public string? IfNoneMatch { get; init; }
    public string? IfNoneExist { get; init; }
    public DateTimeOffset? IfModifiedSince { get; init; }

    /// <summary>Prefer: handling=strict or lenient; neither is the server's own measure.</summary>
    public bool Strict { get; init; }
    public bool Lenient { get; init; }
    public Handling Handling => Strict ? Handling.Strict : Lenient ? Handling.Lenient : Handling.Usual;

    /// <summary>Prefer: return=minimal or OperationOutcome; neither is the resource itself.</summary>
    public bool Minimal { get; init; }
    public bool WantsOutcome { get; init; }

    /// <summary>X-Provenance: why it is written, kept with it.</summary>
    public JsonElement? Provenance { get; init; }

    /// <summary>The transaction whose writes this read must see.</summary>
    public Tx? Within { get; init; }

    /// <summary>The FHIR base of this server, for links and locations.</summary>
    public required string Base { get; init; }
}

/// <summary>What an interaction answers; turned into HTTP or into a response entry.</summary>
internal sealed record FhirAnswer(int Status, byte[]? Body = null)
{
    public string? Type { get; init; }
    public int? Version { get; init; }
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>Relative: "Patient/1/_history/2".</summary>
    public string? Location { get; init; }
    public Problem? Problem { get; init; }

    /// <summary>Methods that would do, with 405.</summary>
    public string? Allow { get; init; }

    /// <summary>What was stored although R4 says otherwise.</summary>
    public IReadOnlyList<Issue> Warnings { get; init; } = [];

    /// <summary>Bundles and outcomes are not replaced by Prefer: return=minimal.</summary>
    public bool IsWrite { get; init; }

    public static FhirAnswer Of(Problem problem) =>
        new(problem.Status, FhirOutcome.Body(problem.ToIssue())) { Type = "OperationOutcome", Problem = problem };

    public static FhirAnswer Of(int status, IEnumerable<Issue> issues) => new(status, FhirOutcome.Body(issues)) { Type = "OperationOutcome" };

    /// <summary>What Prefer: return=OperationOutcome gets for a write that was done.</summary>
    public byte[] Outcome() => FhirOutcome.Body(Warnings.Count > 0 ? Warnings
        : [new Issue("information", "informational", Status switch { 201 => "Created.", 204 => "Deleted.", _ => "Done." })]);
}
