using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Json;

/// <summary>Copies resources token by token: digits, order and unknown extensions stay as sent; only what is named changes.</summary>
internal static class FhirJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>http://hl7.org/fhir/R4/http.html#create: id, versionId and lastUpdated are the server's; the rest of meta is the client's.</summary>
    public static byte[] Stamp(JsonElement resource, string id, int version, DateTimeOffset updated, ReferenceMap references) =>
        Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("resourceType", resource.GetProperty("resourceType").GetString());
            writer.WriteString("id", id);
            writer.WriteStartObject("meta");
            writer.WriteString("versionId", version.ToString(CultureInfo.InvariantCulture));
            writer.WriteString("lastUpdated", Instant(updated));
            if (resource.TryGetProperty("meta", out var meta) && meta.ValueKind == JsonValueKind.Object)
            {
                foreach (var p in meta.EnumerateObject())
                {
                    if (p.Name is "versionId" or "lastUpdated" or "_versionId" or "_lastUpdated") continue;
                    writer.WritePropertyName(p.Name);
                    Copy(writer, p.Value, references);
                }
            }
            writer.WriteEndObject();
            foreach (var p in resource.EnumerateObject())
            {
                if (p.Name is "resourceType" or "id" or "_id" or "meta") continue;
                writer.WritePropertyName(p.Name);
                Copy(writer, p.Value, references, p.Name);
            }
            writer.WriteEndObject();
        });

    /// <summary>Whether two stamped resources of one id differ in nothing but the stamp.</summary>
    public static bool SameButForStamp(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => AfterStamp(one).SequenceEqual(AfterStamp(other));

    /// <summary>What follows meta.lastUpdated, which <see cref="Stamp"/> writes before anything of the client's.</summary>
    private static ReadOnlySpan<byte> AfterStamp(ReadOnlySpan<byte> stamped)
    {
        var at = stamped.IndexOf("\"lastUpdated\":\""u8) + "\"lastUpdated\":\""u8.Length;
        return stamped[(at + stamped[at..].IndexOf((byte)'"'))..];
    }

    /// <summary>The same resource with some top-level elements replaced (null removes); replaced ones keep their place, new ones go last.</summary>
    public static byte[] With(JsonElement resource, IReadOnlyDictionary<string, Action<Utf8JsonWriter>?> changes) =>
        Write(writer =>
        {
            writer.WriteStartObject();
            var done = new HashSet<string>(StringComparer.Ordinal);
            foreach (var p in resource.EnumerateObject())
            {
                if (changes.TryGetValue(p.Name, out var change))
                {
                    done.Add(p.Name);
                    if (change is null) continue;
                    writer.WritePropertyName(p.Name);
                    change(writer);
                    continue;
                }
                writer.WritePropertyName(p.Name);
                Copy(writer, p.Value, null);
            }
            foreach (var (name, change) in changes)
            {
                if (change is null || done.Contains(name)) continue;
                writer.WritePropertyName(name);
                change(writer);
            }
            writer.WriteEndObject();
        });

    public static byte[] Write(Action<Utf8JsonWriter> body)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, Options)) body(writer);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Copy(Utf8JsonWriter writer, JsonElement value, ReferenceMap? references, string? name = null)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var p in value.EnumerateObject())
                {
                    writer.WritePropertyName(p.Name);
                    Copy(writer, p.Value, references, p.Name);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Copy(writer, item, references, name);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when references is not null:
                writer.WriteStringValue(references.Rewrite(value.GetString()!, name));
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true); // 1.0 stays 1.0, all digits stay
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>One entry of Bundle.link.</summary>
    public static void Link(Utf8JsonWriter w, string relation, string url)
    {
        w.WriteStartObject();
        w.WriteString("relation", relation);
        w.WriteString("url", url);
        w.WriteEndObject();
    }

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The value at a path of property names, first item of arrays: <c>Text(r, "code", "coding", "code")</c>.</summary>
    public static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind == JsonValueKind.Array) element = element.EnumerateArray().FirstOrDefault();
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }
        if (element.ValueKind == JsonValueKind.Array) element = element.EnumerateArray().FirstOrDefault();
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }

    public static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray() : [];
}

/// <summary>
/// References of a transaction: urn:uuid and fullUrl of entries to the ids they were given, conditional references to what
/// they matched. http://hl7.org/fhir/R4/http.html#trules: everywhere, also in uri, canonical, extensions and narrative links.
/// </summary>
internal sealed class ReferenceMap(string server)
{
    private readonly Dictionary<string, string> map = new(StringComparer.Ordinal);

    private readonly byte[] own = System.Text.Encoding.UTF8.GetBytes(server);

    /// <summary>Whether a resource may hold anything that is rewritten; what is escaped may be anything.</summary>
    public bool Changes(JsonElement resource) => map.Count > 0 || JsonMarshal.GetRawUtf8Value(resource) is var raw && (raw.Contains((byte)'\\') || raw.IndexOf(own) >= 0);

    public void Add(string from, string to) => map[Local(from)] = to;
    public bool Knows(string from) => map.ContainsKey(Local(from));

    /// <summary>Our own absolute address, made relative: the resource stays ours when our address changes.</summary>
    public string Local(string reference) => Reference.Local(reference, server);

    public string Rewrite(string value, string? property)
    {
        if (property == "value") return value; // Identifier.value and the like are strings, not links
        var local = Local(value);
        if (map.TryGetValue(local, out var to)) return to;
        if (property == "reference") return local;
        if (property == "div" && map.Count > 0) return NarrativeLinks.Rewrite(value, link => map.GetValueOrDefault(Local(link)));
        return value;
    }
}
