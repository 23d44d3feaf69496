using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class Json
{
    // Accented names stay readable. These texts are answered as JSON and never pasted into a page.
    public static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Strict: one name twice in an object is an error, not "the last one wins".</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonNode? node)
    {
        try
        {
            node = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
        }
        catch (JsonException)
        {
            node = null;
        }
        return node is not null;
    }

    public static string? Text(this JsonNode? node, string name) =>
        node is JsonObject o && o[name] is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    public static IEnumerable<JsonObject> Objects(this JsonNode? node, string name) =>
        (node as JsonObject)?[name] switch
        {
            JsonArray many => many.OfType<JsonObject>(),
            JsonObject one => [one],
            _ => [],
        };

    /// <summary>The strings of an array; what is not a string was sent by somebody careless and is passed over.</summary>
    public static IEnumerable<string> Texts(this JsonNode? node, string name) =>
        ((node as JsonObject)?[name] as JsonArray)?.OfType<JsonValue>().Select(v => v.TryGetValue<string>(out var text) ? text : null).OfType<string>() ?? [];

    /// <summary>JsonNode reads its source lazily; walking it once makes later reads safe from many threads.</summary>
    public static T Settled<T>(this T node) where T : JsonNode
    {
        if (node is JsonObject o)
            foreach (var (_, child) in o) child?.Settled();
        else if (node is JsonArray a)
            foreach (var child in a) child?.Settled();
        return node;
    }
}
