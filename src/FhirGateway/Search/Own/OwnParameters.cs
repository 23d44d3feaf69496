using System.Collections.Concurrent;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search.Own;

/// <summary>
/// What each tenant searches by beside R4's own. Every host looks again after <see cref="Fresh"/>; the index of a new one is
/// built from <see cref="Lead"/> after it was stored, when all of them write its rows.
/// </summary>
internal sealed class OwnParameters(Db db)
{
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Lead = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<int, (DateTimeOffset At, ParameterSet Set)> known = [];

    public async ValueTask<ParameterSet> Of(int tenant, CancellationToken stop) =>
        Known(tenant) ?? await db.In(tenant, Actor.Product, Read, stop);

    /// <summary>Within a write: on its own transaction.</summary>
    public async ValueTask<ParameterSet> Of(Tx tx) => Known(tx.Tenant) ?? await Read(tx);

    private ParameterSet? Known(int tenant) => known.TryGetValue(tenant, out var found) && db.Clock.GetUtcNow() - found.At < Fresh ? found.Set : null;

    private async Task<ParameterSet> Read(Tx tx)
    {
        var rows = await tx.Query<OwnRow>("select number, id, type, code, kind, expression, targets, state, done, total from fhir.search_parameter where tenant = @Tenant and state <> 'removing'", new { tx.Tenant });
        var set = rows.Select(r => r.ToParameter()).OfType<Parameter>().ToList() is { Count: > 0 } own ? new ParameterSet(own) : ParameterSet.Standard;
        known[tx.Tenant] = (db.Clock.GetUtcNow(), set);
        return set;
    }
}

internal sealed record OwnRow
{
    public int Tenant { get; init; }
    public int Number { get; init; }
    public string Id { get; init; } = "";
    public string Type { get; init; } = "";
    public string Code { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Expression { get; init; } = "";
    public string[] Targets { get; init; } = [];
    public string State { get; init; } = "";
    public DateTimeOffset Since { get; init; }
    public long Reached { get; init; }
    public bool Again { get; init; }
    public long Done { get; init; }
    public long Total { get; init; }

    public Parameter? ToParameter() => ElementPath.Whole(Type, Expression) is { } paths && Enum.TryParse<ParameterKind>(Kind, out var kind)
        ? new Parameter(Type, Code, kind, Number, paths, Targets)
        {
            RowsOf = $"{Type}.{Code}#{Number}", OfType = SearchParameters.Hash($"{Number}:of-type"), Identifier = SearchParameters.Hash($"{Number}:identifier"),
            Pending = State == "ready" ? null : $"'{Code}' is still being indexed: {Done} of {Total} resources. Ask SearchParameter/{Id}/$status.",
        } : null;

    public static short TypeNumber(string type) => ResourceTypes.Number(type);
}

/// <summary>The rows of a tenant's own parameters in one write: those of a resource are replaced whole.</summary>
internal sealed class OwnRows(ParameterSet set)
{
    private readonly List<(long Rid, Parameter[] Of)> touched = [];

    /// <returns>The rows of the new version.</returns>
    public IndexRows? Add(string type, long rid, byte[]? body)
    {
        if (set.Own.Count == 0) return null;
        var of = set.Own.Where(p => p.Type == type).ToArray();
        if (of.Length == 0) return null;
        touched.Add((rid, of));
        if (body is null) return null;
        using var document = System.Text.Json.JsonDocument.Parse(body);
        return IndexRows.Of(document.RootElement, of);
    }

    public void Clear(Tx tx)
    {
        foreach (var group in touched.SelectMany(t => t.Of.SelectMany(Tables).Select(x => (t.Rid, x.Table, x.Param))).GroupBy(t => t.Table))
        {
            tx.Later(new Npgsql.NpgsqlBatchCommand($"delete from fhir.{group.Key} t using unnest($2::bigint[], $3::int[]) as x (rid, param) where t.tenant = $1 and t.rid = x.rid and t.param = x.param")
            {
                Parameters = { new() { Value = tx.Tenant }, new() { Value = group.Select(g => g.Rid).ToArray() }, new() { Value = group.Select(g => g.Param).ToArray() } },
            });
        }
    }

    public static IEnumerable<(string Table, int Param)> Tables(Parameter p) => p.Kind switch
    {
        ParameterKind.Token => [("token", p.Number), ("token", p.OfType)],
        ParameterKind.Reference => [("reference", p.Number), ("token", p.Identifier)],
        _ => [(p.Table, p.Number)],
    };
}
