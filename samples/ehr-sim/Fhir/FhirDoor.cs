using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>One door for the FHIR API: faults, token, then the interaction that method and path name.</summary>
internal static class FhirDoor
{
    public static void MapFhir(this WebApplication app, Ehr ehr) => app.Map("/fhir/{**path}", context => Enter(context, ehr));

    private static async Task Enter(HttpContext context, Ehr ehr)
    {
        FhirAnswer answer;
        try
        {
            answer = await Answer(context, ehr);
        }
        catch (Exception e) when (e is not (OperationCanceledException or BadHttpRequestException))
        {
            // The one place where the unexpected is caught: an app must get an OperationOutcome for this too.
            context.RequestServices.GetRequiredService<ILogger<Ehr>>().LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            answer = FhirAnswer.Problem(500, "exception", "The EHR failed at this request");
        }
        await answer.Write(context, ehr);
    }

    private static async Task<FhirAnswer> Answer(HttpContext context, Ehr ehr)
    {
        var request = context.Request;
        var path = (request.Path.Value ?? "")["/fhir".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Open(context, path, ehr) is { } open) return open;

        if (FhirToken.Caller(context, ehr) is not { } caller) return FhirToken.Unauthorized(context);
        RequestLog.Name(context, caller.Client);
        if (path.Length > 0 && !RecordTypes.IsKnown(path[0]))
            return FhirAnswer.Problem(404, "not-supported", $"This EHR has no {path[0]}");

        var isWrite = request.Method is "PUT" or "PATCH" or "DELETE" || request.Method == "POST" && path is not [_, "_search"];
        if (request.Method == "POST" && !isWrite && !request.HasFormContentType)
            return FhirAnswer.Problem(415, "not-supported", "_search takes a form");
        if (!isWrite) return Look(request, path, ehr, caller, request.Method == "POST" ? await request.ReadFormAsync(context.RequestAborted) : null);

        if (ehr.Faults.TakeFailedWrite()) return FhirAnswer.Problem(500, "exception", "The EHR could not store this (fault switch failWrites)");
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        // Another writer between the caller's read and its write is what the conflict switch plays.
        if (path is [var type, var id] && ehr.Faults.TakeConflict(() => Bump(ehr, $"{type}/{id}")))
            return FhirAnswer.Problem(412, "conflict", "Somebody else changed this first (fault switch conflictOnce)");
        return ehr.Records.Atomically(() => Change(request, path, body, ehr, caller));
    }

    private static FhirAnswer? Open(HttpContext context, string[] path, Ehr ehr)
    {
        if (path is not (["metadata"] or [".well-known", "smart-configuration"])) return null;
        context.Response.Headers.AccessControlAllowOrigin = "*";
        if (context.Request.Method == "OPTIONS") return new FhirAnswer(204, null);
        if (context.Request.Method is not ("GET" or "HEAD")) return FhirAnswer.Problem(405, "not-supported", "Only GET here");
        var faults = ehr.Faults.Now;
        if (path is not ["metadata"] && faults.NoSmartConfiguration) return FhirAnswer.NotFound("smart-configuration");
        if (path is not ["metadata"] && (faults.RedirectAway || (faults.RedirectDiscovery && !context.Request.Query.ContainsKey("moved"))))
        {
            context.Response.Headers.Location = faults.RedirectAway ? "http://127.0.0.1:9/evil" : "/fhir/.well-known/smart-configuration?moved=1";
            return new FhirAnswer(302, null);
        }
        return new FhirAnswer(200, path is ["metadata"] ? Capability.Statement(ehr) : Discovery.SmartConfiguration(ehr));
    }

    private static FhirAnswer Look(HttpRequest request, string[] path, Ehr ehr, FhirCaller caller, IFormCollection? form) => (request.Method, path) switch
    {
        ("GET" or "HEAD", [var type]) => FhirSearch.Find(ehr, caller, type, SearchTerms.Of(request.Query, null)),
        ("POST", [var type, "_search"]) => FhirSearch.Find(ehr, caller, type, SearchTerms.Of(request.Query, form)),
        ("GET" or "HEAD", [var type, var id]) => FhirReading.Read(ehr, caller, type, id),
        ("GET" or "HEAD", [var type, var id, "_history"]) => FhirReading.History(ehr, caller, type, id),
        ("GET" or "HEAD", [var type, var id, "_history", var version]) => FhirReading.ReadVersion(ehr, caller, type, id, version),
        _ => NotOffered(request),
    };

    private static FhirAnswer Change(HttpRequest request, string[] path, string body, Ehr ehr, FhirCaller caller)
    {
        var ifMatch = request.Headers.IfMatch.ToString();
        var writing = new FhirWriting(ehr, caller);
        if (path.Length > 0 && ehr.Style.Refusal(request.Method, path[0]) is { } refused) return refused;
        if (request.Method == "DELETE" && path is [var gone, var goneId]) return writing.Delete(gone, goneId, ifMatch);
        if (!Json.TryParse(body, out var sent)) return FhirAnswer.Problem(400, "structure", "The body is not JSON");
        if (request.Method == "PATCH" && path is [var patched, var patchedId])
            return request.ContentType?.StartsWith("application/json-patch+json", StringComparison.OrdinalIgnoreCase) == true
                ? writing.Patch(patched, patchedId, sent as JsonArray, ifMatch)
                : FhirAnswer.Problem(415, "not-supported", "PATCH takes application/json-patch+json");
        if (sent is not JsonObject resource) return FhirAnswer.Problem(400, "structure", "The body is not a resource");
        return (request.Method, path) switch
        {
            ("POST", []) => FhirTransaction.Run(ehr, caller, resource),
            ("POST", [var type]) => writing.Create(type, resource, request.Headers["If-None-Exist"].ToString()),
            ("PUT", [var type, var id]) => writing.Update(type, id, resource, ifMatch),
            ("PUT", [var type]) => writing.ConditionalUpdate(type, request.QueryString.Value ?? "", resource, ifMatch),
            _ => NotOffered(request),
        };
    }

    private static void Bump(Ehr ehr, string reference)
    {
        if (ehr.Records.Current(reference) is { Resource: { } resource } now) ehr.Records.Write(now.Type, now.Id, resource, "ehr (conflict)");
    }

    private static FhirAnswer NotOffered(HttpRequest request) =>
        FhirAnswer.Problem(405, "not-supported", $"{request.Method} is not offered at {request.Path}");
}
