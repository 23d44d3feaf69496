using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Utility;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// A code element states no system: its required binding does. http://hl7.org/fhir/R4/search.html#token
/// Read from the SDK's enumerations; for the few bindings that are no enumeration (languages, currencies) any system will do.
/// </summary>
internal sealed class ImpliedSystems(IReadOnlySet<string> systems, bool any)
{
    public static readonly ImpliedSystems None = new(new HashSet<string>(), false);

    public bool Has(string system) => any || systems.Contains(system);

    public static ImpliedSystems Of(string type, IEnumerable<ElementPath> paths)
    {
        var systems = new HashSet<string>(StringComparer.Ordinal);
        var any = false;
        foreach (var path in paths)
        {
            var element = Element(type, path.Names);
            if (element == typeof(Code)) any = true;
            else if (element is { IsGenericType: true } && element.GetGenericTypeDefinition() == typeof(Code<>))
            {
                foreach (Enum literal in Enum.GetValues(element.GetGenericArguments()[0]))
                {
                    if (literal.GetSystem() is { } system) systems.Add(system);
                }
            }
        }
        return new ImpliedSystems(systems, any);
    }

    private static Type? Element(string type, IReadOnlyList<string> names)
    {
        var mapping = ModelInfo.ModelInspector.FindClassMapping(type);
        PropertyMapping? element = null;
        foreach (var name in names)
        {
            element = mapping?.FindMappedElementByName(name);
            mapping = element?.PropertyTypeMapping;
        }
        return element?.ImplementingType;
    }
}
