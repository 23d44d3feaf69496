using System.Globalization;
using System.Text;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Interactions;

/// <param name="PublicUrl">Known once the server listens.</param>
public sealed record FhirSettings(Func<Uri> PublicUrl, long BodyLimit = 32 * 1024 * 1024)
{
    public string Base => PublicUrl().AbsoluteUri.TrimEnd('/') + "/fhir";
}

/// <summary>HTTP on one side, interactions on the other: formats, preconditions, Prefer, headers, limits.</summary>
internal static class FhirEndpoint
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    private static readonly Problem NoFormat = new(406, "not-supported", "This server speaks application/fhir+json and application/fhir+xml, version 4.0.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var settings = routes.ServiceProvider.GetRequiredService<FhirSettings>();
        var started = routes.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        byte[]? statement = null;
        routes.MapMethods("/fhir/metadata", ["GET", "HEAD"], (HttpContext http) =>
        {
            statement ??= Metadata.Statement(settings.Base, new Uri(settings.PublicUrl(), "/auth"), started);
            return Answer(http, Formats.Of(http.Request) is null ? FhirAnswer.Of(NoFormat) : new FhirAnswer(200, statement) { Type = "CapabilityStatement" });
        }).AllowAnonymous();
        // A browser's preflight carries no token; what asks without being one learns the methods the same way.
        routes.MapMethods("/fhir/{**path}", ["OPTIONS"], (HttpContext http) =>
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            http.Response.Headers.Allow = Methods;
        }).AllowAnonymous();
        // Every other method too, so that an unknown one is refused as FHIR refuses.
        routes.Map("/fhir/{**path}", Interact).RequireAuthorization("fhir").DisableAntiforgery();
    }

    private static async Task Interact(HttpContext http, FhirRouter router, FhirSettings settings, string? path)
    {
        var caller = http.Features.Get<Caller>()!;
        var request = await Read(http, settings, path ?? "");
        await Answer(http, request.Ok ? await router.Handle(caller, request.Value, http.RequestAborted) : FhirAnswer.Of(request.Problem));
    }

    private static async Task<Outcome<FhirRequest>> Read(HttpContext http, FhirSettings settings, string path)
    {
        var headers = http.Request.Headers;
        if (!Methods.Split(", ").Contains(http.Request.Method))
        {
            http.Response.Headers.Allow = Methods;
            return new Problem(405, "not-supported", $"{http.Request.Method} is not a method of this server.");
        }
        if (Formats.Of(http.Request) is null) return NoFormat;
        var prefer = headers["Prefer"].ToString();
        if (prefer.Contains("handling=", StringComparison.Ordinal) && !prefer.Contains("handling=strict", StringComparison.Ordinal) && !prefer.Contains("handling=lenient", StringComparison.Ordinal))
        {
            return Problem.Invalid("Prefer: handling is strict or lenient.");
        }
        var request = new FhirRequest
        {
            Method = http.Request.Method, Path = path.Split('/', StringSplitOptions.RemoveEmptyEntries), Query = http.Request.QueryString.Value?.TrimStart('?') ?? "",
            Base = settings.Base, ContentType = http.Request.ContentType, Strict = prefer.Contains("handling=strict", StringComparison.Ordinal), Minimal = prefer.Contains("return=minimal", StringComparison.Ordinal),
            IfMatch = One(headers.IfMatch), IfNoneMatch = One(headers.IfNoneMatch), IfNoneExist = headers.TryGetValue("If-None-Exist", out var ine) ? ine.ToString() : null,
            IfModifiedSince = DateTimeOffset.TryParse(headers.IfModifiedSince, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null,
        };
        if (http.Request.Method is "GET" or "HEAD" or "DELETE") return request;
        return await Body(http, settings, request);
    }

    private static async Task<Outcome<FhirRequest>> Body(HttpContext http, FhirSettings settings, FhirRequest request)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = settings.BodyLimit;
        var sent = Formats.Sent(http.Request.ContentType);
        byte[] body;
        try
        {
            using var memory = new MemoryStream((int)Math.Clamp(http.Request.ContentLength ?? 4096, 0, settings.BodyLimit));
            await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
            body = memory.ToArray();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return new Problem(413, "too-long", $"A body has at most {settings.BodyLimit / 1024 / 1024} MB.");
        }
        if (body.Length == 0 && request.Path is [.., ['$', ..]]) return request; // an operation's parameters may all be in the query
        if (request.Path is [.., "_search"])
        {
            if (sent != "form" && body.Length > 0) return new Problem(415, "not-supported", "POST _search takes application/x-www-form-urlencoded.");
            return request with { Query = string.Join('&', new[] { request.Query, Encoding.UTF8.GetString(body) }.Where(q => q.Length > 0)) };
        }
        if (sent is not ("json" or "xml") && !(sent == "json-patch" && request.Method == "PATCH"))
        {
            return new Problem(415, "not-supported", $"Send application/fhir+json or application/fhir+xml, not {http.Request.ContentType ?? "nothing"}.");
        }
        if (body.Length == 0) return Problem.Invalid("The body is empty.", code: "structure");
        var json = sent == "xml" ? FhirXml.ToJson(body).Then(j => (ReadOnlyMemory<byte>)j) : (ReadOnlyMemory<byte>)body;
        var parsed = json.Ok ? JsonBody.Parse(json.Value) : json.Problem;
        return parsed.Then(p => request with { Body = p });
    }

    private static async Task Answer(HttpContext http, FhirAnswer answer)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        response.Headers.CacheControl = "no-store";
        if (answer.Version is { } version) response.Headers.ETag = ETags.Of(version);
        if (answer.LastModified is { } modified) response.Headers.LastModified = modified.ToString("R", CultureInfo.InvariantCulture);
        if (answer.Location is not null) response.Headers.Location = $"{http.RequestServices.GetRequiredService<FhirSettings>().Base}/{answer.Location}";
        var body = Preferred(http, answer);
        if (body is null || answer.Status is 204 or 304) return;
        var xml = Formats.Of(http.Request) == "xml";
        response.ContentType = xml ? "application/fhir+xml; charset=utf-8" : "application/fhir+json; charset=utf-8";
        if (xml) body = FhirXml.FromJson(body);
        response.ContentLength = body.Length;
        if (http.Request.Method != "HEAD") await response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>http://hl7.org/fhir/R4/http.html#ops: return=minimal, representation (the default) or OperationOutcome.</summary>
    private static byte[]? Preferred(HttpContext http, FhirAnswer answer)
    {
        if (!answer.IsWrite || answer.Problem is not null) return answer.Body;
        var prefer = http.Request.Headers["Prefer"].ToString();
        if (prefer.Contains("return=minimal", StringComparison.Ordinal)) return null;
        if (!prefer.Contains("return=OperationOutcome", StringComparison.Ordinal)) return answer.Body;
        return FhirOutcome.Body(new Issue("information", "informational", answer.Status == 201 ? "Created." : "Done."));
    }

    private static string? One(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();
}
