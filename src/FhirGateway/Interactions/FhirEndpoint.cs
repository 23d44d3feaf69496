using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Outcomes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HealthTeams.FhirGateway.Interactions;

/// <param name="PublicUrl">Known once the server listens.</param>
public sealed record FhirSettings(Func<Uri> PublicUrl, long BodyLimit = 32 * 1024 * 1024)
{
    public string Base => PublicUrl().AbsoluteUri.TrimEnd('/') + "/fhir";
}

/// <summary>HTTP on one side, interactions on the other: formats, preconditions, Prefer, headers, limits.</summary>
internal static class FhirEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var settings = routes.ServiceProvider.GetRequiredService<FhirSettings>();
        var started = routes.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        byte[]? statement = null;
        routes.MapGet("/fhir/metadata", (HttpContext http) =>
        {
            statement ??= Metadata.Statement(settings.Base, new Uri(settings.PublicUrl(), "/auth"), started);
            return Answer(http, new FhirAnswer(200, statement) { Type = "CapabilityStatement" });
        }).AllowAnonymous();
        routes.MapMethods("/fhir/{**path}", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], Interact).RequireAuthorization("fhir").DisableAntiforgery();
    }

    private static async Task Interact(HttpContext http, FhirRouter router, FhirSettings settings, string? path)
    {
        var caller = http.Features.Get<Caller>()!;
        FhirAnswer answer;
        try
        {
            var request = await Read(http, settings, path ?? "");
            answer = request.Ok ? await router.Handle(caller, request.Value, http.RequestAborted) : FhirAnswer.Of(request.Problem);
        }
        catch (PostgresException e) when (ProblemMapping.FromPostgres(e) is { } problem)
        {
            answer = FhirAnswer.Of(problem);
        }
        await Answer(http, answer);
    }

    private static async Task<Outcome<FhirRequest>> Read(HttpContext http, FhirSettings settings, string path)
    {
        var headers = http.Request.Headers;
        if (Format(http) is null) return new Problem(406, "not-supported", "This server speaks application/fhir+json and application/fhir+xml.");
        var prefer = headers["Prefer"].ToString();
        if (prefer.Contains("handling=", StringComparison.Ordinal) && !prefer.Contains("handling=strict", StringComparison.Ordinal) && !prefer.Contains("handling=lenient", StringComparison.Ordinal))
        {
            return Problem.Invalid("Prefer: handling is strict or lenient.");
        }
        var request = new FhirRequest
        {
            Method = http.Request.Method, Path = path.Split('/', StringSplitOptions.RemoveEmptyEntries), Query = http.Request.QueryString.Value?.TrimStart('?') ?? "",
            Base = settings.Base, ContentType = http.Request.ContentType, Strict = prefer.Contains("handling=strict", StringComparison.Ordinal),
            IfMatch = One(headers.IfMatch), IfNoneMatch = One(headers.IfNoneMatch), IfNoneExist = headers.TryGetValue("If-None-Exist", out var ine) ? ine.ToString() : null,
            IfModifiedSince = DateTimeOffset.TryParse(headers.IfModifiedSince, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null,
        };
        if (http.Request.Method is "GET" or "HEAD" or "DELETE") return request;
        return await Body(http, settings, request);
    }

    private static async Task<Outcome<FhirRequest>> Body(HttpContext http, FhirSettings settings, FhirRequest request)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = settings.BodyLimit;
        var type = http.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant();
        if (request.Path is [.., "_search"])
        {
            if (type != "application/x-www-form-urlencoded") return new Problem(415, "not-supported", "POST _search takes application/x-www-form-urlencoded.");
            using var form = new StreamReader(http.Request.Body);
            return request with { Query = string.Join('&', new[] { request.Query, await form.ReadToEndAsync(http.RequestAborted) }.Where(q => q.Length > 0)) };
        }
        var json = type is "application/fhir+json" or "application/json" or "application/json-patch+json" or "text/json";
        var xml = type is "application/fhir+xml" or "application/xml" or "text/xml";
        if (!json && !xml) return new Problem(415, "not-supported", $"Send application/fhir+json or application/fhir+xml, not {type ?? "nothing"}.");
        try
        {
            if (xml)
            {
                var converted = await FhirXml.ToJson(http.Request.Body, http.RequestAborted);
                return converted.Ok ? request with { Body = JsonDocument.Parse(converted.Value).RootElement } : converted.Problem;
            }
            var document = await JsonDocument.ParseAsync(http.Request.Body, new JsonDocumentOptions { MaxDepth = 64 }, http.RequestAborted);
            return request with { Body = document.RootElement };
        }
        catch (JsonException e)
        {
            return Problem.Invalid($"The body is not JSON: line {e.LineNumber + 1}, position {e.BytePositionInLine + 1}.", code: "structure");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == 413)
        {
            return new Problem(413, "too-long", $"A body has at most {settings.BodyLimit / 1024 / 1024} MB.");
        }
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
        var xml = Format(http) == "xml";
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

    /// <returns>"json", "xml", or null when the client takes neither.</returns>
    private static string? Format(HttpContext http)
    {
        var asked = http.Request.Query["_format"].ToString();
        if (asked.Length == 0) asked = http.Request.Headers.Accept.ToString();
        if (asked.Length == 0 || asked.Contains("*/*", StringComparison.Ordinal)) return "json";
        if (asked.Contains("json", StringComparison.OrdinalIgnoreCase)) return "json";
        if (asked.Contains("xml", StringComparison.OrdinalIgnoreCase)) return "xml";
        return asked.Contains("text/html", StringComparison.OrdinalIgnoreCase) ? "json" : null;
    }

    private static string? One(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();
}
