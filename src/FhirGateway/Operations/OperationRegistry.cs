using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Operations;

/// <summary>Finds the operation that a path means: [base]/$x, [base]/Type/$x, [base]/Type/id/$x, [base]/Type/id/_history/1/$x.</summary>
internal sealed class OperationRegistry(IEnumerable<IOperation> operations)
{
    private readonly IOperation[] all = [.. operations.OrderBy(o => o.Name, StringComparer.Ordinal)];

    /// <param name="type">Null for those of the system.</param>
    public IEnumerable<IOperation> On(string? type) => all.Where(o => type is null ? o.Levels.HasFlag(OperationLevel.System)
        : o.Levels != OperationLevel.System && (o.Types is null || o.Types.Contains(type)));

    public Task<FhirAnswer> Run(Caller caller, FhirRequest request, CancellationToken stop)
    {
        var name = request.Path[^1][1..];
        var (level, type, id, version) = request.Path[..^1] switch
        {
            [] => (OperationLevel.System, (string?)null, (string?)null, (int?)null),
            [var t] => (OperationLevel.Type, t, null, null),
            [var t, var i] => (OperationLevel.Instance, t, i, null),
            [var t, var i, "_history", var v] when SearchValue.Count(v) is { } n => (OperationLevel.Version, t, i, n),
            _ => default,
        };
        if (type is not null && !ResourceTypes.Known(type)) return No(Problem.NotFound($"'{type}' is not a resource type of R4.", "not-supported"));
        if (id is not null && !FhirId.Valid(id)) return No(Problem.NotFound($"{type}/{id} does not exist."));
        if (SearchValue.HoldsZero(request.Query)) return No(SearchValue.Zero);
        var found = Array.Find(all, o => o.Name == name && o.Levels.HasFlag(level) && level != 0 && (type is null || o.Types is null || o.Types.Contains(type)));
        if (found is null)
        {
            var here = string.Join(", ", all.Where(o => o.Levels.HasFlag(level) && (type is null || o.Types is null || o.Types.Contains(type))).Select(o => "$" + o.Name).Distinct());
            return No(Problem.NotFound($"'${name}' is not an operation here.{(here.Length > 0 ? $" There are {here}." : "")}", "not-supported"));
        }
        if (request.Method != "POST" && (found.AffectsState || request.Method is not ("GET" or "HEAD")))
        {
            return Task.FromResult(FhirAnswer.Of(new Problem(405, "not-supported", $"'${name}' is called with POST{(found.AffectsState ? "" : " or GET")}.")) with { Allow = found.AffectsState ? "POST" : "GET, HEAD, POST" });
        }
        if (found.AffectsState && request.Within is not null) return No(Problem.Invalid($"'${name}' changes things and cannot be part of a transaction. Send it alone or in a batch.", code: "not-supported"));
        return found.Run(new OperationCall(caller, request, type, id, version), stop);
    }

    private static Task<FhirAnswer> No(Problem problem) => Task.FromResult(FhirAnswer.Of(problem));
}
