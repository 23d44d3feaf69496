using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>The server's word on a Subscription, status and error, as its next version in the same transaction (decision record 0001).</summary>
internal sealed class SubscriptionStatus(WriteEngine engine)
{
    /// <summary>The resource's row before the subscription's, as writers lock them: no deadlock with a PUT.</summary>
    public static Task Lock(Tx tx, string id) => tx.Execute("select from fhir.resource where tenant = @Tenant and type = @type and id = @id for update",
        new { tx.Tenant, type = ResourceTypes.Number("Subscription"), id });

    public async Task Project(Tx tx, string id, string status, string? error)
    {
        if (await ResourceReads.Body(tx, $"Subscription/{id}", toChange: true) is not { } resource) return;
        if (FhirJson.Text(resource, "status") == status && FhirJson.Text(resource, "error") == error) return;
        var next = FhirJson.With(resource, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["status"] = w => w.WriteStringValue(status),
            ["error"] = error is null ? null : w => w.WriteStringValue(error),
        });
        var written = await engine.Run(tx, [new WriteEntry { Kind = WriteKind.Update, Type = "Subscription", Id = id, Body = JsonDocument.Parse(next).RootElement }], applySlices: false);
        if (!written.Ok) throw new InvalidOperationException($"A projection was refused: {written.Problem.Detail}");
    }
}
