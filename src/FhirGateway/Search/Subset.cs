using System.Collections.Concurrent;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// http://hl7.org/fhir/R4/search.html#summary and #elements: part of a resource, cut from its JSON, marked SUBSETTED.
/// Elements the type requires stay, so that what is sent is valid.
/// </summary>
internal sealed record Subset
{
    public static readonly Subset Whole = new();
    private static readonly ConcurrentDictionary<string, ClassMapping?> Mappings = new(StringComparer.Ordinal);

    private string Summary { get; init; } = "false";
    private HashSet<string>? Elements { get; init; }

    public bool IsWhole => Summary == "false" && Elements is null;

    public Outcome<Subset> With(string name, string value)
    {
        var next = name == "_summary" ? this with { Summary = value } : this with { Elements = [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] };
        if (next.Summary is not ("true" or "text" or "data" or "false")) return Problem.Invalid("_summary is true, text, data, count or false.", "_summary");
        if (next.Elements is { Count: 0 }) return Problem.Invalid("_elements names the elements to send.", "_elements");
        return next is { Elements: not null, Summary: not "false" } ? Problem.Invalid("_elements and _summary cannot be asked at once.", "_elements") : next;
    }

    /// <summary>Of a read's query; its other parameters are not for us.</summary>
    public static Outcome<Subset> Of(string query)
    {
        if (query.Length == 0) return Whole;
        Outcome<Subset> subset = Whole;
        foreach (var (name, value) in Conditions.Parse(query))
        {
            if (name is "_summary" or "_elements" && subset.Ok) subset = subset.Value.With(name, value);
        }
        return subset;
    }

    public byte[] Of(byte[] body)
    {
        if (IsWhole) return body;
        using var document = JsonDocument.Parse(body);
        var resource = document.RootElement;
        var type = FhirJson.Text(resource, "resourceType")!;
        var mapping = Mappings.GetOrAdd(type, t => ModelInfo.ModelInspector.FindClassMapping(t));
        return FhirJson.Write(w =>
        {
            w.WriteStartObject();
            foreach (var p in resource.EnumerateObject())
            {
                if (p.Name == "meta") Meta(w, p.Value);
                else if (p.Name is "resourceType" or "id" || Keeps(type, mapping, p.Name))
                {
                    w.WritePropertyName(p.Name);
                    if (Summary == "true") Nested(w, p.Value, Element(mapping, p.Name));
                    else FhirJson.Copy(w, p.Value, null);
                }
            }
            w.WriteEndObject();
        });
    }

    private bool Keeps(string type, ClassMapping? mapping, string property)
    {
        var element = Element(mapping, property);
        if (Elements is not null)
        {
            var name = element?.Name ?? property.TrimStart('_');
            return element is { IsMandatoryElement: true } || Elements.Contains(name) || Elements.Contains($"{type}.{name}");
        }
        return Summary switch
        {
            "true" => element is { InSummary: true } or { IsMandatoryElement: true },
            "text" => property is "text" or "_text" || element is { IsMandatoryElement: true },
            _ => property is not ("text" or "_text"), // data
        };
    }

    /// <summary>Backbone elements are cut like the resource; data types stay whole.</summary>
    private static void Nested(Utf8JsonWriter w, JsonElement value, PropertyMapping? element)
    {
        var mapping = element?.PropertyTypeMapping;
        if (mapping is not { IsBackboneType: true })
        {
            FhirJson.Copy(w, value, null);
            return;
        }
        if (value.ValueKind == JsonValueKind.Array)
        {
            w.WriteStartArray();
            foreach (var item in value.EnumerateArray()) Nested(w, item, element);
            w.WriteEndArray();
            return;
        }
        if (value.ValueKind != JsonValueKind.Object)
        {
            FhirJson.Copy(w, value, null);
            return;
        }
        w.WriteStartObject();
        foreach (var p in value.EnumerateObject())
        {
            var inner = Element(mapping, p.Name);
            if (p.Name != "id" && inner is not ({ InSummary: true } or { IsMandatoryElement: true })) continue;
            w.WritePropertyName(p.Name);
            Nested(w, p.Value, inner);
        }
        w.WriteEndObject();
    }

    /// <summary>"_birthDate" and "valueQuantity" are birthDate and value.</summary>
    private static PropertyMapping? Element(ClassMapping? mapping, string property)
    {
        var name = property.TrimStart('_');
        return mapping?.FindMappedElementByName(name) ?? mapping?.FindMappedElementByChoiceName(name);
    }

    private static void Meta(Utf8JsonWriter w, JsonElement meta)
    {
        w.WriteStartObject("meta");
        foreach (var p in meta.EnumerateObject().Where(p => p.Name != "tag"))
        {
            w.WritePropertyName(p.Name);
            FhirJson.Copy(w, p.Value, null);
        }
        w.WriteStartArray("tag");
        foreach (var tag in FhirJson.Items(meta, "tag")) FhirJson.Copy(w, tag, null);
        w.WriteStartObject();
        w.WriteString("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue");
        w.WriteString("code", "SUBSETTED");
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    }
}
