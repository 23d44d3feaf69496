using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Operations;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>$export and $import as metadata tells of them. They answer by <see cref="BulkEndpoints"/>; what reaches here is an entry of a bundle.</summary>
internal sealed class BulkOperation(string name, OperationLevel levels, string? type, string definition) : IOperation
{
    public string Name => name;
    public string Definition => definition;
    public OperationLevel Levels => levels;
    public IReadOnlyList<string>? Types { get; } = type is null ? null : [type];

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) =>
        Task.FromResult(FhirAnswer.Of(Problem.Invalid($"${name} runs in the background and is asked for alone, not in a bundle.", code: "not-supported")));

    public static IEnumerable<IOperation> All()
    {
        const string bulk = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";
        yield return new BulkOperation("export", OperationLevel.System, null, bulk + "export");
        yield return new BulkOperation("export", OperationLevel.Type, "Patient", bulk + "patient-export");
        yield return new BulkOperation("export", OperationLevel.Instance, "Group", bulk + "group-export");
        yield return new BulkOperation("import", OperationLevel.System, null, "https://healthteams.example/fhir/OperationDefinition/import");
    }
}
