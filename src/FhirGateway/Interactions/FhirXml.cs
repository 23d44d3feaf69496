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

    public static async Task<Outcome<byte[]>> ToJson(Stream body, CancellationToken stop)
    {
        using var text = new StreamReader(body);
        var xml = await text.ReadToEndAsync(stop);
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
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

    public static byte[] FromJson(byte[] json)
    {
        var reader = new System.Text.Json.Utf8JsonReader(json);
        JsonReader.TryDeserializeResource(ref reader, out var resource, out _);
        return Encoding.UTF8.GetBytes(Writer.SerializeToString(resource!));
    }
}
