using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Search;

/// <summary>The values of one statement: nothing of a request reaches its text. $1 is always the tenant.</summary>
internal sealed class SqlArgs
{
    private readonly List<NpgsqlParameter> all = [];

    public SqlArgs(int tenant) => Add(tenant);

    public int Count => all.Count;

    /// <summary>
    /// Whether a resource has such an index row, looked for among its own rows: "offset 0" keeps the conditions out of the
    /// choice of the index, which would else go through all resources of that value ("booked") to find this one.
    /// </summary>
    public static string Has(string table, string param, string alias, string conditions) =>
        $"exists (select from (select * from fhir.{table} x where x.tenant = $1 and x.rid = {alias}.rid and x.{param} offset 0) x where {conditions})";

    /// <summary>
    /// Joins the resources that rids name, one by one through their index: "offset 0" leaves the planner no other way, which
    /// before it has statistics it would take.
    /// </summary>
    public static string Resource(string rid, string alias) => $"cross join lateral (select * from fhir.resource {alias} where {alias}.tenant = $1 and {alias}.rid = {rid} offset 0) {alias}";

    /// <returns>The placeholder: "$2".</returns>
    public string Add(object? value, NpgsqlDbType? type = null)
    {
        var p = new NpgsqlParameter { Value = value ?? DBNull.Value };
        if (type is { } t) p.NpgsqlDbType = t;
        all.Add(p);
        return $"${all.Count}";
    }

    public NpgsqlBatchCommand Command(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var p in all) command.Parameters.Add(p.Clone());
        return command;
    }
}

/// <summary>
/// One criterion in the two forms a search needs. Many resources are looked through by checking each (Probe); where the
/// criterion is selective it names them itself (Drive), and the others are checked on those few.
/// </summary>
/// <param name="Probe">A condition on a row of fhir.resource, given its alias. "offset 0" keeps PostgreSQL from turning it into a join whose size it cannot guess.</param>
/// <param name="Drive">A query of rids; null when the criterion cannot lead (:not, :missing).</param>
/// <param name="Rank">0: surely few; the higher, the more may match.</param>
internal sealed record Clause(Func<string, string> Probe, string? Drive, int Rank)
{
    /// <summary>What leads is of the type that is searched, without a look at the resource: rows are those of current versions.</summary>
    public bool Exact { get; init; }

    /// <summary>For a walk in the order of this very parameter: what must hold of the row walked on, alias k.</summary>
    public DateWalk? Walk { get; init; }
}

/// <param name="Number">The parameter the walk is on.</param>
/// <param name="Parts">One walk each: short times, and those longer than a day.</param>
internal sealed record DateWalk(int Number, IReadOnlyList<string> Parts)
{
    /// <summary>Few last longer than a day and still go on: they are fetched by their end and sorted, not walked from the first of all times.</summary>
    public bool Fetched(string part) => Parts.Count > 1 && part == Parts[1];
}
