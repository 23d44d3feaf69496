using System.Globalization;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// One sort key as text that orders like the value, then rid: pages continue after (key, rid), so nothing is shown twice
/// or left out while others write. Resources without the value come last.
/// </summary>
internal sealed class Sort
{
    private const string Last = "\U0010FFFF";
    private readonly bool descending;
    private readonly bool byRow;

    public required string Key { get; init; }
    public string Join { get; init; } = "";
    public string Order => byRow ? "r.rid" : descending ? $"{Key} desc, r.rid desc" : $"{Key}, r.rid";

    private Sort(bool descending, bool byRow = false) => (this.descending, this.byRow) = (descending, byRow);

    public static Outcome<Sort> Of(SearchQuery query, SearchAsk ask)
    {
        if (ask.Sort is null or "") return new Sort(false, byRow: true) { Key = "''::text" };
        var text = ask.Sort.Split(',')[0];
        if (ask.Sort.Contains(',', StringComparison.Ordinal)) return Problem.Invalid("One sort key at a time.", "_sort", "not-supported");
        var descending = text.StartsWith('-');
        var code = text.TrimStart('-');
        const string instant = "'YYYYMMDDHH24MISSUS'";
        if (code == "_lastUpdated") return new Sort(descending) { Key = $"to_char(r.updated at time zone 'UTC', {instant}) collate \"C\"" };
        if (code == "_id") return new Sort(descending) { Key = "r.id" };
        if (SearchParameters.Find(query.Type, code) is not { } p) return Problem.Invalid($"{query.Type} has no search parameter '{code}' to sort by.", "_sort", "not-supported");
        var (table, value) = p.Kind switch
        {
            ParameterKind.Date => ("date", $"to_char({(descending ? "max(x.lo)" : "min(x.lo)")} at time zone 'UTC', {instant})"),
            ParameterKind.String => ("string", descending ? "max(x.norm)" : "min(x.norm)"),
            ParameterKind.Token => ("token", descending ? "max(x.code)" : "min(x.code)"),
            ParameterKind.Uri => ("uri", descending ? "max(x.value)" : "min(x.value)"),
            ParameterKind.Reference => ("reference", descending ? "max(x.target_id)" : "min(x.target_id)"),
            _ => ("", ""),
        };
        if (table.Length == 0) return Problem.Invalid($"Sorting by '{code}' is not supported.", "_sort", "not-supported");
        var number = query.Add(p.Number);
        return new Sort(descending)
        {
            Key = $"coalesce(s.key, '{(descending ? "" : Last)}') collate \"C\"",
            Join = $" left join lateral (select {value} collate \"C\" as key from fhir.{table} x where x.tenant = $1 and x.rid = r.rid and x.param = {number}) s on true",
        };
    }

    /// <summary>Continues behind the last row of the page before.</summary>
    public Problem? After(SearchQuery query, string cursor)
    {
        var bar = cursor.LastIndexOf('|');
        if (!long.TryParse(cursor.AsSpan(bar + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var rid)) return Problem.Invalid("The page link is not one of ours. Start the search again.", "_cursor");
        if (byRow) query.And($"r.rid > {query.Add(rid)}");
        else query.And($"({Key}, r.rid) {(descending ? "<" : ">")} ({query.Add(cursor[..bar])}, {query.Add(rid)})");
        return null;
    }
}
