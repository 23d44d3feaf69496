using System.Runtime.InteropServices;
using System.Text.Json;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Validation;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/http.html#create, #update, #patch, #delete and their conditional forms: from a request to an
/// entry of the write engine, whether it stands alone or in a transaction.
/// </summary>
internal sealed class Writing(Db db, WriteEngine engine, SharedWrites shared, IResourceValidator validator, ProvenanceHeader provenance)
{
    public async Task<FhirAnswer> Alone(Caller caller, FhirRequest request, CancellationToken stop)
    {
        var (prepared, no) = Prepare(caller, request, null, 0);
        return no ?? await Commit(caller, request, prepared!, stop);
    }

    /// <summary>A change that an operation makes, by the rules of a patch.</summary>
    public async Task<FhirAnswer> Change(Caller caller, FhirRequest request, Func<JsonElement, Outcome<byte[]>> change, CancellationToken stop)
    {
        var (prepared, no) = Prepare(caller, request with { Body = null }, null, 0, change);
        return no ?? await Commit(caller, request, prepared!, stop);
    }

    private async Task<FhirAnswer> Commit(Caller caller, FhirRequest request, Prepared prepared, CancellationToken stop)
    {
        if (provenance.Refused(caller, request) is { } no) return no;
        // Whether the scope reaches it, and what a condition means, is known only in the transaction; provenance is written in it, too.
        if (prepared is { Limit: { Grants: null, AppState: false }, Write: { Condition: null } or { Kind: WriteKind.Create } } && request.Provenance is null)
        {
            var one = await shared.Write(caller, prepared.Write, stop);
            return one.Ok ? Answer(prepared, one.Value) : FhirAnswer.Of(one.Problem);
        }
        var written = await db.In<Outcome<IReadOnlyList<WriteResult>>>(caller.Tenant, caller.Actor, async tx =>
        {
            var results = await engine.Run(tx, [prepared.Write]);
            if (!results.Ok) return tx.Abandon<Outcome<IReadOnlyList<WriteResult>>>(await Veiled(tx, [prepared], results.Problem));
            return (Allowed(prepared.Limit, results.Value) ?? await provenance.Write(tx, request.Provenance, results.Value)) is { } problem
                ? tx.Abandon<Outcome<IReadOnlyList<WriteResult>>>(problem) : results;
        }, stop);
        return written.Ok ? Answer(prepared, written.Value[0]) : FhirAnswer.Of(written.Problem);
    }

