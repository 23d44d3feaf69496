using System.Text;
using System.Xml;
using Hl7.Fhir.Serialization;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>XML at the door only: stored and served as JSON, converted by the SDK. No DTD, no external entity.</summary>
internal static class FhirXml
{
    private static readonly FhirXmlDeserializer Reader = new(new DeserializerSettings().UsingMode(DeserializationMode.Recoverable));
    private static readonly FhirXmlSerializer Writer = new();
    private static readonly FhirJsonDeserializer JsonReader = new(new DeserializerSettings().UsingMode(DeserializationMode.Ostrich));
    private static readonly FhirJsonSerializer JsonWriter = new();

    private const int MaxDepth = 64;
    private static readonly XmlReaderSettings Safe = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    public static Outcome<byte[]> ToJson(byte[] xml)
    {
        try
        {
            if (Unreadable(xml) is { } no) return no;
            using var reader = XmlReader.Create(new MemoryStream(xml), Safe);
            if (!Reader.TryDeserializeResource(reader, out var resource, out var issues) || resource is null)
            {
                return Problem.Invalid(issues.FirstOrDefault()?.Message ?? "The body is not a FHIR resource in XML.", code: "structure");
            }
            return Encoding.UTF8.GetBytes(JsonWriter.SerializeToString(resource));
        }
        catch (XmlException e)
        {
            return Problem.Invalid($"The body is not XML: line {e.LineNumber}, position {e.LinePosition}.", code: "structure");
        }
    }

    /// <summary>Before the SDK, which recurses, sees it.</summary>
    private static Problem? Unreadable(byte[] xml)
    {
        using var reader = XmlReader.Create(new MemoryStream(xml), Safe);
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth) return Problem.Invalid($"XML is read at most {MaxDepth} elements deep.", code: "structure");
            if (reader is { Depth: 0, NodeType: XmlNodeType.Element } && reader.NamespaceURI != "http://hl7.org/fhir") return Problem.Invalid("The root element is not of the namespace http://hl7.org/fhir.", code: "structure");
        }
        return null;
    }

    public static byte[] FromJson(byte[] json)
    {
        var reader = new System.Text.Json.Utf8JsonReader(json);
        JsonReader.TryDeserializeResource(ref reader, out var resource, out _);
        return Encoding.UTF8.GetBytes(Writer.SerializeToString(resource!));
    }
}
