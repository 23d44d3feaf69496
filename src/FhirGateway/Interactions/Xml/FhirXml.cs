using System.Xml;
using System.Xml.Linq;
using HealthTeams.FhirGateway.Json;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/xml.html at the door only: stored and served as JSON. Token by token, so that digits, offsets and
/// what R4 does not know survive both ways. No DTD, no external entity.
/// </summary>
internal static class FhirXml
{
    public static readonly XNamespace Fhir = "http://hl7.org/fhir";
    public static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";
    public static readonly XmlReaderSettings Safe = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    public static Outcome<byte[]> ToJson(byte[] xml)
    {
        try
        {
            if (Unreadable(xml) is { } no) return no;
            using var reader = XmlReader.Create(new MemoryStream(xml), Safe);
            var root = XDocument.Load(reader, LoadOptions.PreserveWhitespace | LoadOptions.SetLineInfo).Root!;
            return FhirJson.Write(w => JsonFromXml.Resource(w, root));
        }
        catch (XmlException e)
        {
            return Problem.Invalid($"The body is not XML: line {e.LineNumber}, position {e.LinePosition}.", code: "structure");
        }
        catch (NotFhirException e)
        {
            return Problem.Invalid($"The body is not FHIR in XML: {e.Message}.", code: "structure");
        }
    }

    public static byte[] FromJson(byte[] json, bool pretty = false) => XmlFromJson.Of(json, pretty);

    /// <summary>The type of an element, also of a choice by its suffix: valueQuantity is a Quantity.</summary>
    public static ClassMapping? TypeOf(PropertyMapping? element, string name)
    {
        if (element is null) return null;
        if (element.Choice != ChoiceType.DatatypeChoice || name.Length <= element.Name.Length) return element.PropertyTypeMapping;
        var suffix = name[element.Name.Length..];
        return ModelInfo.ModelInspector.FindClassMapping(suffix) ?? ModelInfo.ModelInspector.FindClassMapping(char.ToLowerInvariant(suffix[0]) + suffix[1..]);
    }

    /// <summary>Before anything that recurses sees it.</summary>
    private static Problem? Unreadable(byte[] xml)
    {
        using var reader = XmlReader.Create(new MemoryStream(xml), Safe);
        while (reader.Read())
        {
            if (reader.Depth > JsonBody.MaxDepth) return Problem.Invalid($"XML is read at most {JsonBody.MaxDepth} elements deep.", code: "structure");
            if (reader is { Depth: 0, NodeType: XmlNodeType.Element } && reader.NamespaceURI != Fhir.NamespaceName) return Problem.Invalid("The root element is not of the namespace http://hl7.org/fhir.", code: "structure");
        }
        return null;
    }
}
