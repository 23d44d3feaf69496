using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/http.html#transaction. A transaction is one database transaction: writes in the order of the
/// specification (DELETE, POST, PUT and PATCH), then reads that see them, on the same transaction. A batch is its entries, each for itself.
/// </summary>
internal sealed class Bundles(Db db, Writing writing, WriteEngine engine, ProvenanceHeader provenance, FhirSettings settings)
{
    /// <param name="run">Runs one entry as an interaction of its own.</param>
    public async Task<FhirAnswer> Process(Caller caller, FhirRequest request, Func<FhirRequest, Task<FhirAnswer>> run, CancellationToken stop)
    {
        if (request.Body is not { ValueKind: JsonValueKind.Object } bundle || FhirJson.Text(bundle, "resourceType") != "Bundle")
        {
            return FhirAnswer.Of(Problem.Invalid("POST to the base takes a Bundle of type batch or transaction.", "resourceType", "structure"));
        }
        var type = FhirJson.Text(bundle, "type");
        if (type is not ("batch" or "transaction")) return FhirAnswer.Of(Problem.Invalid($"A Bundle of type '{type}' cannot be processed; send batch or transaction.", "Bundle.type", "value"));
        var parsed = Parse(bundle, request);
        if (!parsed.Ok) return FhirAnswer.Of(parsed.Problem);
        return type == "batch" ? await Batch(request, parsed.Value, run) : await Transaction(caller, request, parsed.Value, run, stop);
    }

    private static async Task<FhirAnswer> Batch(FhirRequest bundle, List<(string? FullUrl, FhirRequest Request)> entries, Func<FhirRequest, Task<FhirAnswer>> run)
    {
        var answers = new FhirAnswer[entries.Count];
        foreach (var i in Enumerable.Range(0, entries.Count).OrderBy(i => Order(entries[i].Request.Method))) answers[i] = await run(entries[i].Request with { Provenance = bundle.Provenance });
        return Response("batch-response", entries, answers, bundle);
    }

