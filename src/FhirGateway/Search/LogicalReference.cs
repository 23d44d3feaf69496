using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// http://hl7.org/fhir/R4/references.html#logical: a reference that only has type and identifier, written as the search
/// that finds it ("Patient?identifier=system|value").
/// </summary>
internal static class LogicalReference
{
    /// <summary>The literal reference, else the logical one as a search, else null.</summary>
    public static string? Of(JsonElement reference)
    {
        if (reference.ValueKind != JsonValueKind.Object) return null;
        if (FhirJson.Text(reference, "reference") is { } literal) return literal;
        return FhirJson.Text(reference, "type") is { } type && ResourceTypes.Known(type) && FhirJson.Text(reference, "identifier", "value") is { } value
            ? $"{type}?identifier={Uri.EscapeDataString($"{FhirJson.Text(reference, "identifier", "system")}|{value}".TrimStart('|'))}" : null;
    }

    public static bool Is(string reference) => reference.IndexOf('?', StringComparison.Ordinal) is > 0 and var at && ResourceTypes.Known(reference[..at]);

    public static (string Type, string Condition) Split(string reference)
    {
        var at = reference.IndexOf('?', StringComparison.Ordinal);
        return (reference[..at], reference[(at + 1)..]);
    }

    /// <summary>What to know the target by: its own address once it was found, the literal reference else.</summary>
    public static string? Key(string? reference, string type, JsonElement? found) =>
        reference is null || !Is(reference) ? reference : found is { } resource && FhirJson.Text(resource, "id") is { } id ? $"{type}/{id}" : null;
}
