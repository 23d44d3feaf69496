using System.Globalization;
using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>An HTTP request as an interaction: formats, preconditions, Prefer, limits. http://hl7.org/fhir/R4/http.html#general</summary>
internal static class RequestReader
{
    private static readonly HashSet<string> Known = [.. FhirEndpoint.Methods.Split(", ")];
    private static readonly Dictionary<string, string> NoPreferences = [];

    public static async Task<Outcome<FhirRequest>> Read(HttpContext http, FhirSettings settings, string path)
    {
        var headers = http.Request.Headers;
        if (!Known.Contains(http.Request.Method))
        {
            http.Response.Headers.Allow = FhirEndpoint.Methods;
            return new Problem(405, "not-supported", $"{http.Request.Method} is not a method of this server.");
        }
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        // A Binary is read in whatever format it has.
        if (Formats.Of(http.Request) is null && segments is not ["Binary", _, ..]) return Formats.NotSpoken;
        var preferences = Preferences(headers["Prefer"]);
        if (preferences.TryGetValue("handling", out var handling) && handling is not ("strict" or "lenient")) return Problem.Invalid("Prefer: handling is strict or lenient.");
        if (preferences.TryGetValue("return", out var wanted) && wanted is not ("minimal" or "representation" or "OperationOutcome")) return Problem.Invalid("Prefer: return is minimal, representation or OperationOutcome.");
        var provenance = ProvenanceHeader.Parse(headers.TryGetValue(ProvenanceHeader.Name, out var told) ? told.ToString() : null);
        if (!provenance.Ok) return provenance.Problem;
        var request = new FhirRequest
        {
            Method = http.Request.Method, Path = segments, Query = http.Request.QueryString.Value?.TrimStart('?') ?? "",
            Base = settings.Base, ContentType = http.Request.ContentType,
            Strict = handling == "strict", Lenient = handling == "lenient", Minimal = wanted == "minimal", WantsOutcome = wanted == "OperationOutcome",
            IfMatch = One(headers.IfMatch), IfNoneMatch = One(headers.IfNoneMatch), IfNoneExist = headers.TryGetValue("If-None-Exist", out var ine) ? ine.ToString() : null,
            IfModifiedSince = DateTimeOffset.TryParse(headers.IfModifiedSince, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null,
            Provenance = provenance.Value,
        };
        return http.Request.Method is "GET" or "HEAD" or "DELETE" ? request : await Body(http, settings, request);
    }

    /// <summary>"return=minimal; handling=strict", in one header or several (RFC 7240).</summary>
    private static Dictionary<string, string> Preferences(StringValues header) => header.Count == 0 ? NoPreferences
        : header.ToString().Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2, StringSplitOptions.TrimEntries)).Where(p => p.Length == 2)
            .GroupBy(p => p[0].ToLowerInvariant()).ToDictionary(g => g.Key, g => g.First()[1].Trim('"'), StringComparer.Ordinal);

    private static async Task<Outcome<FhirRequest>> Body(HttpContext http, FhirSettings settings, FhirRequest request)
    {
        // What the server could unpack has lost this header by now.
        if (http.Request.Headers.ContentEncoding is { Count: > 0 } packed && packed != "identity") return new Problem(415, "not-supported", $"Pack a body with gzip, br or deflate, not {packed}.");
        var bytes = await Bytes(http, settings.Limits.Body);
        if (!bytes.Ok) return bytes.Problem;
        var (body, sent) = (bytes.Value, Formats.Sent(http.Request.ContentType));
        if (request.Path is [.., "_search"])
        {
            if (sent != "form" && body.Length > 0) return new Problem(415, "not-supported", "POST _search takes application/x-www-form-urlencoded.");
            return request with { Query = string.Join('&', new[] { request.Query, Encoding.UTF8.GetString(body) }.Where(q => q.Length > 0)) };
        }
        if (BinaryContent.Sent(request, http.Request, sent, body) is { } binary) return request with { Body = binary };
        var operation = request.Path is [.., var last] && last.StartsWith('$');
        if (operation && body.Length == 0) return request;
        if (sent is not ("json" or "xml") && !(sent == "json-patch" && request.Method == "PATCH"))
        {
            return new Problem(415, "not-supported", $"Send {(request.Method == "PATCH" ? "application/json-patch+json, or a FHIRPath Patch as " : "")}application/fhir+json or application/fhir+xml, {(string.IsNullOrWhiteSpace(http.Request.ContentType) ? "and say so in Content-Type" : $"not {http.Request.ContentType}")}.");
        }
        if (body.Length == 0) return Problem.Invalid("The body is empty.", code: "structure");
        var json = sent == "xml" ? FhirXml.ToJson(body).Then(j => (ReadOnlyMemory<byte>)j) : (ReadOnlyMemory<byte>)body;
        var parsed = json.Ok ? JsonBody.Parse(json.Value) : json.Problem;
        return parsed.Then(p => request with { Body = p });
    }

    private static async Task<Outcome<byte[]>> Bytes(HttpContext http, long most)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        try
        {
            using var memory = new MemoryStream((int)Math.Clamp(http.Request.ContentLength ?? 4096, 0, most));
            await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
            return memory.ToArray();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return new Problem(413, "too-long", $"A body has at most {most / 1024 / 1024} MB, unpacked.");
        }
        // Brotli's reader says it by the other one.
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            return Problem.Invalid("The body cannot be unpacked as its Content-Encoding says.", code: "structure");
        }
    }

    private static string? One(StringValues values) => values.Count == 0 ? null : values.ToString();
}
