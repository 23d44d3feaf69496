using System.Globalization;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Search;

/// <summary>One key of _sort.</summary>
/// <param name="Table">The index table it is read from; null for id and updated of the resource itself.</param>
internal sealed record SortKey(string? Table, string Column, string Param, int Number, NpgsqlDbType Type, bool Descending, bool Single, string ViewOf)
{
    public static Outcome<SortKey> Of(SearchQuery query, string code, bool descending)
    {
        if (code == "_lastUpdated") return new SortKey(null, "updated", "", 0, NpgsqlDbType.TimestampTz, descending, true, "");
        if (code == "_id") return new SortKey(null, "id", "", 0, NpgsqlDbType.Text, descending, true, "");
        if (query.Criteria.Find(query.Of.Types, code) is not { } p) return Problem.Invalid($"{query.Type} has no search parameter '{code}' to sort by.", "_sort", "not-supported");
        var (column, type) = p.Kind switch
        {
            ParameterKind.Date => ("lo", NpgsqlDbType.TimestampTz),
            ParameterKind.String => ("norm", NpgsqlDbType.Text),
            ParameterKind.Token => ("code", NpgsqlDbType.Text),
            ParameterKind.Uri => ("value", NpgsqlDbType.Text),
            ParameterKind.Reference => ("target_id", NpgsqlDbType.Text),
            ParameterKind.Quantity or ParameterKind.Number => ("low", NpgsqlDbType.Numeric),
            _ => ("", NpgsqlDbType.Unknown),
        };
        if (column.Length == 0) return Problem.Invalid($"'{code}' has several values at once or none to sort by.", "_sort", "not-supported");
        var view = p.OnlyTarget is { } target ? $" and {{0}}.target_type = {query.Args.Add(Storage.ResourceTypes.Number(target))}" : p.OnlySystem is { } system ? $" and {{0}}.system = {query.Args.Add(system)}" : "";
        return new SortKey(p.Table, column, query.Criteria.Param(query.Of.Types, p), p.Number, type, descending, p.Single && p.Kind == ParameterKind.Date, view);
    }

    /// <summary>What keeps a view's rows.</summary>
    public string View(string alias) => ViewOf.Replace("{0}", alias, StringComparison.Ordinal);

    /// <summary>The key of a resource, null where it has no value.</summary>
    public string Of(string r) => Table is null ? $"{r}.{Column}"
        : $"(select {(Descending ? "max" : "min")}(s.{Column}) from fhir.{Table} s where s.tenant = $1 and s.rid = {r}.rid and s.{Param}{View("s")})";

    public string? Text(object? value) => value switch
    {
        null => null,
        DateTime at => at.Ticks.ToString(CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    public object? Parse(string? text) => text is null ? null : Type switch
    {
        NpgsqlDbType.TimestampTz => new DateTime(long.Parse(text, CultureInfo.InvariantCulture), DateTimeKind.Utc),
        NpgsqlDbType.Numeric => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        _ => text,
    };
}
