using System.Text.Json;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>The resources that these references mean, in one round trip; without those that are not here.</summary>
internal delegate Task<Dictionary<string, JsonElement>> ReadReferences(IEnumerable<string> references);

/// <summary>One resource of a write, as stored; null after a delete.</summary>
/// <param name="Unheard">Made with an id of ours in this write: nothing can have referred to it before.</param>
internal readonly record struct Written(string Id, JsonElement? Resource, bool Unheard)
{
    /// <summary>The version before, if there was one.</summary>
    public byte[]? Before { get; init; }
}

/// <summary>
/// A mapped resource type: applied to its slice's rows in the transaction that stores it (decision record 0001), all
/// resources of a bundle at once.
/// </summary>
internal interface IResourceSlice
{
    string Type { get; }

    /// <summary>Slices of a bundle run in this order: people, places, then what refers to them.</summary>
    int Order { get; }

    /// <param name="read">Reads other resources of this API inside the transaction.</param>
    /// <returns>A problem refuses the whole write.</returns>
    Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read);
}
