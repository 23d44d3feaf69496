using System.Text.Json;
using HealthTeams.FhirGateway.Search;
using Npgsql;

namespace HealthTeams.FhirGateway.Storage;

/// <summary>Reads of stored versions: one round trip each, bytes as they lie.</summary>
internal static class ResourceReads
{
    /// <summary>The current version; row-level security's tenant and the read travel in one batch.</summary>
    public static Task<Stored?> Current(ReadLink link, int tenant, string type, string id, CancellationToken stop) => One(link, """
        select type, id, rid, version, updated, deleted, method, body from fhir.resource where tenant = $1 and type = $2 and id = $3
        """, [new() { Value = tenant }, new() { Value = ResourceTypes.Number(type) }, new() { Value = id }], stop);

    public static Task<Stored?> Version(ReadLink link, int tenant, string type, string id, int version, CancellationToken stop) => One(link, """
        select type, id, rid, version, updated, deleted, method, body from fhir.resource where tenant = $1 and type = $2 and id = $3 and version = $4
        union all
        select type, id, 0, version, updated, deleted, method, body from fhir.history where tenant = $1 and type = $2 and id = $3 and version = $4
        """, [new() { Value = tenant }, new() { Value = ResourceTypes.Number(type) }, new() { Value = id }, new() { Value = version }], stop);

    /// <param name="toChange">Locked until the transaction ends: what is written next is made from the newest version, and nobody's change is lost.</param>
    public static async Task<JsonElement?> Body(Tx tx, string reference, bool toChange = false)
    {
        var (type, id) = Reference.Split(reference);
        if (type is null) return null;
        var body = await tx.Scalar<byte[]>($"select body from fhir.resource where tenant = @Tenant and type = @type and id = @id and not deleted{(toChange ? " for update" : "")}",
            new { tx.Tenant, type = ResourceTypes.Number(type), id });
        return body is null ? null : JsonDocument.Parse(body).RootElement;
    }

    /// <summary>The current bodies that these references mean; foreign and missing ones are left out.</summary>
    public static async Task<Dictionary<string, JsonElement>> Bodies(Tx tx, IEnumerable<string> references)
    {
        var local = references.Select(r => (Text: r, To: Reference.Split(r))).Where(r => r.To.Type is not null).ToList();
        if (local.Count == 0) return new(StringComparer.Ordinal);
        var rows = await tx.Query<(string Reference, byte[] Body)>("""
            select x.reference, r.body
            from unnest(@references, @types, @ids) as x (reference, type, id)
            cross join lateral (select * from fhir.resource r where r.tenant = @Tenant and r.type = x.type and r.id = x.id offset 0) r
            where not r.deleted
            """, new
        {
            tx.Tenant, references = local.Select(r => r.Text).ToArray(), types = local.Select(r => ResourceTypes.Number(r.To.Type!)).ToArray(), ids = local.Select(r => r.To.Id).ToArray(),
        });
        return rows.ToDictionary(r => r.Reference, r => JsonDocument.Parse(r.Body).RootElement, StringComparer.Ordinal);
    }

    private static async Task<Stored?> One(ReadLink link, string sql, NpgsqlParameter[] parameters, CancellationToken stop)
    {
        await using var batch = link.Batch();
        var command = new NpgsqlBatchCommand(sql);
        foreach (var p in parameters) command.Parameters.Add(p);
        batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        if (!await reader.ReadAsync(stop)) return null;
        return new Stored
        {
            Type = reader.GetInt16(0), Id = reader.GetString(1), Rid = reader.GetInt64(2), Version = reader.GetInt32(3),
            Updated = reader.GetFieldValue<DateTimeOffset>(4), Deleted = reader.GetBoolean(5), Method = reader.GetString(6),
            Body = reader.IsDBNull(7) ? null : reader.GetFieldValue<byte[]>(7),
        };
    }
}