    /// <summary>Checks scope, shape and content of one writing request.</summary>
    public (Prepared? Write, FhirAnswer? No) Prepare(Caller caller, FhirRequest request, string? fullUrl, int position, Func<JsonElement, Outcome<byte[]>>? change = null)
    {
        var type = request.Path.Length > 0 ? request.Path[0] : "";
        var id = request.Path.Length > 1 ? request.Path[1] : null;
        if (request.Path.Length > 2 || (request.Method == "POST" && id is not null)) return No(FhirAnswer.Of(new Problem(404, "not-supported", $"{request.Method} {string.Join('/', request.Path)}{(position > 0 || fullUrl is not null ? " is not a write: request.url is relative to the base, like Patient or Patient/123." : " is not a write.")}")));
        if (!ResourceTypes.Known(type)) return No(FhirAnswer.Of(Problem.NotFound($"'{type}' is not a resource type of R4.", "not-supported")));
        var kind = request.Method switch { "POST" => WriteKind.Create, "PUT" => WriteKind.Update, "PATCH" => WriteKind.Patch, _ => WriteKind.Delete };
        var limit = FhirAccess.Reach(caller, type, kind switch { WriteKind.Create => 'c', WriteKind.Delete => 'd', _ => 'u' });
        if (!limit.Ok) return No(FhirAnswer.Of(limit.Problem));
        if (id is not null && !FhirId.Valid(id)) return No(FhirAnswer.Of(Problem.Invalid($"'{id}' is not an id (A-Z a-z 0-9 - . at most 64).", $"{type}.id")));
        if (IfMatch(request) is { Ok: false } bad) return No(FhirAnswer.Of(bad.Problem));

        var condition = kind == WriteKind.Create ? request.IfNoneExist : id is null ? request.Query : null;
        if (condition?.Trim().Length == 0 && (kind != WriteKind.Create || request.IfNoneExist is not null))
        {
            return No(FhirAnswer.Of(kind == WriteKind.Create ? Problem.Invalid("If-None-Exist is empty.") : Problem.Precondition($"{request.Method} {type} needs an id ({request.Method} {type}/123) or a condition ({request.Method} {type}?identifier=system|value).", "invalid")));
        }
        // A condition is a search: whoever may not search must not learn from it what is there.
        if (!string.IsNullOrWhiteSpace(condition) && FhirAccess.Reach(caller, type, 's') is { Ok: false } blind) return No(FhirAnswer.Of(blind.Problem));
        if (condition is not null && SearchValue.HoldsZero(condition)) return No(FhirAnswer.Of(SearchValue.Zero));
        var entry = new WriteEntry
        {
            Kind = kind, Type = type, Id = kind == WriteKind.Create ? null : id, Condition = string.IsNullOrWhiteSpace(condition) ? null : condition.TrimStart('?'),
            IfMatch = IfMatch(request).Value, IfNoneMatchAny = request.IfNoneMatch?.Trim() == "*" && kind == WriteKind.Update, FullUrl = fullUrl, Position = position, By = caller,
        };
        if (limit.Value.AppState && kind is WriteKind.Patch or WriteKind.Delete && AppState.Wrong(entry) is { } unmatched) return No(FhirAnswer.Of(unmatched));
        switch (kind)
        {
            case WriteKind.Create or WriteKind.Update:
                if (request.Body is not { ValueKind: JsonValueKind.Object } body) return No(FhirAnswer.Of(Problem.Invalid("The body must be a resource.", code: "structure")));
                if (Mismatch(kind, type, id, body) is { } mismatch) return No(FhirAnswer.Of(mismatch));
                var verdict = validator.Check(JsonMarshal.GetRawUtf8Value(body), type, request.Handling);
                if (verdict.Errors.Count > 0) return No(FhirAnswer.Of(400, position == 0 && fullUrl is null ? verdict.Errors : verdict.Errors.Select(i => i with { Expression = $"Bundle.entry[{position}].resource{Below(i.Expression, type)}" })));
                if (limit.Value.AppState && AppState.Wrong(entry with { Body = body }) is { } notState) return No(FhirAnswer.Of(notState));
                return (new Prepared(entry with { Body = body }, limit.Value, verdict.Warnings), null);
            case WriteKind.Patch when change is not null:
                return (new Prepared(entry with { Patch = Within(limit.Value, type, change) }, limit.Value, []), null);
            case WriteKind.Patch:
                if (request.Body is not { } patch) return No(FhirAnswer.Of(Problem.Invalid("The patch is empty.", code: "structure")));
                var apply = JsonPatch.Prepare(patch, request.ContentType);
                return apply.Ok ? (new Prepared(entry with { Patch = Within(limit.Value, type, apply.Value) }, limit.Value, []), null) : No(FhirAnswer.Of(apply.Problem));
            default:
                return (new Prepared(entry, limit.Value, []), null);
        }
    }

    /// <summary>What is sent back of a patched resource is more than was sent: only to who may read it.</summary>
    public static FhirAnswer Answer(Prepared of, WriteResult r)
    {
        var shown = of.Write.Kind != WriteKind.Patch || r.Body is null || of.Write.By is not { } by
            || (FhirAccess.Reach(by, r.Type, 'r') is { Ok: true } reach && FhirAccess.Belongs(reach.Value, r.Type, r.Id, r.Body));
        if (of.Limit.Grants is not null && r is { Status: 204, Changed: false }) r = r with { Version = 0 };
        return Answer(shown ? r : r with { Body = null }, of.Warnings);
    }

