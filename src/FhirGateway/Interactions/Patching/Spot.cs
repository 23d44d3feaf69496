using System.Text.Json.Nodes;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>A place in a resource's JSON, with what R4 says of it. The root has no owner.</summary>
/// <param name="Name">Its property in the owner: "valueQuantity" for the element value.</param>
/// <param name="Index">Its place when the property is an array.</param>
/// <param name="Class">Its type, when R4 knows the element.</param>
internal sealed record Spot(JsonObject? Owner, string Name, int? Index, JsonNode? Value, ClassMapping? Class)
{
    public static Spot Root(JsonObject resource) => new(null, "", null, resource, Type(resource["resourceType"]?.GetValue<string>()));

    /// <summary>What its children are in: the object itself, or what stands beside a primitive ("_birthDate").</summary>
    public JsonObject? Inside => Value as JsonObject ?? Beside as JsonObject;

    private JsonNode? Beside => Owner?["_" + Name] switch
    {
        JsonArray items when Index is { } i => i < items.Count ? items[i] : null,
        var item => item,
    };

    public static ClassMapping? Type(string? name) => name is null ? null : ModelInfo.ModelInspector.FindClassMapping(name);

    public static List<Spot> Walk(JsonObject resource, PatchPath path)
    {
        var root = Root(resource);
        List<Spot> found = [root];
        for (var i = 0; i < path.Steps.Count; i++)
        {
            if (i == 0 && path.Steps[0] is PathStep.Child { Name: var first } && (first == root.Class?.Name || first is "Resource" or "DomainResource")) continue;
            found = path.Steps[i] switch
            {
                PathStep.Child child => [.. found.SelectMany(s => s.Children(child.Name))],
                PathStep.At at => at.Index < found.Count ? [found[at.Index]] : [],
                PathStep.Last => [.. found.TakeLast(1)],
                PathStep.OfType of => [.. found.Where(s => string.Equals(s.Class?.Name, of.Type, StringComparison.Ordinal))],
                PathStep.Where where => [.. found.SelectMany(s => where.Below is { } name ? s.Children(name) : [s]).Where(s => where.Criteria.All(s.Meets))],
                _ => [],
            };
        }
        return found;
    }

    public IEnumerable<Spot> Children(string name)
    {
        if (Inside is not { } inside) yield break;
        var element = Class?.FindMappedElementByName(name);
        foreach (var property in Properties(inside, name, element))
        {
            var type = TypeOf(element, name, property);
            var (value, beside) = (inside[property], inside["_" + property]);
            if (value is JsonArray || beside is JsonArray)
            {
                var (items, besides) = (value as JsonArray, beside as JsonArray);
                for (var i = 0; i < Math.Max(items?.Count ?? 0, besides?.Count ?? 0); i++)
                {
                    var item = i < items?.Count ? items[i] : null;
                    yield return new Spot(inside, property, i, item, Concrete(type, item));
                }
            }
            else yield return new Spot(inside, property, null, value, Concrete(type, value));
        }
    }

    /// <summary>"value" is "valueQuantity" in JSON, or whatever type was chosen.</summary>
    private static List<string> Properties(JsonObject inside, string name, PropertyMapping? element)
    {
        if (inside.ContainsKey(name) || inside.ContainsKey("_" + name)) return [name];
        if (element?.Choice != ChoiceType.DatatypeChoice) return [];
        return inside.Select(p => p.Key.TrimStart('_')).Distinct().Where(p => IsChoice(p, name)).ToList();
    }

    public static bool IsChoice(string property, string name) =>
        property.Length > name.Length && property.StartsWith(name, StringComparison.Ordinal) && TypeNamed(property[name.Length..]) is not null;

    private static ClassMapping? TypeOf(PropertyMapping? element, string name, string property) =>
        element?.Choice == ChoiceType.DatatypeChoice && property.Length > name.Length ? TypeNamed(property[name.Length..]) : element?.PropertyTypeMapping;

    /// <summary>The suffix of a choice: "Quantity", or "DateTime" for dateTime.</summary>
    private static ClassMapping? TypeNamed(string suffix) => Type(suffix) ?? Type(char.ToLowerInvariant(suffix[0]) + suffix[1..]);

    private static ClassMapping? Concrete(ClassMapping? type, JsonNode? value) =>
        value is JsonObject o && o["resourceType"] is JsonValue said && said.TryGetValue<string>(out var name) ? Type(name) : type;

    private bool Meets(Criterion criterion)
    {
        List<Spot> found = [this];
        foreach (var name in criterion.Operand) found = [.. found.SelectMany(s => s.Children(name))];
        return found.Exists(s => s.Value is JsonValue value && (value.TryGetValue<string>(out var text) ? text : value.ToJsonString()) == criterion.Value);
    }
}