    private async Task<FhirAnswer> Transaction(Caller caller, FhirRequest bundle, List<(string? FullUrl, FhirRequest Request)> entries, Func<FhirRequest, Task<FhirAnswer>> run, CancellationToken stop)
    {
        if (provenance.Refused(caller, bundle) is { } refused) return refused;
        // bdl-7: of two entries by one name nobody could say which is meant.
        if (entries.Where(e => !Reads(e.Request)).Select(e => e.FullUrl).OfType<string>().GroupBy(u => u).FirstOrDefault(g => g.Count() > 1) is { } twice) return FhirAnswer.Of(Problem.Invalid($"More than one entry has the fullUrl {twice.Key}.", "Bundle.entry.fullUrl", "invariant"));
        var writes = new List<(int At, Prepared Prepared)>();
        foreach (var i in Enumerable.Range(0, entries.Count).OrderBy(i => Order(entries[i].Request.Method)))
        {
            if (Reads(entries[i].Request)) continue;
            var (write, no) = writing.Prepare(caller, entries[i].Request, entries[i].FullUrl ?? "", i);
            if (no is not null) return no.Problem is { } wrong ? FhirAnswer.Of(wrong with { Detail = $"Entry {i}: {wrong.Detail}", Where = wrong.Where?.StartsWith("Bundle", StringComparison.Ordinal) == true ? wrong.Where : $"Bundle.entry[{i}]" }) : no;
            writes.Add((i, write! with { Write = write.Write with { FullUrl = entries[i].FullUrl } }));
        }
        return await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var results = await engine.Run(tx, [.. writes.Select(w => w.Prepared.Write)], transaction: true);
            if (!results.Ok) return tx.Abandon(FhirAnswer.Of(await Writing.Veiled(tx, [.. writes.Select(w => w.Prepared)], results.Problem)));
            var answers = new FhirAnswer[entries.Count];
            foreach (var ((at, prepared), result) in writes.Zip(results.Value))
            {
                if (Writing.Allowed(prepared.Limit, [result]) is { } forbidden) return tx.Abandon(FhirAnswer.Of(forbidden));
                answers[at] = Writing.Answer(prepared, result);
            }
            if (await provenance.Write(tx, bundle.Provenance, results.Value) is { } untold) return tx.Abandon(FhirAnswer.Of(untold));
            for (var i = 0; i < entries.Count; i++)
            {
                if (answers[i] is not null) continue;
                answers[i] = await run(entries[i].Request with { Within = tx });
                // A read that fails, fails the whole (FHIR-58).
                if (answers[i] is { Status: >= 400, Problem: null }) return tx.Abandon(answers[i]);
                if (answers[i].Problem is { } problem) return tx.Abandon(FhirAnswer.Of(problem with { Detail = $"Entry {i}: {problem.Detail}", Where = problem.Where ?? $"Bundle.entry[{i}]" }));
            }
            return Response("transaction-response", entries, answers, bundle);
        }, stop);
    }

    /// <summary>Searches and operations too: they run when all is written, and see it.</summary>
    private static bool Reads(FhirRequest r) => r.Method is "GET" or "HEAD" || (r.Method == "POST" && r.Path is [.., var last] && (last == "_search" || last.StartsWith('$')));

    private static int Order(string method) => method switch { "DELETE" => 0, "POST" => 1, "PUT" or "PATCH" => 2, _ => 3 };

    private Outcome<List<(string?, FhirRequest)>> Parse(JsonElement bundle, FhirRequest whole)
    {
        var server = whole.Base;
        var entries = new List<(string?, FhirRequest)>();
        if (bundle.TryGetProperty("entry", out var all) && all.ValueKind != JsonValueKind.Array) return Problem.Invalid("Bundle.entry is an array.", "Bundle.entry", "structure");
        foreach (var entry in FhirJson.Items(bundle, "entry"))
        {
            var at = $"Bundle.entry[{entries.Count}]";
            if (entries.Count == settings.Limits.Entries) return new Problem(413, "too-long", $"A bundle has at most {settings.Limits.Entries} entries.");
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("request", out var request) || request.ValueKind != JsonValueKind.Object) return Problem.Invalid("Every entry needs a request.", $"{at}.request", "required");
            var (method, url) = (FhirJson.Text(request, "method"), FhirJson.Text(request, "url"));
            if (method is not ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE")) return Problem.Invalid($"'{method}' is not a method: GET, HEAD, POST, PUT, PATCH or DELETE, in capitals.", $"{at}.request.method", "value");
            if (url is null) return Problem.Invalid("The request has no url.", $"{at}.request.url", "required");
            if (url.StartsWith(server + "/", StringComparison.Ordinal)) url = url[(server.Length + 1)..];
            var question = url.IndexOf('?', StringComparison.Ordinal);
            var resource = entry.TryGetProperty("resource", out var r) ? r : (JsonElement?)null;
            var (body, contentType) = method == "PATCH" ? PatchOf(resource) : (resource, null);
            entries.Add((FhirJson.Text(entry, "fullUrl"), new FhirRequest
            {
                Method = method, Base = server, Body = body, ContentType = contentType,
                Path = [.. (question < 0 ? url : url[..question]).Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)],
                Query = question < 0 ? "" : url[(question + 1)..],
                Strict = whole.Strict, Lenient = whole.Lenient, IfModifiedSince = FhirJson.Text(request, "ifModifiedSince") is { } since ? Search.DateRange.Parse(since)?.Lo : null,
                IfMatch = FhirJson.Text(request, "ifMatch"), IfNoneMatch = FhirJson.Text(request, "ifNoneMatch"), IfNoneExist = FhirJson.Text(request, "ifNoneExist"),
            }));
        }
        return entries;
    }

    /// <summary>A JSON Patch travels in a bundle as a Binary, a FHIRPath Patch as it is.</summary>
    private static (JsonElement?, string?) PatchOf(JsonElement? resource)
    {
        if (resource is not { } binary || FhirJson.Text(binary, "resourceType") != "Binary" || FhirJson.Text(binary, "data") is not { } data) return (resource, null);
        try
        {
            var patch = JsonBody.Parse(Convert.FromBase64String(data));
            return (patch.Ok ? patch.Value : null, FhirJson.Text(binary, "contentType"));
        }
        catch (FormatException)
        {
            return (null, null);
        }
    }

    private static FhirAnswer Response(string type, List<(string? FullUrl, FhirRequest Request)> entries, FhirAnswer[] answers, FhirRequest bundle) => new(200, FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", type);
        if (answers.Length > 0) w.WriteStartArray("entry");
        for (var i = 0; i < answers.Length; i++) Entry(w, answers[i], bundle, entries[i].Request.Method == "HEAD");
        if (answers.Length > 0) w.WriteEndArray();
        w.WriteEndObject();
    })) { Type = "Bundle" };

    private static void Entry(Utf8JsonWriter w, FhirAnswer a, FhirRequest bundle, bool head)
    {
        var failed = a.Status >= 400;
        w.WriteStartObject();
        if (a.Body is not null && !failed && !head && !(a.IsWrite && (bundle.Minimal || bundle.WantsOutcome)))
        {
            w.WritePropertyName("resource");
            w.WriteRawValue(a.Body, skipInputValidation: true);
        }
        w.WriteStartObject("response");
        w.WriteString("status", a.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (a.Location is not null) w.WriteString("location", a.Location);
        if (a.Version is { } version) w.WriteString("etag", ETags.Of(version));
        if (a.LastModified is { } modified) w.WriteString("lastModified", FhirJson.Instant(modified));
        if ((failed ? a.Body : a.IsWrite && (bundle.WantsOutcome || a.Warnings.Count > 0) ? a.Outcome() : null) is { } outcome)
        {
            w.WritePropertyName("outcome");
            w.WriteRawValue(outcome, skipInputValidation: true);
        }
        w.WriteEndObject();
        w.WriteEndObject();
    }
}
