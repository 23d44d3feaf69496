using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>http://hl7.org/fhir/uv/bulkdata/export.html#response---output-manifest</summary>
internal static class BulkManifest
{
    /// <summary>In the CapabilityStatement.</summary>
    public static void Instantiates(Utf8JsonWriter w)
    {
        w.WriteStartArray("instantiates");
        w.WriteStringValue("http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data");
        w.WriteEndArray();
    }

    /// <summary>E.g. "1200 resources, part 2 of 5", or "37 %, 1200 resources".</summary>
    public static string Progress(BulkJob job, List<BulkPart> parts)
    {
        if (job.State == "queued") return "queued";
        var rows = parts.Sum(p => p.Rows).ToString(CultureInfo.InvariantCulture);
        return job.Kind == "import" && parts.TrueForAll(p => p.Total is not null)
            ? $"{100 * parts.Sum(p => p.Position) / Math.Max(1, parts.Sum(p => p.Total!.Value))} %, {rows} resources"
            : $"{rows} resources, part {Math.Min(parts.Count(p => p.Done) + 1, parts.Count)} of {parts.Count}";
    }

    public static byte[] Of(string server, BulkJob job, List<BulkPart> parts) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("transactionTime", FhirJson.Instant(job.CreatedAt));
        w.WriteString("request", job.Request);
        w.WriteBoolean("requiresAccessToken", true);
        w.WriteStartArray("output");
        foreach (var p in parts.Where(p => p.Rows > 0))
        {
            w.WriteStartObject();
            if (p.Type is not null) w.WriteString("type", p.Type);
            w.WriteNumber("count", p.Rows);
            if (job.Kind == "export") w.WriteString("url", $"{server}/$bulk/{job.Id}/{Exporting.FileOf(p)}");
            else if (p.Url is not null) w.WriteString("inputUrl", p.Url);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteStartArray("error");
        foreach (var p in parts.Where(p => p.Failed > 0))
        {
            w.WriteStartObject();
            w.WriteString("type", "OperationOutcome");
            w.WriteNumber("count", p.Failed);
            if (p.Url is not null) w.WriteString("inputUrl", p.Url);
            w.WriteString("url", $"{server}/$bulk/{job.Id}/{Importing.ErrorsOf(p)}");
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    });
}
