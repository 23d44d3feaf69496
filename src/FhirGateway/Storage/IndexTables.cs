using HealthTeams.FhirGateway.Search;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>One index table: its two statements, and how rows become their arrays.</summary>
internal sealed class IndexTable<T>
{
    public string Insert { get; }
    public string Delete { get; }
    public Func<T, int> Param { get; }
    private readonly Func<List<(long Rid, T Row)>, NpgsqlParameter>[] columns;

    public IndexTable(string name, Func<T, int> param, params (string Name, string Type, bool Nullable, Func<List<(long Rid, T Row)>, NpgsqlParameter> Values)[] columns)
    {
        Param = param;
        this.columns = [.. columns.Select(c => c.Values)];
        var names = string.Join(", ", columns.Select(c => c.Name));
        var unnest = $"unnest($2::int[], $3::bigint[], {string.Join(", ", columns.Select((c, i) => $"${i + 4}::{c.Type}[]"))}) as x (param, rid, {names})";
        Insert = $"insert into fhir.{name} (tenant, param, rid, {names}) select $1, x.param, x.rid, {string.Join(", ", columns.Select(c => $"x.{c.Name}"))} from {unnest}";
        var same = string.Join(" and ", columns.Select(c => c.Nullable ? $"t.{c.Name} is not distinct from x.{c.Name}" : $"t.{c.Name} = x.{c.Name}"));
        Delete = $"delete from fhir.{name} t using {unnest} where t.tenant = $1 and t.rid = x.rid and t.param = x.param and {same}";
    }

    public NpgsqlBatchCommand Command(string sql, int tenant, List<(long Rid, T Row)> rows)
    {
        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters = { new() { Value = tenant }, new() { Value = rows.Select(r => Param(r.Row)).ToArray() }, new() { Value = rows.Select(r => r.Rid).ToArray() } },
        };
        foreach (var column in columns) command.Parameters.Add(column(rows));
        return command;
    }
}

/// <summary>The tables of Storage/0110_fhir.sql that hold what searches look at.</summary>
internal static class IndexTables
{
    public static readonly IndexTable<TokenRow> Token = new("token", t => t.Param, Text<TokenRow>("system", t => t.System), Need<TokenRow>("code", t => t.Code), Text<TokenRow>("text", t => t.Text));
    public static readonly IndexTable<StringRow> String = new("string", s => s.Param, Need<StringRow>("norm", s => s.Norm), Need<StringRow>("exact", s => s.Exact));

    public static readonly IndexTable<DateRow> Date = new("date", d => d.Param,
        ("lo", "timestamptz", false, Of<DateRow, DateTimeOffset>(d => d.Lo, NpgsqlDbType.TimestampTz)), ("hi", "timestamptz", false, Of<DateRow, DateTimeOffset>(d => d.Hi, NpgsqlDbType.TimestampTz)));

    public static readonly IndexTable<ReferenceRow> Reference = new("reference", r => r.Param,
        ("target_type", "smallint", true, Of<ReferenceRow, short?>(r => r.TargetType, NpgsqlDbType.Smallint)), Need<ReferenceRow>("target_id", r => r.TargetId));

    public static readonly IndexTable<QuantityRow> Quantity = new("quantity", q => q.Param,
        Number<QuantityRow>("lo", q => q.Lo), Number<QuantityRow>("hi", q => q.Hi), Number<QuantityRow>("low", q => q.Low), Number<QuantityRow>("high", q => q.High),
        Text<QuantityRow>("system", q => q.System), Text<QuantityRow>("code", q => q.Code), Text<QuantityRow>("unit", q => q.Unit));

    public static readonly IndexTable<UriRow> Uri = new("uri", u => u.Param, Need<UriRow>("value", u => u.Value));

    public static readonly IndexTable<CompositeRow> Composite = new("composite", c => c.Param,
        Text<CompositeRow>("a_system", c => c.System), Need<CompositeRow>("a_code", c => c.Code), Text<CompositeRow>("b_system", c => c.B.System), Text<CompositeRow>("b_code", c => c.B.Code),
        Number<CompositeRow>("b_lo", c => c.B.Lo), Number<CompositeRow>("b_hi", c => c.B.Hi), Number<CompositeRow>("b_low", c => c.B.Low), Number<CompositeRow>("b_high", c => c.B.High),
        Text<CompositeRow>("b_unit", c => c.B.Unit),
        ("b_from", "timestamptz", true, Of<CompositeRow, DateTimeOffset?>(c => c.B.From, NpgsqlDbType.TimestampTz)), ("b_until", "timestamptz", true, Of<CompositeRow, DateTimeOffset?>(c => c.B.Until, NpgsqlDbType.TimestampTz)),
        Text<CompositeRow>("b_norm", c => c.B.Norm), Text<CompositeRow>("b_exact", c => c.B.Exact),
        ("b_target_type", "smallint", true, Of<CompositeRow, short?>(c => c.B.TargetType, NpgsqlDbType.Smallint)), Text<CompositeRow>("b_target_id", c => c.B.TargetId),
        Number<CompositeRow>("c_lo", c => c.C.Lo), Number<CompositeRow>("c_hi", c => c.C.Hi), Number<CompositeRow>("c_low", c => c.C.Low), Number<CompositeRow>("c_high", c => c.C.High));

    private static (string, string, bool, Func<List<(long, T)>, NpgsqlParameter>) Need<T>(string name, Func<T, string> of) => (name, "text", false, Of(of, NpgsqlDbType.Text));
    private static (string, string, bool, Func<List<(long, T)>, NpgsqlParameter>) Text<T>(string name, Func<T, string?> of) => (name, "text", true, Of(of, NpgsqlDbType.Text));
    private static (string, string, bool, Func<List<(long, T)>, NpgsqlParameter>) Number<T>(string name, Func<T, decimal?> of) => (name, "numeric", true, Of(of, NpgsqlDbType.Numeric));

    private static Func<List<(long Rid, T Row)>, NpgsqlParameter> Of<T, TValue>(Func<T, TValue> of, NpgsqlDbType type) => rows =>
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = of(rows[i].Row);
        return new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    };
}

/// <summary>Rows to take away and to add in one index table.</summary>
internal sealed class Lines<T> where T : struct
{
    private readonly List<(long Rid, T Row)> gone = [];
    private readonly List<(long Rid, T Row)> come = [];

    public void Diff(long rid, HashSet<T>? before, HashSet<T>? after)
    {
        if (before is not null) gone.AddRange(before.Where(r => after?.Contains(r) != true).Select(r => (rid, r)));
        if (after is not null) come.AddRange(after.Where(r => before?.Contains(r) != true).Select(r => (rid, r)));
    }

    public void Write(Tx tx, IndexTable<T> table)
    {
        if (gone.Count > 0) tx.Later(table.Command(table.Delete, tx.Tenant, gone));
        if (come.Count > 0) tx.Later(table.Command(table.Insert, tx.Tenant, come));
    }
}
