using System.Collections.Frozen;
using System.Text;
using HealthTeams.FhirGateway.Storage;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Search;

internal enum ParameterKind { Token, String, Date, Reference, Quantity, Number, Uri }

/// <summary>One search parameter of one type. http://hl7.org/fhir/R4/searchparameter-registry.html</summary>
/// <param name="Number">Stable hash of "Type.code", the key in the index tables.</param>
/// <param name="Targets">Types a reference may point to.</param>
internal sealed record Parameter(string Type, string Code, ParameterKind Kind, int Number, IReadOnlyList<ElementPath> Paths, IReadOnlyList<string> Targets)
{
    private readonly Lazy<ImpliedSystems> implied = new(() => Kind == ParameterKind.Token ? ImpliedSystems.Of(Type, Paths) : ImpliedSystems.None);

    /// <summary>Whether a value without a system may be of this one: that of the binding of a code element.</summary>
    public bool Implies(string system) => implied.Value.Has(system);
}

/// <summary>All R4 search parameters, compiled once from the definitions the SDK ships.</summary>
internal static class SearchParameters
{
    private static readonly FrozenDictionary<string, FrozenDictionary<string, Parameter>> ByType = Load();

    public static IEnumerable<Parameter> Of(string type) => ByType.TryGetValue(type, out var all) ? all.Values : [];
    public static Parameter? Find(string type, string code) => ByType.TryGetValue(type, out var all) ? all.GetValueOrDefault(code) : null;

    private static FrozenDictionary<string, FrozenDictionary<string, Parameter>> Load()
    {
        var all = ResourceTypes.All.ToDictionary(t => t, t => new Dictionary<string, Parameter>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var definition in ModelInfo.SearchParameters)
        {
            if (definition.Resource is null || definition.Name is null || definition.Expression is null || !all.TryGetValue(definition.Resource, out var ofType)) continue;
            if (Kind(definition.Type) is not { } kind) continue;
            var paths = ElementPath.Compile(definition.Resource, definition.Expression);
            if (paths.Count == 0) continue;
            var targets = definition.Target?.Select(t => t.ToString()!).ToArray() ?? [];
            ofType.TryAdd(definition.Name, new Parameter(definition.Resource, definition.Name, kind, Hash(definition.Resource, definition.Name), paths, targets));
        }
        foreach (var (type, ofType) in all)
        {
            Meta(ofType, type, "_tag", ParameterKind.Token, "meta.tag");
            Meta(ofType, type, "_security", ParameterKind.Token, "meta.security");
            Meta(ofType, type, "_profile", ParameterKind.Uri, "meta.profile");
            Meta(ofType, type, "_source", ParameterKind.Uri, "meta.source");
        }
        var numbers = all.Values.SelectMany(p => p.Values).GroupBy(p => p.Number).FirstOrDefault(g => g.Count() > 1);
        if (numbers is not null) throw new InvalidOperationException($"Search parameters {string.Join(", ", numbers.Select(p => $"{p.Type}.{p.Code}"))} share a number.");
        return all.ToFrozenDictionary(p => p.Key, p => p.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static void Meta(Dictionary<string, Parameter> ofType, string type, string code, ParameterKind kind, string path) =>
        ofType[code] = new Parameter(type, code, kind, Hash(type, code), ElementPath.Compile(type, $"{type}.{path}"), []);

    private static ParameterKind? Kind(SearchParamType type) => type switch
    {
        SearchParamType.Token => ParameterKind.Token,
        SearchParamType.String => ParameterKind.String,
        SearchParamType.Date => ParameterKind.Date,
        SearchParamType.Reference => ParameterKind.Reference,
        SearchParamType.Quantity => ParameterKind.Quantity,
        SearchParamType.Number => ParameterKind.Number,
        SearchParamType.Uri => ParameterKind.Uri,
        _ => null, // composite and special
    };

    /// <summary>FNV-1a, 32 bits; collisions among the known ones are checked at start.</summary>
    private static int Hash(string type, string code)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.ASCII.GetBytes($"{type}.{code}")) hash = (hash ^ b) * 16777619u;
        return unchecked((int)hash);
    }
}
