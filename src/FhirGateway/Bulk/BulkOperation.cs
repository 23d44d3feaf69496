using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Operations;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>$export and $import, for the metadata. What is asked for over HTTP has routes of its own; in a bundle they have no place.</summary>
internal sealed record BulkOperation(string Name, string Definition, OperationLevel Levels, IReadOnlyList<string>? Types) : IOperation
{
    private const string Export = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";

    public static readonly IReadOnlyList<BulkOperation> All =
    [
        new("export", Export + "export", OperationLevel.System, null),
        new("export", Export + "patient-export", OperationLevel.Type, ["Patient"]),
        new("export", Export + "group-export", OperationLevel.Instance, ["Group"]),
        new("import", "https://healthteams.example/fhir/OperationDefinition/import", OperationLevel.System, null),
    ];

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) =>
        Task.FromResult(FhirAnswer.Of(Problem.Invalid($"'${Name}' runs in the background: ask for it alone, with Prefer: respond-async.", code: "not-supported")));
}
