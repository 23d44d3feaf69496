using HealthTeams.FhirGateway.AuditEvents;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.Storage;
using Npgsql;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>Which interaction a request is. http://hl7.org/fhir/R4/http.html#summary; used for HTTP and for bundle entries.</summary>
internal sealed class FhirRouter(
    Reading reading, Writing writing, Searching searching, History history, Bundles bundles, AuditTrail trail, OperationRegistry operations, FhirSettings settings)
{
    public Task<FhirAnswer> Handle(Caller caller, FhirRequest r, CancellationToken stop) => Handle(caller, r, inBundle: false, stop);

    /// <summary>What PostgreSQL refuses is the answer of this interaction alone: other entries of a batch are not touched by it.</summary>
    private async Task<FhirAnswer> Handle(Caller caller, FhirRequest r, bool inBundle, CancellationToken stop)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (r.Within is null && (r.Method is "GET" or "HEAD" || r.Path is [.., "_search"])) limited.CancelAfter(settings.Limits.Read);
        try
        {
            return await Interaction(caller, r, inBundle, limited.Token);
        }
        catch (OperationCanceledException) when (r.Within is null && limited.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return FhirAnswer.Of(new Problem(503, "too-costly", $"This took longer than {settings.Limits.Read.TotalSeconds:0} s and was given up. Ask for less: narrower criteria, fewer includes, _total=none."));
        }
        catch (PostgresException e) when (r.Within is null && ProblemMapping.FromPostgres(e) is { } problem)
        {
            return FhirAnswer.Of(problem);
        }
    }

    private Task<FhirAnswer> Interaction(Caller caller, FhirRequest r, bool inBundle, CancellationToken stop)
    {
        var get = r.Method is "GET" or "HEAD";
        return r.Path switch
        {
            [] when r.Method == "POST" && !inBundle => bundles.Process(caller, r, e => Handle(caller, e, inBundle: true, stop), stop),
            [] when get => searching.System(caller, r, stop),
            ["_search"] when r.Method == "POST" => searching.System(caller, r, stop),
            [.., var name] when name.StartsWith('$') => operations.Run(caller, r, stop),
            ["_history"] when get => history.List(caller, r, null, null, stop),
            ["_history"] => Task.FromResult(NotHere(r)),
            [var type, ..] when !ResourceTypes.Known(type) => No(Problem.NotFound($"'{type}' is not a resource type of R4.", "not-supported")),
            ["AuditEvent"] when get && TrailAsk.Meant(r.Query) => trail.Search(caller, r, stop),
            ["AuditEvent", var id] when get => Audited(caller, r, id, stop),
            [var type] when get => searching.Search(caller, r, type, r.Query, stop),
            [var type, "_search"] when r.Method == "POST" => searching.Search(caller, r, type, r.Query, stop),
            [var type, "_history"] when get => history.List(caller, r, type, null, stop),
            [_] when r.Method is "POST" or "PUT" or "PATCH" or "DELETE" => writing.Alone(caller, r, stop),
            [var type, var id] when get => reading.Read(caller, r, type, id, null, stop),
            [_, _] when r.Method is "PUT" or "PATCH" or "DELETE" => writing.Alone(caller, r, stop),
            [var type, var id, var member] when get && member != "_history" && !member.StartsWith('$') => searching.Member(caller, r, type, id, member, stop),
            [var type, var id, var member, "_search"] when r.Method == "POST" => searching.Member(caller, r, type, id, member, stop),
            [var type, var id, "_history"] when get => history.List(caller, r, type, id, stop),
            [var type, var id, "_history", var version] when get => Search.SearchValue.Count(version) is { } v
                ? reading.Read(caller, r, type, id, v, stop) : No(Problem.NotFound($"{type}/{id} has no version '{version}'.")),
            _ => Task.FromResult(NotHere(r)),
        };
    }

    /// <summary>405 where another method would do.</summary>
    private static FhirAnswer NotHere(FhirRequest r)
    {
        var allow = r.Path switch
        {
            [] => "POST, OPTIONS",
            ["_history"] or [_, "_history"] or [_, _, "_history"] or [_, _, "_history", _] => "GET, HEAD, OPTIONS",
            [_, "_search"] => "POST, OPTIONS",
            [_, _] => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
            _ => null,
        };
        return FhirAnswer.Of(new Problem(allow is null ? 404 : 405, "not-supported",
            $"{r.Method} /{string.Join('/', r.Path)} is not an interaction of this server.{(allow is null ? "" : $" Here it takes {allow}.")}")) with { Allow = allow };
    }

    /// <summary>One of our own records, or an AuditEvent that a client stored.</summary>
    private async Task<FhirAnswer> Audited(Caller caller, FhirRequest r, string id, CancellationToken stop) =>
        await trail.Read(caller, id, stop) ?? await reading.Read(caller, r, "AuditEvent", id, null, stop);

    private static Task<FhirAnswer> No(Problem problem) => Task.FromResult(FhirAnswer.Of(problem));
}
