using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HealthTeams.FhirGateway.Json;

/// <summary>_pretty=true: the same tokens, for people.</summary>
internal static class PrettyJson
{
    private static readonly JsonWriterOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, SkipValidation = true };

    public static byte[] Of(byte[] json)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length * 2);
        using (var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 }))
        using (var writer = new Utf8JsonWriter(buffer, Indented)) FhirJson.Copy(writer, document.RootElement, null);
        return buffer.WrittenSpan.ToArray();
    }
}
