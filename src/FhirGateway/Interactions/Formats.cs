using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#mime-type: _format before Accept, the client's order of preference kept.</summary>
internal static class Formats
{
    public static readonly Problem NotSpoken = new(406, "not-supported", "This server speaks application/fhir+json and application/fhir+xml, version 4.0.");

    /// <returns>"json", "xml", or null when the client takes neither.</returns>
    public static string? Of(HttpRequest request)
    {
        var asked = request.Query["_format"].ToString();
        if (asked.Length > 0) return Named(asked.Replace(' ', '+'));
        if (request.Headers.Accept.Count == 0) return "json";
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)) return null;
        return accepted.Where(a => a.Quality is not 0).OrderByDescending(a => a.Quality ?? 1)
            .Select(a => OfThisVersion(a) ? Named(a.MediaType.ToString()) : null).FirstOrDefault(f => f is not null);
    }

    /// <returns>"json", "xml", "json-patch", "form", or null.</returns>
    public static string? Sent(string? contentType) => contentType?.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "application/fhir+json" or "application/json" or "text/json" => "json",
        "application/fhir+xml" or "application/xml" or "text/xml" => "xml",
        "application/json-patch+json" => "json-patch",
        "application/x-www-form-urlencoded" => "form",
        _ => null,
    };

    private static string? Named(string name) => name.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        "json" or "application/fhir+json" or "application/json" or "text/json" or "application/*" or "*/*" or "text/html" => "json",
        "xml" or "application/fhir+xml" or "application/xml" or "text/xml" => "xml",
        _ => null,
    };

    private static bool OfThisVersion(MediaTypeHeaderValue accepted) =>
        accepted.Parameters.FirstOrDefault(p => p.Name.Equals("fhirVersion", StringComparison.OrdinalIgnoreCase)) is not { } version || version.Value.ToString().Trim('"').StartsWith("4.0", StringComparison.Ordinal);
}
