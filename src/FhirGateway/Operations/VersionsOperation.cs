using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>http://hl7.org/fhir/R4/capabilitystatement-operation-versions.html</summary>
internal sealed class VersionsOperation : IOperation
{
    public string Name => "versions";
    public string Definition => "http://hl7.org/fhir/OperationDefinition/CapabilityStatement-versions";
    public OperationLevel Levels => OperationLevel.System;

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) => Task.FromResult(new FhirAnswer(200,
        """{"resourceType":"Parameters","parameter":[{"name":"version","valueCode":"4.0"},{"name":"default","valueCode":"4.0"}]}"""u8.ToArray()) { Type = "Parameters" });
}
