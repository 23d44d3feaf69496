using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Operations;

namespace HealthTeams.FhirGateway.Compartments;

/// <summary>$everything as the registry knows it: of one patient, or of one encounter.</summary>
internal sealed class EverythingOperation(Everything everything, string type) : IOperation
{
    private static readonly string[] Inputs = ["_since", "_type", "_count", "start", "end", "_cursor"];

    public string Name => "everything";
    public string Definition => $"http://hl7.org/fhir/OperationDefinition/{type}-everything";
    public OperationLevel Levels => OperationLevel.Instance;
    public IReadOnlyList<string> Types { get; } = [type];

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop)
    {
        // What came as Parameters stands in the page links like what came in the query.
        var query = string.Join('&', Inputs.SelectMany(name => call.All(name).Select(value => $"{name}={Uri.EscapeDataString(value)}")));
        return everything.Of(call.Caller, call.Request with { Query = query }, type, call.Id!, stop);
    }
}
