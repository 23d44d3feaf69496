using System.Text;
using System.Text.Json;
using System.Xml;
using HealthTeams.FhirGateway.Json;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Specification;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>A stored resource as XML: elements in R4's order, what R4 does not know at the end.</summary>
internal static class XmlFromJson
{
    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    public static byte[] Of(byte[] json, bool pretty)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
        using var memory = new MemoryStream(json.Length * 2);
        using (var w = XmlWriter.Create(memory, new XmlWriterSettings { Encoding = Utf8, Indent = pretty })) Resource(w, document.RootElement);
        return memory.ToArray();
    }

    private static void Resource(XmlWriter w, JsonElement resource)
    {
        var name = FhirJson.Text(resource, "resourceType")!;
        w.WriteStartElement(XmlConvert.EncodeLocalName(name), FhirXml.Fhir.NamespaceName);
        Children(w, resource, ModelInfo.ModelInspector.FindClassMapping(name));
        w.WriteEndElement();
    }

    private static void Children(XmlWriter w, JsonElement inside, ClassMapping? type)
    {
        var names = inside.EnumerateObject().Select(p => p.Name.TrimStart('_')).Where(n => n is not ("resourceType" or "")).Distinct()
            .Select(name => (Name: name, Element: type?.FindMappedElementByChoiceName(name))).OrderBy(n => n.Element?.Order ?? int.MaxValue).ToList();
        // Attributes come before all elements.
        foreach (var (name, element) in names)
        {
            if (element?.SerializationHint == XmlRepresentation.XmlAttr && inside.TryGetProperty(name, out var value)) w.WriteAttributeString(name, Clean(Text(value)));
        }
        foreach (var (name, element) in names)
        {
            if (element?.SerializationHint == XmlRepresentation.XmlAttr) continue;
            var (value, beside) = (Find(name), Find("_" + name));
            if (value is { ValueKind: JsonValueKind.Array } || beside is { ValueKind: JsonValueKind.Array })
            {
                var (values, besides) = (Items(value), Items(beside));
                for (var i = 0; i < Math.Max(values.Count, besides.Count); i++) Element(w, name, FhirXml.TypeOf(element, name), i < values.Count ? values[i] : null, i < besides.Count ? besides[i] : null);
            }
            else Element(w, name, FhirXml.TypeOf(element, name), value, beside);
        }

        JsonElement? Find(string name) => inside.TryGetProperty(name, out var found) ? found : null;
    }

    private static void Element(XmlWriter w, string name, ClassMapping? type, JsonElement? value, JsonElement? beside)
    {
        if (name == "div" && value is { ValueKind: JsonValueKind.String } narrative)
        {
            Narrative(w, narrative.GetString()!);
            return;
        }
        w.WriteStartElement(XmlConvert.EncodeLocalName(name), FhirXml.Fhir.NamespaceName);
        if (value is { ValueKind: JsonValueKind.Object } inside)
        {
            if (inside.TryGetProperty("resourceType", out _)) Resource(w, inside);
            else Children(w, inside, type);
        }
        else
        {
            var hasBeside = beside is { ValueKind: JsonValueKind.Object };
            if (hasBeside && FhirJson.Text(beside!.Value, "id") is { } id) w.WriteAttributeString("id", Clean(id));
            if (value is { ValueKind: not JsonValueKind.Null } primitive) w.WriteAttributeString("value", Clean(Text(primitive)));
            if (hasBeside)
            {
                foreach (var extension in FhirJson.Items(beside!.Value, "extension")) Element(w, "extension", ModelInfo.ModelInspector.FindClassMapping("Extension"), extension, null);
            }
        }
        w.WriteEndElement();
    }

    /// <summary>XHTML as it is; what is none (an entity of HTML, say) as the text it would be.</summary>
    private static void Narrative(XmlWriter w, string div)
    {
        try
        {
            using (var check = XmlReader.Create(new StringReader(div), FhirXml.Safe))
            {
                while (check.Read())
                {
                }
            }
            using var reader = XmlReader.Create(new StringReader(div), FhirXml.Safe);
            reader.MoveToContent();
            w.WriteNode(reader, defattr: false);
        }
        catch (XmlException)
        {
            w.WriteStartElement("div", FhirXml.Xhtml.NamespaceName);
            w.WriteString(Clean(div));
            w.WriteEndElement();
        }
    }

    private static List<JsonElement?> Items(JsonElement? list) => list switch
    {
        { ValueKind: JsonValueKind.Array } items => [.. items.EnumerateArray().Select(i => (JsonElement?)i)],
        null => [],
        var one => [one],
    };

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    /// <summary>JSON holds characters that XML has no way to write.</summary>
    private static string Clean(string text)
    {
        if (!text.Any(c => c < ' ' || c >= '\uFFFE')) return text;
        return new string([.. text.Select(c => c is '\t' or '\n' or '\r' || c is >= ' ' and < '\uFFFE' ? c : '\uFFFD')]);
    }
}
