using System.Collections.Frozen;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>R4's resource types as small numbers: their place in the alphabet of the 4.0.1 list, which never changes.</summary>
internal static class ResourceTypes
{
    private static readonly string[] Names = [.. ModelInfo.SupportedResources.Where(t => t is not ("Resource" or "DomainResource")).Order(StringComparer.Ordinal)];
    private static readonly FrozenDictionary<string, short> Numbers = Names.Select((name, i) => (name, i)).ToFrozenDictionary(x => x.name, x => (short)x.i, StringComparer.Ordinal);

    public static IReadOnlyList<string> All => Names;
    public static bool Known(string type) => Numbers.ContainsKey(type);
    public static short Number(string type) => Numbers[type];
    public static short? NumberOrNone(string type) => Numbers.TryGetValue(type, out var n) ? n : null;
    public static string Name(short number) => Names[number];
}
