using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Operations;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>The operations of Subscription, as router and metadata know them.</summary>
internal sealed class SubscriptionOperation(string name, OperationLevel levels, SubscriptionOperations operations) : IOperation
{
    public string Name => name;
    public string Definition => name == "resend" ? "https://healthteams.example/fhir/OperationDefinition/subscription-resend"
        : $"http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-{name}";
    public OperationLevel Levels => levels;
    public IReadOnlyList<string> Types => ["Subscription"];
    public bool AffectsState => name == "resend";

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) => operations.Run(call.Caller, call.Request, call.Id, "$" + name, stop);
}
