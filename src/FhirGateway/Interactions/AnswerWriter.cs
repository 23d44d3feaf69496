using System.Globalization;
using HealthTeams.FhirGateway.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>An answer as HTTP: headers, Prefer, format, _pretty.</summary>
internal static class AnswerWriter
{
    public static async Task Write(HttpContext http, FhirAnswer answer)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        response.Headers.CacheControl = "no-store";
        if (answer.Allow is not null) response.Headers.Allow = answer.Allow;
        if (answer.Version is { } version) response.Headers.ETag = ETags.Of(version);
        if (answer.LastModified is { } modified) response.Headers.LastModified = modified.ToString("R", CultureInfo.InvariantCulture);
        if (answer.Location is not null) response.Headers.Location = $"{http.RequestServices.GetRequiredService<FhirSettings>().Base}/{answer.Location}";
        if (answer.Warnings.Count > 0) response.Headers.Warning = Warning(answer);
        if (answer is { Type: "Binary", Status: 200, IsWrite: false, Body: { } stored } && BinaryContent.Wanted(http.Request, stored) is { } raw)
        {
            if (raw.Ok) await Binary(http, raw.Value.ContentType, raw.Value.Data);
            else await Write(http, FhirAnswer.Of(raw.Problem));
            return;
        }
        var body = Preferred(http, answer);
        if (body is null || answer.Status is 204 or 304) return;
        var xml = Formats.Of(http.Request) == "xml";
        var pretty = http.Request.Query["_pretty"] == "true";
        response.ContentType = xml ? "application/fhir+xml; charset=utf-8" : "application/fhir+json; charset=utf-8";
        if (xml) body = FhirXml.FromJson(body, pretty);
        else if (pretty) body = PrettyJson.Of(body);
        await Send(http, body);
    }

    private static async Task Send(HttpContext http, byte[] body)
    {
        http.Response.ContentLength = body.Length;
        if (http.Request.Method != "HEAD") await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>Somebody's file from our address: never run, never framed, saved when it is opened by itself.</summary>
    private static Task Binary(HttpContext http, string contentType, byte[] data)
    {
        http.Response.ContentType = contentType;
        http.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        http.Response.Headers.ContentDisposition = "attachment";
        http.Response.Headers.Vary = "Accept";
        return Send(http, data);
    }

    /// <summary>For those who do not ask for an OperationOutcome: how much was taken as it came, and where.</summary>
    private static string Warning(FhirAnswer answer)
    {
        var where = string.Join(", ", answer.Warnings.Select(w => w.Expression).OfType<string>().Distinct().Take(5));
        var text = new string([.. where.Where(c => c is >= ' ' and <= '~' and not ('"' or '\\'))]);
        return $"199 - \"stored as sent, against R4 in {answer.Warnings.Count} place(s): {text}\"";
    }

    /// <summary>http://hl7.org/fhir/R4/http.html#ops: return=minimal, representation (the default) or OperationOutcome.</summary>
    private static byte[]? Preferred(HttpContext http, FhirAnswer answer)
    {
        if (!answer.IsWrite || answer.Problem is not null) return answer.Body;
        var prefer = http.Request.Headers["Prefer"].ToString();
        if (prefer.Contains("return=minimal", StringComparison.Ordinal)) return null;
        return prefer.Contains("return=OperationOutcome", StringComparison.Ordinal) ? answer.Outcome() : answer.Body;
    }
}
