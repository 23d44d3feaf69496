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
    private readonly Lines<CompositeRow> composites = new();

    public void Add(short type, string id, long rid, int version, string method, byte[]? body, bool isNew, IndexRows? before, IndexRows? after)
    {
        rows.Add((type, id, rid, version, method, body, isNew));
        tokens.Diff(rid, before?.Tokens, after?.Tokens);
        strings.Diff(rid, before?.Strings, after?.Strings);
        dates.Diff(rid, before?.Dates, after?.Dates);
        references.Diff(rid, before?.References, after?.References);
        quantities.Diff(rid, before?.Quantities, after?.Quantities);
        uris.Diff(rid, before?.Uris, after?.Uris);
        composites.Diff(rid, before?.Composites, after?.Composites);
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
        tokens.Write(tx, IndexTables.Token);
        strings.Write(tx, IndexTables.String);
        dates.Write(tx, IndexTables.Date);
        references.Write(tx, IndexTables.Reference);
        quantities.Write(tx, IndexTables.Quantity);
        uris.Write(tx, IndexTables.Uri);
        composites.Write(tx, IndexTables.Composite);
    }

    private static NpgsqlParameter P(object value) => new() { Value = value };
}