    private static FhirAnswer Answer(WriteResult r, IReadOnlyList<Issue> warnings) => new(r.Status, r.Body)
    {
        Warnings = warnings,
        Type = r.Type, Version = r.Version == 0 ? null : r.Version, LastModified = r.Version == 0 ? null : r.Updated,
        Location = r.Status == 201 || (r.Status == 200 && r.Body is not null) ? r.Location : null, IsWrite = true,
    };

    /// <summary>What was written must be within the scope, and must have been.</summary>
    public static Problem? Allowed(Limit limit, IReadOnlyList<WriteResult> results) =>
        limit.Grants is not null && results.Any(r => Other(limit, r, r.Body) || Other(limit, r, r.Before)) ? Beyond
            : limit.AppState ? results.Select(AppState.Changed).FirstOrDefault(p => p is not null) : null;

    /// <summary>A patch asks what it changes ("test"): of what is beyond the scope it gets no answer.</summary>
    private static Func<JsonElement, Outcome<byte[]>> Within(Limit limit, string type, Func<JsonElement, Outcome<byte[]>> patch) => limit.Grants is null ? patch
        : resource => FhirAccess.Belongs(limit, type, FhirJson.Text(resource, "id")!, JsonMarshal.GetRawUtf8Value(resource).ToArray()) ? patch(resource) : Beyond;

    /// <summary>Why a write failed tells what is there (a version, a conflict): not to whom it does not reach.</summary>
    public static async Task<Problem> Veiled(Tx tx, IReadOnlyList<Prepared> writes, Problem why)
    {
        foreach (var one in writes.Where(w => w.Limit.Grants is not null && w.Write.Id is not null))
        {
            if (await ResourceReads.Body(tx, $"{one.Write.Type}/{one.Write.Id}") is { } body
                && !FhirAccess.Belongs(one.Limit, one.Write.Type, one.Write.Id!, JsonMarshal.GetRawUtf8Value(body).ToArray())) return Beyond;
        }
        // Whose a deleted one was cannot be told.
        return why.Status == 410 && writes.Any(w => w.Limit.Grants is not null) ? Problem.NotFound("The resource does not exist.") with { Where = why.Where } : why;
    }

    private static Problem Beyond => Problem.Forbidden("The granted scopes reach the resources of one patient, or of a kind, only.");

    private static bool Other(Limit limit, WriteResult r, byte[]? body) => body is not null && !FhirAccess.Belongs(limit, r.Type, r.Id, body);

    private static Problem? Mismatch(WriteKind kind, string type, string? id, JsonElement body)
    {
        if (FhirJson.Text(body, "resourceType") is not { } said) return Problem.Invalid("The body has no resourceType.", code: "structure");
        if (said != type) return Problem.Invalid($"The body is a {said}, the address says {type}.", "resourceType");
        if (kind != WriteKind.Update || id is null) return null;
        return FhirJson.Text(body, "id") switch
        {
            null => Problem.Invalid($"The body needs the id '{id}' of the address.", $"{type}.id", "required"),
            var other when other != id => Problem.Invalid($"The body's id '{other}' is not the address's '{id}'.", $"{type}.id"),
            _ => null,
        };
    }

    private static (Prepared?, FhirAnswer?) No(FhirAnswer answer) => (null, answer);

    private static Outcome<int?> IfMatch(FhirRequest request) => request.IfMatch switch
    {
        null or "" => (int?)null,
        var text when ETags.Parse(text) is { } version => (int?)version,
        var text => Problem.Invalid($"If-Match takes a weak ETag like W/\"3\", not {text}."),
    };

    private static string Below(string? expression, string type) =>
        expression is not null && expression.StartsWith(type, StringComparison.Ordinal) ? expression[type.Length..] : "";
}

/// <summary>A write that may go ahead, with what was stored although R4 says otherwise.</summary>
internal sealed record Prepared(WriteEntry Write, Limit Limit, IReadOnlyList<Issue> Warnings);
