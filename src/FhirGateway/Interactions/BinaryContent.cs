using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/binary.html#rest: a Binary comes and goes as its own content, unless application/fhir+json or
/// application/fhir+xml is what is sent or asked for.
/// </summary>
internal static class BinaryContent
{
    /// <returns>The resource around what was sent raw; null when it was sent as a resource.</returns>
    public static JsonElement? Sent(FhirRequest request, HttpRequest http, string? format, byte[] body)
    {
        if (request is not ({ Method: "POST", Path: ["Binary"] } or { Method: "PUT", Path: ["Binary", _] }) || request.ContentType is not { Length: > 0 } contentType) return null;
        if (contentType.Contains("fhir+", StringComparison.OrdinalIgnoreCase) || (format is "json" or "xml" && IsResource(body))) return null;
        var content = MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType.ToString() : contentType;
        return JsonDocument.Parse(FhirJson.Write(w =>
        {
            w.WriteStartObject();
            w.WriteString("resourceType", "Binary");
            if (request.Path.Length > 1) w.WriteString("id", request.Path[1]);
            w.WriteString("contentType", content);
            if (http.Headers["X-Security-Context"].ToString() is { Length: > 0 } context)
            {
                w.WriteStartObject("securityContext");
                w.WriteString("reference", context);
                w.WriteEndObject();
            }
            if (body.Length > 0) w.WriteBase64String("data", body);
            w.WriteEndObject();
        })).RootElement;
    }

    /// <summary>application/json may be a Binary resource, or a document that happens to be JSON.</summary>
    private static bool IsResource(byte[] body)
    {
        var start = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 4096)));
        return start.Contains("\"resourceType\"", StringComparison.Ordinal) || start.Contains("http://hl7.org/fhir", StringComparison.Ordinal);
    }

    /// <returns>Null when the resource itself is wanted; a problem when neither it nor its content is.</returns>
    public static Outcome<(string ContentType, byte[] Data)>? Wanted(HttpRequest request, byte[] resource)
    {
        if (request.Query.ContainsKey("_format")) return null;
        using var document = JsonDocument.Parse(resource);
        var contentType = FhirJson.Text(document.RootElement, "contentType") is { } said && said.All(char.IsAscii) && MediaTypeHeaderValue.TryParse(said, out _) ? said : "application/octet-stream";
        if (!Prefers(request, contentType, out var nothing))
        {
            if (!nothing) return null;
            return Formats.NotSpoken with { Detail = $"This Binary is {contentType}; ask for that or for application/fhir+json." };
        }
        return (contentType, document.RootElement.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String && data.TryGetBytesFromBase64(out var bytes) ? bytes : []);
    }

    private static bool Prefers(HttpRequest request, string contentType, out bool nothing)
    {
        nothing = false;
        if (request.Headers.Accept.Count == 0) return true;
        var own = MediaTypeHeaderValue.Parse(contentType);
        if (MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            foreach (var type in accepted.Where(a => a.Quality is not 0).OrderByDescending(a => a.Quality ?? 1))
            {
                if (type.MediaType.ToString().Contains("fhir+", StringComparison.OrdinalIgnoreCase)) return false;
                if (own.IsSubsetOf(new MediaTypeHeaderValue(type.MediaType))) return true;
                if (Formats.Sent(type.MediaType.ToString()) is "json" or "xml") return false;
            }
        }
        nothing = true;
        return false;
    }
}
