using System.Globalization;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Subscriptions;
using HealthTeams.Platform.Outbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>http://hl7.org/fhir/uv/bulkdata: kick-off, status, files, cancellation; and $import, which has the same shape.</summary>
internal sealed class BulkEndpoints(Db db, BulkJobs jobs, BulkFiles files, BulkSettings bulk, FhirSettings settings, OutboundHttp outbound)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/fhir").RequireAuthorization("fhir").DisableAntiforgery();
        foreach (var path in (string[])["/$export", "/Patient/$export", "/Group/{id}/$export"]) group.MapMethods(path, ["GET", "POST"], (HttpContext http, BulkEndpoints me, string? id) => me.Answer(http, me.Export(http, id)));
        group.MapPost("/$import", (HttpContext http, BulkEndpoints me) => me.Answer(http, me.Import(http)));
        group.MapGet("/$bulk/{job:guid}", (HttpContext http, BulkEndpoints me, Guid job) => me.Answer(http, me.Status(http, job)));
        group.MapDelete("/$bulk/{job:guid}", (HttpContext http, BulkEndpoints me, Guid job) => me.Answer(http, me.Cancel(http, job)));
        group.MapGet("/$bulk/{job:guid}/{file}", (HttpContext http, BulkEndpoints me, Guid job, string file) => me.Answer(http, me.File(http, job, file)));
    }

    private async Task Answer(HttpContext http, Task<Outcome<byte[]?>> doing)
    {
        var done = await doing;
        if (http.Response.HasStarted) return; // a file
        http.Response.Headers.CacheControl = "no-store";
        var body = done.Ok ? done.Value : FhirAnswer.Of(done.Problem).Body;
        if (!done.Ok) http.Response.StatusCode = done.Problem.Status;
        if (done is { Ok: false, Problem.Status: 429 }) http.Response.Headers.RetryAfter = "10";
        if (body is null) return;
        http.Response.ContentType = done.Ok && http.Response.StatusCode == 200 ? "application/json; charset=utf-8" : "application/fhir+json; charset=utf-8";
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private async Task<Outcome<byte[]?>> Export(HttpContext http, string? group)
    {
        var caller = Caller.Of(http)!;
        if (NotAsynchronous(http) is { } no) return no;
        var level = group is not null ? "group" : http.Request.Path.Value!.EndsWith("/Patient/$export", StringComparison.Ordinal) ? "patient" : "system";
        var query = Conditions.Parse(http.Request.QueryString.Value ?? "").ToList();
        if (http.Request.Method == "POST")
        {
            var body = await Json(http);
            if (!body.Ok) return body.Problem;
            query.AddRange(ExportAsk.OfParameters(body.Value));
        }
        var ask = ExportAsk.Read(caller, level, query, http.Request.Headers["Prefer"].ToString().Contains("handling=lenient", StringComparison.Ordinal), settings.Base);
        if (!ask.Ok) return ask.Problem;
        string[]? members = null;
        if (group is not null)
        {
            var read = await Members(caller, group, http.RequestAborted);
            if (!read.Ok) return read.Problem;
            members = read.Value;
        }
        var there = ask.Value.Named ? ask.Value.Types : await There(caller, ask.Value.Types, http.RequestAborted);
        return await Begin(http, caller, new BulkJob { Kind = "export", Level = level, Since = ask.Value.Since, Patients = members }, [.. there.Select((t, n) => new BulkPart { N = n, Type = t.Type, Criteria = t.Criteria })]);
    }

    private async Task<Outcome<byte[]?>> Import(HttpContext http)
    {
        var caller = Caller.Of(http)!;
        if (NotAsynchronous(http) is { } no) return no;
        var scopes = Rights.Of(caller).Scopes.Select(t => SmartScope.TryParse(t, out var s) ? s : null).OfType<SmartScope>().ToList();
        if (!scopes.Exists(s => s.Level != ScopeLevel.Patient && s.Filter is null && s.Interactions.IndexOfAny(['c', 'u']) >= 0)) return Problem.Forbidden("An import needs system/ or user/ scopes that allow c and u.");
        var job = new BulkJob { Id = Guid.CreateVersion7(db.Clock.GetUtcNow()), Kind = "import", Level = "system" };
        if (http.Request.ContentType?.Split(';')[0].Trim() is "application/fhir+ndjson" or "application/ndjson" or "application/x-ndjson")
        {
            var kept = await Keep(http, caller, job);
            if (!kept.Ok) return kept.Problem;
            var begun = await Begin(http, caller, job, [new BulkPart { N = 0, Total = kept.Value }]);
            if (!begun.Ok) files.Remove(caller.Tenant, job.Id);
            return begun;
        }
        var body = await Json(http);
        if (!body.Ok) return body.Problem;
        var parts = ImportAsk.Read(body.Value);
        if (!parts.Ok) return parts.Problem;
        foreach (var part in parts.Value)
        {
            var uri = new Uri(part.Url!);
            if (!await outbound.Registered(uri, http.RequestAborted)) return Problem.Unprocessable($"{uri.GetLeftPart(UriPartial.Authority)} is not a registered host, so nothing is fetched from there. An operator registers it: ./run host add {uri.GetLeftPart(UriPartial.Authority)}", "input.url", "business-rule");
        }
        return await Begin(http, caller, job, parts.Value);
    }

    private async Task<Outcome<long>> Keep(HttpContext http, Caller caller, BulkJob job)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = bulk.ImportLimit;
        try
        {
            await using var file = files.Append(caller.Tenant, job.Id, Importing.InputOf(new BulkPart()), 0);
            await http.Request.Body.CopyToAsync(file, http.RequestAborted);
            await file.FlushAsync(http.RequestAborted);
            file.Flush(flushToDisk: true);
            return file.Length;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            files.Remove(caller.Tenant, job.Id);
            if (e is not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }) throw;
            return new Problem(413, "too-long", $"An import has at most {bulk.ImportLimit / 1024 / 1024} MB.");
        }
    }

    private async Task<Outcome<byte[]?>> Begin(HttpContext http, Caller caller, BulkJob job, IReadOnlyList<BulkPart> parts)
    {
        var now = db.Clock.GetUtcNow();
        job = job with
        {
            Tenant = caller.Tenant, Id = job.Id == Guid.Empty ? Guid.CreateVersion7(now) : job.Id, Owner = BulkJob.OwnerOf(caller), RightsJson = Rights.Of(caller).Json, CreatedAt = now,
            Request = $"{settings.Base}{http.Request.Path.Value!["/fhir".Length..]}{http.Request.QueryString}",
        };
        if (await jobs.Begin(caller, job, parts, http.RequestAborted) is { } problem) return problem;
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        http.Response.Headers.ContentLocation = $"{settings.Base}/$bulk/{job.Id}";
        return (byte[]?)null;
    }

    private async Task<Outcome<byte[]?>> Status(HttpContext http, Guid id)
    {
        if (await jobs.Find(Caller.Of(http)!, id, http.RequestAborted) is not { } found) return Unknown;
        var (job, parts) = found;
        if (job.State == "failed") return new Problem(500, "exception", job.Error ?? "It failed.");
        if (job.State != "done")
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            http.Response.Headers["X-Progress"] = BulkManifest.Progress(job, parts);
            http.Response.Headers.RetryAfter = "1";
            return (byte[]?)null;
        }
        http.Response.Headers.Expires = (job.FinishedAt!.Value + bulk.KeepFor).ToString("R", CultureInfo.InvariantCulture);
        return BulkManifest.Of(settings.Base, job, parts);
    }

    private async Task<Outcome<byte[]?>> Cancel(HttpContext http, Guid id)
    {
        if (!await jobs.Cancel(Caller.Of(http)!, id, http.RequestAborted)) return Unknown;
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        return (byte[]?)null;
    }

    private async Task<Outcome<byte[]?>> File(HttpContext http, Guid id, string name)
    {
        var caller = Caller.Of(http)!;
        if (await jobs.Find(caller, id, http.RequestAborted) is not { Job.State: "done" } found) return Unknown;
        var part = found.Parts.Find(p => name == (found.Job.Kind == "export" ? Exporting.FileOf(p) : Importing.ErrorsOf(p)));
        if (part is null || files.Read(caller.Tenant, id, name) is not { } file) return Unknown;
        await using (file)
        {
            // Scopes may have been taken away since.
            if (found.Job.Kind == "export")
            {
                var reach = Rights.Of(caller).On(part.Type!, "rs");
                if (!reach.Ok) return reach.Problem;
                if (reach.Value.Patient is { } only && found.Job.Rights.On(part.Type!, "rs") is var asked && !(asked.Ok && asked.Value.Patient == only)) return Problem.Forbidden("This file tells of more patients than the granted scopes reach.");
            }
            http.Response.Headers.CacheControl = "no-store";
            await Results.File(file, "application/fhir+ndjson", enableRangeProcessing: true).ExecuteAsync(http);
        }
        return (byte[]?)null;
    }

    private async Task<Outcome<string[]>> Members(Caller caller, string group, CancellationToken stop)
    {
        var reach = Rights.Of(caller).On("Group", "r");
        if (!reach.Ok) return reach.Problem;
        if (await db.In(caller.Tenant, caller.Actor, tx => FhirId.Valid(group) ? ResourceReads.Body(tx, $"Group/{group}") : Task.FromResult<System.Text.Json.JsonElement?>(null), stop) is not { } body) return Problem.NotFound($"Group/{group} does not exist.");
        return FhirJson.Items(body, "member").Where(m => !(m.TryGetProperty("inactive", out var off) && off.ValueKind == System.Text.Json.JsonValueKind.True))
            .Select(m => Reference.Split(FhirJson.Text(m, "entity", "reference") ?? "")).Where(r => r.Type == "Patient").Select(r => r.Id).Distinct().ToArray();
    }

    /// <summary>Types that somebody ever wrote: no empty parts for the other hundred.</summary>
    private async Task<List<(string Type, string? Criteria)>> There(Caller caller, List<(string Type, string? Criteria)> types, CancellationToken stop)
    {
        var known = (await db.In(caller.Tenant, caller.Actor, tx => tx.Query<short>("""
            select t from unnest(@types) as t where exists (select from fhir.resource r where r.tenant = @Tenant and r.type = t)
            """, new { tx.Tenant, types = types.Select(t => ResourceTypes.Number(t.Type)).ToArray() }), stop)).Select(ResourceTypes.Name).ToHashSet();
        return [.. types.Where(t => known.Contains(t.Type))];
    }

    private async Task<Outcome<System.Text.Json.JsonElement>> Json(HttpContext http)
    {
        if (Formats.Sent(http.Request.ContentType) != "json") return new Problem(415, "not-supported", "Send application/fhir+json, or application/fhir+ndjson to $import.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = settings.Limits.Body;
        using var memory = new MemoryStream();
        try
        {
            await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
        }
        catch (BadHttpRequestException)
        {
            return new Problem(413, "too-long", $"A body has at most {settings.Limits.Body / 1024 / 1024} MB.");
        }
        var parsed = JsonBody.Parse(memory.ToArray());
        return parsed is { Ok: true, Value.ValueKind: not System.Text.Json.JsonValueKind.Object } ? Problem.Invalid("The body must be a JSON object.", code: "structure") : parsed;
    }

    private static Problem? NotAsynchronous(HttpContext http) => http.Request.Headers["Prefer"].ToString().Contains("respond-async", StringComparison.Ordinal) ? null
        : Problem.Invalid("This runs in the background: send the header Prefer: respond-async, and ask the address in Content-Location for the result.");

    private static Problem Unknown => Problem.NotFound("There is no such job, or it was cancelled, is over, or was begun by another client.");
}
