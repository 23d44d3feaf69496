using System.Text.Json;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>Loads a transaction bundle from inside the product (the demo hospital), by the same way as one from outside.</summary>
public sealed class FhirBatch
{
    private readonly FhirRouter router;
    private readonly FhirSettings settings;

    internal FhirBatch(FhirRouter router, FhirSettings settings) => (this.router, this.settings) = (router, settings);

    public async Task<Problem?> Load(Caller caller, string bundle, CancellationToken stop)
    {
        using var document = JsonDocument.Parse(bundle);
        var answer = await router.Handle(caller, new FhirRequest { Method = "POST", Path = [], Base = settings.Base, Body = document.RootElement }, stop);
        return answer.Status == 200 ? null : new Problem(answer.Status, "bundle-refused", System.Text.Encoding.UTF8.GetString(answer.Body ?? []));
    }
}
