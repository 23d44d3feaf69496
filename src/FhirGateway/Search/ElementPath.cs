using System.Text.Json;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// The FHIRPath that search parameters use, compiled to a walk over JSON: paths, choice elements, as/ofType, one equality
/// in where(), where(resolve() is T), extension('url'), [n], and the one form "X.exists() and X != false".
/// Anything else compiles to nothing and is refused by name.
/// </summary>
internal sealed class ElementPath
{
    private static readonly JsonElement True = JsonDocument.Parse("true").RootElement;
    private static readonly JsonElement False = JsonDocument.Parse("false").RootElement;

    private readonly PathStep[] steps;

    /// <summary>Set when only references to this type count: where(resolve() is Patient).</summary>
    public string? OnlyTarget { get; }

    /// <summary>The answer is whether there is a value other than false.</summary>
    private readonly bool truth;

    /// <summary>%resource: walked from the resource, wherever the walk stands.</summary>
    public bool FromResource { get; }

    /// <summary>Of one resource there is one value at most.</summary>
    public bool Single { get; }

    private ElementPath(ParsedPath parsed, ClassMapping? root)
    {
        (steps, OnlyTarget, truth, FromResource) = ([.. parsed.Steps], parsed.OnlyTarget, parsed.Truth, parsed.FromResource);
                var (mapping, single) = (root, true);
        for (var i = 0; i < steps.Length; i++)
        {
            var element = mapping?.FindMappedElementByName(steps[i].Name);
            steps[i] = steps[i] with { Choice = element is null || element.Choice == ChoiceType.DatatypeChoice };
            single &= element is { IsCollection: false } && (element.Choice == ChoiceType.None || steps[i].As is not null and not "Timing") && element.PropertyTypeMapping?.Name != "Timing";
            mapping = steps[i].As is null && element?.Choice == ChoiceType.None ? element.PropertyTypeMapping : null;
        }
        Single = truth || (single && steps.Length > 0);
    }

    public IReadOnlyList<string> Names => [.. steps.Select(s => s.Name)];

    /// <summary>What is walked, without the type of its references: two parameters of one walk share their rows.</summary>
    public string Walked => $"{(truth ? "!" : "")}{(FromResource ? "%" : "")}{string.Join('.', steps.Select(s => $"{s.Name}:{s.As}:{s.WhereName}:{s.WhereValue}:{s.Index}"))}";

    /// <summary>The same path without its last where(system='x'), and that x: how Patient.phone is a view of Patient.telecom.</summary>
    public (string Walked, string System)? OfSystem => steps is [.., { WhereName: "system", WhereValue: { } system } last] && system.Length > 0
        ? ($"{string.Join('.', steps[..^1].Append(last with { WhereName = null, WhereValue = null }).Select(s => $"{s.Name}:{s.As}:{s.WhereName}:{s.WhereValue}:{s.Index}"))}", system) : null;

    /// <param name="type">Alternatives that start at another type are left out: http://hl7.org/fhir/R4/searchparameter.html says they are of that type.</param>
    public static IReadOnlyList<ElementPath> Compile(string type, string expression) => [.. All(type, expression).OfType<ElementPath>()];

    /// <summary>As <see cref="Compile"/>, but null when an alternative of this type is not understood.</summary>
    public static IReadOnlyList<ElementPath>? Whole(string type, string expression) =>
        All(type, expression) is { Count: > 0 } all && all.TrueForAll(p => p is not null) ? [.. all.OfType<ElementPath>()] : null;

    private static List<ElementPath?> All(string type, string expression) =>
        [.. PathParser.Alternatives(expression).Select(PathParser.Parse).Where(p => p is null || p.Root is null or "Resource" or "DomainResource" || p.Root == type)
            .Select(p => p is null ? null : new ElementPath(p, ModelInfo.ModelInspector.FindClassMapping(type)))];

    /// <summary>What the component of a composite says, from the element it stands on.</summary>
    public static IReadOnlyList<ElementPath> Relative(string expression) =>
        [.. PathParser.Alternatives(expression).Select(PathParser.Parse).OfType<ParsedPath>().Select(p => new ElementPath(p, null))];

    public IEnumerable<JsonElement> Walk(JsonElement resource) => truth
        ? [Walk(resource, 0).Any(e => e.ValueKind != JsonValueKind.False) ? True : False]
        : Walk(resource, 0);

    private IEnumerable<JsonElement> Walk(JsonElement element, int at)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            var i = 0;
            foreach (var item in element.EnumerateArray())
            {
                if (at > 0 && steps[at - 1].Index is { } only && only != i++) continue;
                foreach (var found in Walk(item, at)) yield return found;
            }
            yield break;
        }
        if (at > 0 && steps[at - 1] is { WhereName: not null } step && !Matches(element, step)) yield break;
        if (at == steps.Length)
        {
            if (element.ValueKind != JsonValueKind.Null) yield return element;
            yield break;
        }
        if (element.ValueKind != JsonValueKind.Object) yield break;
        var next = steps[at];
        if (next.As is { } type)
        {
            if (element.TryGetProperty(next.Name + type, out var chosen) || (!next.Choice && element.TryGetProperty(next.Name, out chosen)))
            {
                foreach (var found in Walk(chosen, at + 1)) yield return found;
            }
            yield break;
        }
        if (element.TryGetProperty(next.Name, out var value))
        {
            foreach (var found in Walk(value, at + 1)) yield return found;
            yield break;
        }
        if (!next.Choice) yield break;
        foreach (var property in element.EnumerateObject())
        {
            if (!IsChoice(property.Name, next.Name)) continue;
            foreach (var found in Walk(property.Value, at + 1)) yield return found;
        }
    }

    private static bool IsChoice(string property, string name) =>
        property.Length > name.Length && property.StartsWith(name, StringComparison.Ordinal) && char.IsAsciiLetterUpper(property[name.Length])
        && DataType(property[name.Length..]);

    private static bool DataType(string suffix) =>
        ModelInfo.IsDataType(suffix) || ModelInfo.IsPrimitive(char.ToLowerInvariant(suffix[0]) + suffix[1..]) || suffix == "Reference";

    private static bool Matches(JsonElement element, PathStep step)
    {
        foreach (var name in step.WhereName!.Split('.'))
        {
            if (element.ValueKind == JsonValueKind.Array) element = element.EnumerateArray().FirstOrDefault();
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return false;
        }
        return element.ValueKind == JsonValueKind.String ? element.GetString() == step.WhereValue : element.GetRawText() == step.WhereValue;
    }
}

/// <param name="As">The type a choice element must have, capitalised as JSON writes it.</param>
/// <param name="Choice">value[x]: its JSON name ends with its type.</param>
internal readonly record struct PathStep(string Name, string? As = null, string? WhereName = null, string? WhereValue = null, int? Index = null, bool Choice = true);
