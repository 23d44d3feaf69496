using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Storage;

internal enum WriteKind { Create, Update, Patch, Delete }

/// <summary>One thing to be written; a single interaction has one, a transaction many.</summary>
internal sealed record WriteEntry
{
    public required WriteKind Kind { get; init; }
    public required string Type { get; init; }

    /// <summary>The target of update, patch, delete; null for create and while a condition is unresolved.</summary>
    public string? Id { get; init; }
    public JsonElement? Body { get; init; }

    /// <summary>Search query of a conditional interaction: If-None-Exist, or the query of PUT, PATCH, DELETE.</summary>
    public string? Condition { get; init; }

    /// <summary>Version demanded by If-Match.</summary>
    public int? IfMatch { get; init; }
    public bool IfNoneMatchAny { get; init; }

    /// <summary>fullUrl in a transaction, by which other entries refer to it.</summary>
    public string? FullUrl { get; init; }

    /// <summary>Turns the current body into the next (already without validation), for patch.</summary>
    public Func<JsonElement, Outcome<byte[]>>? Patch { get; init; }

    /// <summary>Whose scopes bound what its conditions can match; null is the product itself.</summary>
    public Caller? By { get; init; }

    /// <summary>Where it stood in the bundle, for messages.</summary>
    public int Position { get; init; }

    /// <summary>The id it names: in the address, or a conditional update in its body.</summary>
    public string? Target => Id ?? (Kind == WriteKind.Update && Body is { } body ? FhirJson.Text(body, "id") : null);

    /// <summary>Identifier values it carries or asks for, by the value alone: a condition may leave the system out.</summary>
    public IEnumerable<string> Identifiers
    {
        get
        {
            // A few types have one identifier, not a list.
            var own = Body is not { } body ? [] : body.TryGetProperty("identifier", out var one) && one.ValueKind == JsonValueKind.Object ? [one] : FhirJson.Items(body, "identifier");
            return own.Select(i => FhirJson.Text(i, "value")).OfType<string>().Concat(Condition is null ? [] : Conditions.Identifiers(Condition));
        }
    }
}

/// <summary>What became of it.</summary>
/// <param name="Status">200, 201 or 204.</param>
/// <param name="Body">The stored bytes; null after delete.</param>
internal sealed record WriteResult(int Status, string Type, string Id, int Version, DateTimeOffset Updated, byte[]? Body, bool Changed)
{
    /// <summary>What was stored before, if anything: who may not see it may not change it either.</summary>
    public byte[]? Before { get; init; }
    public string Location => $"{Type}/{Id}/_history/{Version}";
}

/// <summary>The current row of a resource.</summary>
internal sealed record Stored
{
    public short Type { get; init; }
    public string Id { get; init; } = "";
    public long Rid { get; init; }
    public int Version { get; init; }
    public DateTimeOffset Updated { get; init; }
    public bool Deleted { get; init; }
    public string Method { get; init; } = "";
    public byte[]? Body { get; init; }
}
