using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>http://hl7.org/fhir/R4/patient-operation-everything.html, by query or by Parameters.</summary>
internal sealed class EverythingOperation(Everything everything, string type) : IOperation
{
    public string Name => "everything";
    public string Definition => $"http://hl7.org/fhir/OperationDefinition/{type}-everything";
    public OperationLevel Levels => OperationLevel.Instance;
    public IReadOnlyList<string> Types => [type];

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) =>
        everything.Of(call.Caller, call.Request with { Query = call.AsQuery() }, type, call.Id!, stop);
}
