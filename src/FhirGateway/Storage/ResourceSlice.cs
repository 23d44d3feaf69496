using System.Text.Json;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>
/// A mapped resource type: applied to its slice's rows in the transaction that stores it (decision record 0001).
/// </summary>
internal interface IResourceSlice
{
    string Type { get; }

    /// <summary>Slices of a bundle run in this order: people, places, then what refers to them.</summary>
    int Order { get; }

    /// <param name="read">Reads another resource of this API inside the transaction; null when there is none.</param>
    /// <returns>A problem refuses the whole write.</returns>
    Task<Problem?> Apply(Tx tx, string id, JsonElement resource, Func<string, Task<JsonElement?>> read);

    /// <summary>The resource was deleted.</summary>
    Task Remove(Tx tx, string id) => Task.CompletedTask;
}
