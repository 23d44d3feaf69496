using System.Globalization;
using System.Text.Json;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// _sort: several keys, each its smallest value (descending: its largest), resources without one last; then rid. Pages
/// continue after the last row's keys, so nothing is shown twice or left out while others write (FHIR-81).
/// </summary>
internal sealed class Sort
{
    private const int MostKeys = 5;
    private readonly List<SortKey> keys = [];
    private readonly SqlArgs args;
    private (object?[] Values, long Rid)? after;

    private Sort(SqlArgs args) => this.args = args;

    public int Keys => keys.Count;

    /// <summary>The parameter of the first key.</summary>
    public int? Leading => keys.Count > 0 ? keys[0].Number : null;

    /// <summary>Pages go on in the direction of the first key.</summary>
    private string RidOrder => keys is [{ Descending: true }, ..] ? "desc" : "asc";

    public string Columns => string.Concat(keys.Select((k, i) => $", {k.Of("r")} as k{i}"));
    public string Order => $"order by {string.Concat(keys.Select((k, i) => $"k{i}{(k.Descending ? " desc nulls last" : "")}, "))}rid {RidOrder}";

    public static Outcome<Sort> Of(SearchQuery query, SearchAsk ask)
    {
        var sort = new Sort(query.Args);
        foreach (var text in (ask.Sort ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (sort.keys.Count == MostKeys) return Problem.Invalid($"A search is sorted by at most {MostKeys} keys.", "_sort", "too-costly");
            var key = SortKey.Of(query, text.TrimStart('-'), text.StartsWith('-'));
            if (!key.Ok) return key.Problem;
            sort.keys.Add(key.Value);
        }
        if (ask.Cursor is null) return sort;
        if (sort.Read(ask.Cursor) is not { } at) return Problem.Invalid("The page link is not one of ours. Start the search again.", "_cursor");
        sort.after = at;
        return sort;
    }

    private (object?[], long)? Read(string cursor)
    {
        try
        {
            var parts = JsonSerializer.Deserialize<string?[]>(cursor);
            if (parts is null || parts.Length != keys.Count + 1 || !long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var rid)) return null;
            return ([.. keys.Select((k, i) => k.Parse(parts[i]))], rid);
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Where the page ended, from the key columns of its last row.</summary>
    public string Cursor(IReadOnlyList<object?> values, long rid) =>
        JsonSerializer.Serialize(keys.Select((k, i) => k.Text(values[i])).Append(rid.ToString(CultureInfo.InvariantCulture)));

    private string? condition;

    /// <summary>Rows behind the last one of the page before.</summary>
    public string After => condition ??= Behind();

    private string Behind()
    {
        if (after is not { } at) return "";
        var (ors, equal) = (new List<string>(), "");
        for (var i = 0; i < keys.Count; i++)
        {
            if (at.Values[i] is { } value)
            {
                var p = args.Add(value, keys[i].Type);
                ors.Add($"{equal}(k{i} {(keys[i].Descending ? "<" : ">")} {p} or k{i} is null)");
                equal += $"k{i} = {p} and ";
            }
            else equal += $"k{i} is null and ";
        }
        ors.Add($"{equal}rid {(RidOrder == "desc" ? "<" : ">")} {args.Add(at.Rid)}");
        return $" and ({string.Join(" or ", ors)})";
    }

    /// <summary>
    /// The resources in order, from an index, until the page is full: never the sort of a whole type. First those with a
    /// value; when they do not fill the page, those without.
    /// </summary>
    /// <param name="filter">What else must hold of r; it leaves out the criterion that the walk itself keeps to.</param>
    public (IReadOnlyList<string> With, IReadOnlyList<string> Parts) Walks(DateWalk? walk, Func<DateWalk?, string> filter, string many, int limit)
    {
        var what = $"r.type, r.id, r.rid, r.body{Columns}";
        if (keys is not [{ Table: { } table } first, ..])
        {
            var start = keys.Count == 0 && after is { } a ? $" and r.rid > {args.Add(a.Rid)}" : "";
            return ([], [$"(select * from (select {what} from fhir.resource r where {filter(null)}{many}{start}) b where true{(keys.Count == 0 ? "" : After)} {Order.Replace(" nulls last", "", StringComparison.Ordinal)} limit {limit})"]);
        }
        var parts = walk is not null && walk.Number == first.Number ? walk.Parts : [];
        var kept = parts.Count > 0 ? walk : null;
        var only = first.Single ? "" : $" and not exists (select from fhir.{table} y where y.tenant = $1 and y.rid = k.rid and y.{first.Param}{first.View("y")} and (y.{first.Column}, y.ctid) {(first.Descending ? ">" : "<")} (k.{first.Column}, k.ctid) offset 0)";
        var from = after is { } last && last.Values[0] is { } value ? $" and k.{first.Column} {(first.Descending ? "<=" : ">=")} {args.Add(value, first.Type)}" : "";
        // "offset 0": walked in the order of the index and looked up one by one, whatever the planner believes of their number.
        var walks = (parts.Count > 0 ? parts : ["true"]).Select(part => $"""
            (select * from (select r.type, r.id, r.rid, r.body, k.key as k0{string.Concat(keys.Skip(1).Select((k, i) => $", {k.Of("r")} as k{i + 1}"))}
              from (select k.rid, k.{first.Column} as key from fhir.{table} k where k.tenant = $1 and k.{first.Param}{first.View("k")} and {part}{from}{only}
                {(walk?.Fetched(part) == true ? "" : $"order by k.{first.Column}{(first.Descending ? " desc" : "")}")} offset 0) k
              cross join lateral (select * from fhir.resource r where r.tenant = $1 and r.rid = k.rid offset 0) r
              where {filter(kept)}{many}) b where true{After} {Order.Replace(" nulls last", "", StringComparison.Ordinal)} limit {limit})
            """);
        // A page that ended among those without a value goes on among them.
        var inMissing = after is { } end && end.Values[0] is null;
        var missing = $"""
            (select * from (select {what} from fhir.resource r where {filter(null)}{many} and not exists (select from fhir.{table} y where y.tenant = $1 and y.rid = r.rid and y.{first.Param}{first.View("y")} offset 0)
              {(inMissing ? "" : $"and (select count(*) from w) < {limit}")}) b where true{After} {Order} limit {limit})
            """;
        if (inMissing) return ([], [missing]);
        // With the criterion on the very key nothing lacks a value.
        return kept is not null ? ([$"w as materialized ({string.Join(" union all ", walks)})"], ["(select * from w)"]) : ([$"w as materialized ({string.Join(" union all ", walks)})"], ["(select * from w)", missing]);
    }
}
