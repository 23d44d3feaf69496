using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>XML as the JSON it would be; whether it is right is the validator's to say. What has no place in FHIR's XML is a NotFhirException.</summary>
internal static partial class JsonFromXml
{
    private static readonly HashSet<string> Numbers = ["decimal", "integer", "positiveInt", "unsignedInt", "integer64"];

    public static void Resource(Utf8JsonWriter w, XElement resource)
    {
        if (ModelInfo.ModelInspector.FindClassMapping(resource.Name.LocalName) is not { IsResource: true } type) throw No(resource, $"'{resource.Name.LocalName}' is not a resource type");
        w.WriteStartObject();
        w.WriteString("resourceType", resource.Name.LocalName);
        Children(w, resource, type);
        w.WriteEndObject();
    }

    private static void Children(Utf8JsonWriter w, XElement parent, ClassMapping? type)
    {
        foreach (var attribute in Attributes(parent))
        {
            if (attribute.Name.LocalName != "id" && !(attribute.Name.LocalName == "url" && type?.Name == "Extension")) throw No(parent, $"'{parent.Name.LocalName}' has no attribute '{attribute.Name.LocalName}'");
            w.WriteString(attribute.Name.LocalName, attribute.Value);
        }
        if (parent.Nodes().OfType<XText>().Any(t => !string.IsNullOrWhiteSpace(t.Value))) throw No(parent, $"'{parent.Name.LocalName}' has text in it; values go into the attribute 'value'");
        foreach (var group in parent.Elements().GroupBy(e => e.Name))
        {
            var (name, items) = (group.Key.LocalName, group.ToList());
            if (group.Key.Namespace == FhirXml.Xhtml && name == "div")
            {
                if (items.Count > 1) throw No(items[1], "a narrative has one div");
                w.WriteString("div", items[0].ToString(SaveOptions.DisableFormatting));
                continue;
            }
            if (group.Key.Namespace != FhirXml.Fhir) throw No(items[0], $"'{name}' is of the namespace '{group.Key.NamespaceName}'");
            var element = type?.FindMappedElementByChoiceName(name);
            var of = FhirXml.TypeOf(element, name);
            var list = element?.IsCollection == true || items.Count > 1;
            if (of?.IsFhirPrimitive ?? IsPrimitive(items[0])) Primitives(w, name, items, of, list);
            else Objects(w, name, items, of, list);
        }
    }

    private static void Objects(Utf8JsonWriter w, string name, List<XElement> items, ClassMapping? type, bool list)
    {
        if (list) w.WriteStartArray(name);
        else w.WritePropertyName(name);
        foreach (var item in items)
        {
            // contained, Bundle.entry.resource: the element holds a resource.
            if (type is { IsResource: true } && item.Elements().FirstOrDefault() is { } resource)
            {
                if (item.Elements().Count() > 1) throw No(item, $"'{name}' holds more than one resource");
                Resource(w, resource);
                continue;
            }
            w.WriteStartObject();
            Children(w, item, type);
            w.WriteEndObject();
        }
        if (list) w.WriteEndArray();
    }

    private static void Primitives(Utf8JsonWriter w, string name, List<XElement> items, ClassMapping? type, bool list)
    {
        if (items.Exists(i => i.Attribute("value") is not null))
        {
            if (list) w.WriteStartArray(name);
            else w.WritePropertyName(name);
            foreach (var item in items) Value(w, item.Attribute("value")?.Value, type?.Name);
            if (list) w.WriteEndArray();
        }
        if (!items.Exists(HasBeside)) return;
        if (list) w.WriteStartArray("_" + name);
        else w.WritePropertyName("_" + name);
        foreach (var item in items) Beside(w, item);
        if (list) w.WriteEndArray();
    }

    /// <summary>A number or boolean that is none stays text, for the validator to name.</summary>
    private static void Value(Utf8JsonWriter w, string? value, string? type)
    {
        if (value is null) w.WriteNullValue();
        else if (type is not null && Numbers.Contains(type) && Number().IsMatch(value)) w.WriteRawValue(value, skipInputValidation: true);
        else if (type == "boolean" && value is "true" or "false") w.WriteBooleanValue(value == "true");
        else w.WriteStringValue(value);
    }

    private static void Beside(Utf8JsonWriter w, XElement item)
    {
        foreach (var attribute in Attributes(item))
        {
            if (attribute.Name.LocalName is not ("value" or "id")) throw No(item, $"'{item.Name.LocalName}' has no attribute '{attribute.Name.LocalName}'");
        }
        if (!HasBeside(item))
        {
            w.WriteNullValue();
            return;
        }
        w.WriteStartObject();
        if (item.Attribute("id") is { } id) w.WriteString("id", id.Value);
        if (item.Elements().ToList() is { Count: > 0 } inside)
        {
            if (inside.Find(e => e.Name != FhirXml.Fhir + "extension") is { } other) throw No(other, $"'{item.Name.LocalName}' holds '{other.Name.LocalName}', not an extension");
            Objects(w, "extension", inside, ModelInfo.ModelInspector.FindClassMapping("Extension"), list: true);
        }
        w.WriteEndObject();
    }

    private static bool HasBeside(XElement item) => item.Attribute("id") is not null || item.HasElements || Attributes(item).Any(a => a.Name.LocalName != "value");

    /// <summary>What R4 does not know: a value, or elements.</summary>
    private static bool IsPrimitive(XElement element) => element.Attribute("value") is not null;

    private static IEnumerable<XAttribute> Attributes(XElement element) => element.Attributes().Where(a => !a.IsNamespaceDeclaration && a.Name.Namespace == XNamespace.None);

    private static NotFhirException No(XElement at, string why) => new NotFhirException($"{why} (line {((IXmlLineInfo)at).LineNumber})");

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    private static partial Regex Number();
}

/// <summary>Well-formed XML that FHIR has no such place for; the message says which.</summary>
internal sealed class NotFhirException(string message) : Exception(message);
