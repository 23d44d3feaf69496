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

    public static async Task<JsonElement?> Body(Tx tx, string reference)
    {
        var (type, id) = Reference.Split(reference);
        if (type is null) return null;
        var body = await tx.Scalar<byte[]>("select body from fhir.resource where tenant = @Tenant and type = @type and id = @id and not deleted",
            new { tx.Tenant, type = ResourceTypes.Number(type), id });
        return body is null ? null : JsonDocument.Parse(body).RootElement;
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
