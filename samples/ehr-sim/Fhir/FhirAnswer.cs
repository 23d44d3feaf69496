using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>What an interaction came to: also for errors, which are expected here and therefore values.</summary>
internal sealed record FhirAnswer(int Status, JsonObject? Body, RecordVersion? Version = null, bool IsNew = false)
{
    public bool IsError => Status >= 400;

    public static FhirAnswer Of(RecordVersion version, int status = 200) => new(status, version.Resource, version, status == 201);

    public static FhirAnswer Problem(int status, string code, string what) => new(status, Outcome("error", code, what));

    public static FhirAnswer NotFound(string reference) => Problem(404, "not-found", $"This EHR holds no {reference}");

    public static JsonObject Outcome(string severity, string code, string what) => new()
    {
        ["resourceType"] = "OperationOutcome",
        ["issue"] = new JsonArray(new JsonObject { ["severity"] = severity, ["code"] = code, ["diagnostics"] = what }),
    };

    public async Task Write(HttpContext context, Ehr ehr)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        if (Version is { } version)
        {
            response.Headers.ETag = version.ETag;
            response.Headers.LastModified = version.At.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
            if (IsNew || context.Request.Method == "PUT") response.Headers.Location = LocationOf(version, ehr);
        }
        var minimal = !IsError && Version is not null && context.Request.Method is ("POST" or "PUT" or "PATCH")
            && context.Request.Headers["Prefer"].ToString().Contains("return=minimal", StringComparison.Ordinal);
        if (Body is null || Status == 204 || minimal) return;
        response.ContentType = Body["resourceType"] is null ? "application/json" : "application/fhir+json; charset=utf-8";
        await response.WriteAsync(Body.ToJsonString(Json.Compact), context.RequestAborted);
    }

    private static string LocationOf(RecordVersion version, Ehr ehr) =>
        string.Create(CultureInfo.InvariantCulture, $"{ehr.FhirBase}/{version.Reference}/_history/{version.Number}");
}
