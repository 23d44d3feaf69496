using System.Collections.Frozen;
using System.Text;
using HealthTeams.FhirGateway.Storage;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Search;

internal enum ParameterKind { Token, String, Date, Reference, Quantity, Number, Uri, Composite, Special }

/// <summary>One search parameter of one type. http://hl7.org/fhir/R4/searchparameter-registry.html</summary>
/// <param name="Number">Stable hash, the key in the index tables; a view has the number of what it is a view of.</param>
/// <param name="Targets">Types a reference may point to.</param>
internal sealed record Parameter(string Type, string Code, ParameterKind Kind, int Number, IReadOnlyList<ElementPath> Paths, IReadOnlyList<string> Targets)
{
    private readonly Lazy<ImpliedSystems> implied = new(() => Kind == ParameterKind.Token ? ImpliedSystems.Of(Type, Paths) : ImpliedSystems.None);

    /// <summary>The name its rows go by: its own, or that of the parameter it is a view of.</summary>
    public string RowsOf { get; init; } = $"{Type}.{Code}";

    /// <summary>Whether it writes rows; a view of another parameter reads that one's.</summary>
    public bool Own { get; init; } = true;

    /// <summary>A view of references to one type only: Encounter.patient of Encounter.subject.</summary>
    public string? OnlyTarget { get; init; }

    /// <summary>A view of contact points of one system only: Patient.phone of Patient.telecom.</summary>
    public string? OnlySystem { get; init; }

    /// <summary>Of a composite: each path says where the components of one row are read from.</summary>
    public IReadOnlyList<Component> Components { get; init; } = [];

    /// <summary>A resource has one value at most, so that criteria on it speak of the same one.</summary>
    public bool Single => Paths is [{ Single: true }];

    /// <summary>identifier:of-type, in the token table.</summary>
    public int OfType { get; } = SearchParameters.Hash($"{Type}.{Code}:of-type");

    /// <summary>Identifiers of references that have one, in the token table.</summary>
    public int Identifier { get; init; } = SearchParameters.Hash($"{Type}.{Code}:identifier");

    /// <summary>Whether a value without a system may be of this one: that of the binding of a code element.</summary>
    public bool Implies(string system) => implied.Value.Has(system);

    public string Table => Kind switch
    {
        ParameterKind.Token => "token",
        ParameterKind.String => "string",
        ParameterKind.Date => "date",
        ParameterKind.Reference => "reference",
        ParameterKind.Uri => "uri",
        ParameterKind.Composite => "composite",
        _ => "quantity",
    };
}

/// <summary>One part of a composite: a parameter of its kind, with paths that start at the composite's element.</summary>
internal sealed record Component(Parameter Parameter, IReadOnlyList<ElementPath> Paths);

/// <summary>All R4 search parameters, compiled once from the definitions the SDK ships.</summary>
internal static class SearchParameters
{
    /// <summary>Those that every type has, with the same rows for all.</summary>
    public static readonly IReadOnlyList<(string Code, ParameterKind Kind, string Path)> Common =
        [("_tag", ParameterKind.Token, "meta.tag"), ("_security", ParameterKind.Token, "meta.security"), ("_profile", ParameterKind.Uri, "meta.profile"), ("_source", ParameterKind.Uri, "meta.source")];

    private static readonly FrozenDictionary<string, FrozenDictionary<string, Parameter>> ByType = Load();
    private static readonly FrozenDictionary<string, Parameter[]> Writing = ByType.ToFrozenDictionary(p => p.Key, p => p.Value.Values.Where(x => x.Own).ToArray(), StringComparer.Ordinal);

    public static IEnumerable<Parameter> Of(string type) => ByType.TryGetValue(type, out var all) ? all.Values : [];
    public static Parameter? Find(string type, string code) => ByType.TryGetValue(type, out var all) ? all.GetValueOrDefault(code) : null;

    /// <summary>Those that write rows.</summary>
    public static Parameter[] Indexed(string type) => Writing.GetValueOrDefault(type) ?? [];

