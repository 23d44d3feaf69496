using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Operations;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>One of the operations of Subscription as the registry knows it.</summary>
internal sealed class SubscriptionOperation(SubscriptionOperations all, string name, OperationLevel levels, string definition, bool affectsState = false) : IOperation
{
    public string Name => name;
    public string Definition => definition;
    public OperationLevel Levels => levels;
    public IReadOnlyList<string> Types { get; } = ["Subscription"];
    public bool AffectsState => affectsState;

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) => all.Run(call.Caller, call.Request, call.Id, "$" + name, stop);

    private const string Backport = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-";

    public static IReadOnlyList<Func<SubscriptionOperations, IOperation>> All { get; } =
    [
        all => new SubscriptionOperation(all, "status", OperationLevel.Type | OperationLevel.Instance, Backport + "status"),
        all => new SubscriptionOperation(all, "events", OperationLevel.Instance, Backport + "events"),
        all => new SubscriptionOperation(all, "get-ws-binding-token", OperationLevel.Type | OperationLevel.Instance, Backport + "get-ws-binding-token"),
        all => new SubscriptionOperation(all, "resend", OperationLevel.Instance, "https://healthteams.example/fhir/OperationDefinition/subscription-resend", affectsState: true),
    ];
}
