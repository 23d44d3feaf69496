using HealthTeams.FhirGateway.Search;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>
/// All rows of a write in one round trip: resources, replaced versions, and the difference of the index rows, each as one
/// unnest over the whole bundle.
/// </summary>
internal sealed class WriteBatch(Tx tx)
{
    private readonly List<(short Type, string Id, long Rid, int Version, string Method, byte[]? Body, bool IsNew)> rows = [];
    private readonly Lines<TokenRow> tokens = new();
    private readonly Lines<StringRow> strings = new();
    private readonly Lines<DateRow> dates = new();
    private readonly Lines<ReferenceRow> references = new();
    private readonly Lines<QuantityRow> quantities = new();
    private readonly Lines<UriRow> uris = new();

    public void Add(short type, string id, long rid, int version, string method, byte[]? body, bool isNew, IndexRows? before, IndexRows? after)
    {
        rows.Add((type, id, rid, version, method, body, isNew));
        tokens.Diff(rid, before?.Tokens, after?.Tokens);
        strings.Diff(rid, before?.Strings, after?.Strings);
        dates.Diff(rid, before?.Dates, after?.Dates);
        references.Diff(rid, before?.References, after?.References);
        quantities.Diff(rid, before?.Quantities, after?.Quantities);
        uris.Diff(rid, before?.Uris, after?.Uris);
    }

    /// <summary>Travels with the transaction's next round trip.</summary>
    public void Later(DateTimeOffset updated)
    {
        var added = rows.Where(r => r.IsNew).ToList();
        var changed = rows.Where(r => !r.IsNew).ToList();
        if (added.Count > 0)
        {
            Command("""
                insert into fhir.resource (tenant, type, id, rid, version, updated, deleted, method, body)
                select $1, r.type, r.id, r.rid, r.version, $2, r.body is null, r.method, r.body
                from unnest($3::smallint[], $4::text[], $5::bigint[], $6::int[], $7::text[], $8::bytea[]) as r (type, id, rid, version, method, body)
                """, updated, added);
        }
        if (changed.Count > 0)
        {
            tx.Later(new NpgsqlBatchCommand("""
                insert into fhir.history (tenant, type, id, version, seq, updated, deleted, method, body)
                select r.tenant, r.type, r.id, r.version, r.seq, r.updated, r.deleted, r.method, r.body
                from fhir.resource r join unnest($2::smallint[], $3::text[]) as c (type, id) on c.type = r.type and c.id = r.id
                where r.tenant = $1
                """)
            {
                Parameters = { P(tx.Tenant), P(changed.Select(c => c.Type).ToArray()), P(changed.Select(c => c.Id).ToArray()) },
            });
            Command("""
                update fhir.resource r set version = c.version, seq = nextval('fhir.seq'), updated = $2, deleted = c.body is null, method = c.method, body = c.body
                from unnest($3::smallint[], $4::text[], $5::bigint[], $6::int[], $7::text[], $8::bytea[]) as c (type, id, rid, version, method, body)
                where r.tenant = $1 and r.type = c.type and r.id = c.id
                """, updated, changed);
        }
        Index();
    }

    private void Command(string sql, DateTimeOffset updated, List<(short Type, string Id, long Rid, int Version, string Method, byte[]? Body, bool IsNew)> of) =>
        tx.Later(new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                P(tx.Tenant), P(updated), P(of.Select(r => r.Type).ToArray()), P(of.Select(r => r.Id).ToArray()), P(of.Select(r => r.Rid).ToArray()),
                P(of.Select(r => r.Version).ToArray()), P(of.Select(r => r.Method).ToArray()),
                new() { Value = of.Select(r => r.Body).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            },
        });

    private void Index()
    {
        tokens.Write(tx, "token", "system text, code text", "system", t => t.Param,
            l => [Texts(l.Select(x => x.System)), P(l.Select(x => x.Code).ToArray())]);
        strings.Write(tx, "string", "norm text, exact text", null, s => s.Param,
            l => [P(l.Select(x => x.Norm).ToArray()), P(l.Select(x => x.Exact).ToArray())]);
        dates.Write(tx, "date", "lo timestamptz, hi timestamptz", null, d => d.Param,
            l => [P(l.Select(x => x.Lo).ToArray()), P(l.Select(x => x.Hi).ToArray())]);
        references.Write(tx, "reference", "target_type smallint, target_id text", "target_type", r => r.Param,
            l => [new() { Value = l.Select(x => x.TargetType).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint }, P(l.Select(x => x.TargetId).ToArray())]);
        quantities.Write(tx, "quantity", "lo numeric, hi numeric, system text, code text", "system,code", q => q.Param,
            l => [P(l.Select(x => x.Lo).ToArray()), P(l.Select(x => x.Hi).ToArray()), Texts(l.Select(x => x.System)), Texts(l.Select(x => x.Code))]);
        uris.Write(tx, "uri", "value text", null, u => u.Param, l => [P(l.Select(x => x.Value).ToArray())]);
    }

    private static NpgsqlParameter P(object value) => new() { Value = value };
    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    /// <summary>Rows to take away and to add in one index table.</summary>
    private sealed class Lines<T> where T : struct
    {
        private readonly List<(long Rid, T Row)> gone = [];
        private readonly List<(long Rid, T Row)> come = [];

        public void Diff(long rid, HashSet<T>? before, HashSet<T>? after)
        {
            if (before is not null) gone.AddRange(before.Where(r => after?.Contains(r) != true).Select(r => (rid, r)));
            if (after is not null) come.AddRange(after.Where(r => before?.Contains(r) != true).Select(r => (rid, r)));
        }

        public void Write(Tx tx, string table, string columns, string? nullable, Func<T, int> param, Func<List<T>, NpgsqlParameter[]> values)
        {
            var names = columns.Split(", ").Select(c => c.Split(' ')[0]).ToArray();
            var arrays = string.Join(", ", columns.Split(", ").Select((c, i) => $"${i + 4}::{c.Split(' ')[1]}[]"));
            var unnest = $"unnest($2::int[], $3::bigint[], {arrays}) as x (param, rid, {string.Join(", ", names)})";
            var nullables = nullable?.Split(',') ?? [];
            if (gone.Count > 0)
            {
                var same = string.Join(" and ", names.Select(n => nullables.Contains(n) ? $"t.{n} is not distinct from x.{n}" : $"t.{n} = x.{n}"));
                Add($"delete from fhir.{table} t using {unnest} where t.tenant = $1 and t.rid = x.rid and t.param = x.param and {same}", gone);
            }
            if (come.Count > 0)
            {
                Add($"insert into fhir.{table} (tenant, param, rid, {string.Join(", ", names)}) select $1, x.param, x.rid, {string.Join(", ", names.Select(n => $"x.{n}"))} from {unnest}", come);
            }

            void Add(string sql, List<(long Rid, T Row)> lines)
            {
                var command = new NpgsqlBatchCommand(sql);
                command.Parameters.Add(P(tx.Tenant));
                command.Parameters.Add(P(lines.Select(l => param(l.Row)).ToArray()));
                command.Parameters.Add(P(lines.Select(l => l.Rid).ToArray()));
                foreach (var v in values([.. lines.Select(l => l.Row)])) command.Parameters.Add(v);
                tx.Later(command);
            }
        }
    }
}