    private static FrozenDictionary<string, FrozenDictionary<string, Parameter>> Load()
    {
        var all = ResourceTypes.All.ToDictionary(t => t, t => new Dictionary<string, Parameter>(StringComparer.Ordinal), StringComparer.Ordinal);
        var kinds = ModelInfo.SearchParameters.Where(p => p.Url is not null).DistinctBy(p => p.Url).ToDictionary(p => p.Url!, p => p);
        foreach (var definition in ModelInfo.SearchParameters.OrderBy(d => d.Type == SearchParamType.Composite))
        {
            if (definition.Resource is null || definition.Name is null || definition.Expression is null || !all.TryGetValue(definition.Resource, out var ofType)) continue;
            var paths = ElementPath.Compile(definition.Resource, definition.Expression);
            if (paths.Count == 0) continue;
            var targets = definition.Target?.Select(t => t.ToString()!).ToArray() ?? [];
            var parameter = new Parameter(definition.Resource, definition.Name, Kind(definition.Type), Hash($"{definition.Resource}.{definition.Name}"), paths, targets)
            {
                Components = definition.Type != SearchParamType.Composite ? [] : Parts(definition, kinds),
            };
            ofType.TryAdd(definition.Name, parameter);
        }
        foreach (var (type, ofType) in all)
        {
            foreach (var (code, kind, path) in Common)
            {
                ofType[code] = new Parameter(type, code, kind, Hash($"Resource.{code}"), ElementPath.Compile(type, $"{type}.{path}"), []) { RowsOf = $"Resource.{code}" };
            }
            foreach (var same in (bool[])[true, false])
            {
                foreach (var parameter in ofType.Values.ToList())
                {
                    if (parameter.Own && ViewOf(ofType.Values, parameter, same) is { } view) ofType[parameter.Code] = view;
                }
            }
        }
        var numbers = all.Values.SelectMany(p => p.Values).Where(p => p.Own).SelectMany(p => new[] { (p.Number, p.RowsOf), (p.OfType, $"{p.Type}.{p.Code}:of-type"), (p.Identifier, $"{p.Type}.{p.Code}:identifier") })
            .Distinct().GroupBy(p => p.Item1).FirstOrDefault(g => g.Count() > 1);
        if (numbers is not null) throw new InvalidOperationException($"Search parameters {string.Join(", ", numbers.Select(p => p.Item2))} share a number.");
        return all.ToFrozenDictionary(p => p.Key, p => p.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static Component[] Parts(SearchParamDefinition composite, Dictionary<string, SearchParamDefinition> definitions)
    {
        var parts = composite.Component!.Select(c => Part(composite.Resource!, definitions[c.Definition!], c.Expression!)).ToArray();
        // R4 has the two definitions of DocumentReference.relationship the wrong way round; its expressions are right.
        return parts is [{ Parameter.Kind: ParameterKind.Reference } first, { Parameter.Kind: ParameterKind.Token } second]
            ? [first with { Parameter = second.Parameter }, second with { Parameter = first.Parameter }] : parts;
    }

    private static Component Part(string type, SearchParamDefinition definition, string expression) =>
        new(new Parameter(type, definition.Name!, Kind(definition.Type), 0, ElementPath.Compile(type, definition.Expression!), []), ElementPath.Relative(expression));

    /// <summary>
    /// Encounter.patient walks what Encounter.subject walks and keeps the Patients: it reads that one's rows and writes none,
    /// which is a third of all reference rows.
    /// </summary>
    private static Parameter? ViewOf(IEnumerable<Parameter> ofType, Parameter p, bool whole)
    {
        if (p.Kind is ParameterKind.Composite or ParameterKind.Special) return null;
        foreach (var other in ofType)
        {
            if (other == p || !other.Own || other.Kind != p.Kind || other.Paths.Any(x => x.OnlyTarget is not null)) continue;
            var same = Walked(other.Paths);
            var target = p.Paths.Select(x => x.OnlyTarget).Distinct().ToArray();
            var view = p with { Own = false, Number = other.Number, Identifier = other.Identifier, RowsOf = other.RowsOf };
            // Of two that are the same to the letter the first by name keeps the rows.
            if (whole)
            {
                if (target is [null] && Walked(p.Paths) == same && string.CompareOrdinal(other.Code, p.Code) < 0) return view;
                continue;
            }
            if (target is [{ } only] && Walked(p.Paths) == same) return view with { OnlyTarget = only };
            if (p is { Kind: ParameterKind.Token, Paths: [{ OfSystem: { } of }] } && same == of.Walked) return view with { OnlySystem = of.System };
        }
        return null;
    }

    private static string Walked(IEnumerable<ElementPath> paths) => string.Join(" | ", paths.Select(p => p.Walked).Order(StringComparer.Ordinal));

    public static ParameterKind Kind(SearchParamType type) => type switch
    {
        SearchParamType.Token => ParameterKind.Token,
        SearchParamType.String => ParameterKind.String,
        SearchParamType.Date => ParameterKind.Date,
        SearchParamType.Reference => ParameterKind.Reference,
        SearchParamType.Quantity => ParameterKind.Quantity,
        SearchParamType.Number => ParameterKind.Number,
        SearchParamType.Uri => ParameterKind.Uri,
        SearchParamType.Composite => ParameterKind.Composite,
        _ => ParameterKind.Special,
    };

    /// <summary>FNV-1a, 32 bits; collisions among the known ones are checked at start.</summary>
    public static int Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.ASCII.GetBytes(name)) hash = (hash ^ b) * 16777619u;
        return unchecked((int)hash);
    }
}
