using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#history of an instance, a type or the system, newest first.</summary>
internal sealed class History(Db db, AccessLog audit)
{
    public async Task<FhirAnswer> List(Caller caller, FhirRequest request, string? type, string? id, CancellationToken stop)
    {
        var limit = FhirAccess.Reach(caller, type ?? "*", 'r');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        if (limit.Value.Grants is not null && id is null) return FhirAnswer.Of(Problem.Forbidden("With a patient/ or a narrowed scope only the history of one resource can be read."));
        var query = Conditions.Parse(request.Query).ToList();
        var count = query.FirstOrDefault(q => q.Name == "_count").Value is { } c ? SearchValue.Count(c) : Searching.DefaultCount;
        if (count is not > 0) return FhirAnswer.Of(Problem.Invalid("_count must be a positive number.", "_count"));
        var size = Math.Min(count.Value, Searching.MaxCount);
        DateTimeOffset? since = null, before = null;
        if (query.FirstOrDefault(q => q.Name == "_since").Value is { } s && (since = DateRange.Parse(s)?.Lo) is null) return FhirAnswer.Of(Problem.Invalid($"'{s}' is not an instant.", "_since"));
        if (query.FirstOrDefault(q => q.Name == "_before").Value is { } b && (before = DateRange.Parse(b)?.Lo) is null) return FhirAnswer.Of(Problem.Invalid($"'{b}' is not an instant.", "_before"));
        if (before > db.Clock.GetUtcNow()) return FhirAnswer.Of(Problem.Invalid("_before lies in the future: pages would change while they are read.", "_before"));
        if (query.Exists(q => q.Name == "_at")) return FhirAnswer.Of(Problem.Invalid("_at is not supported; use _since and _before.", "_at", "not-supported"));
        long? below = query.FirstOrDefault(q => q.Name == "_cursor").Value is { } cursor
            ? long.TryParse(cursor, out var seq) ? seq : -1 : null;

        var rows = await Read(caller.Tenant, request.Within, type, id, since, before, below, size + 1, stop);
        if (id is not null && rows.Count == 0 && below is null && since is null && before is null) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        // Of a window that holds a deletion only nobody can tell whose it was.
        if (limit.Value.Grants is not null && !rows.Exists(r => r.Stored.Body is not null)) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        if (rows.Exists(r => r.Stored.Body is not null && !FhirAccess.Belongs(limit.Value, ResourceTypes.Name(r.Stored.Type), r.Stored.Id, r.Stored.Body))) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "history", id is null ? type ?? "system" : $"{type}/{id}",
            id is null ? null : rows.Select(r => r.Stored.Body is { } body ? PatientOf.Resource(type!, id, body) : null).FirstOrDefault(p => p is not null), 200), stop);
        return new FhirAnswer(200, Bundle(request, rows, size)) { Type = "Bundle" };
    }

    private async Task<List<(Stored Stored, long Seq)>> Read(int tenant, Tx? within, string? type, string? id, DateTimeOffset? since, DateTimeOffset? before, long? below, int limit, CancellationToken stop)
    {
        const string filter = """
            tenant = $1 and ($2::smallint is null or type = $2) and ($3::text is null or id = $3)
              and ($4::timestamptz is null or updated >= $4) and ($5::timestamptz is null or updated < $5) and ($6::bigint is null or seq < $6)
            """;
        await using var link = await ReadLink.Open(db, tenant, within, stop);
        await using var batch = link.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            select type, id, version, updated, deleted, method, body, seq from (
              (select type, id, version, updated, deleted, method, body, seq from fhir.resource where {filter} order by seq desc limit $7)
              union all
              (select type, id, version, updated, deleted, method, body, seq from fhir.history where {filter} order by seq desc limit $7)) h
            order by seq desc limit $7
            """)
        {
            Parameters =
            {
                new() { Value = tenant }, P(type is null ? null : ResourceTypes.Number(type), NpgsqlDbType.Smallint), P(id, NpgsqlDbType.Text),
                P(since, NpgsqlDbType.TimestampTz), P(before, NpgsqlDbType.TimestampTz), P(below, NpgsqlDbType.Bigint), new() { Value = limit },
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        var rows = new List<(Stored, long)>();
        while (await reader.ReadAsync(stop))
        {
            rows.Add((new Stored
            {
                Type = reader.GetInt16(0), Id = reader.GetString(1), Version = reader.GetInt32(2), Updated = reader.GetFieldValue<DateTimeOffset>(3),
                Deleted = reader.GetBoolean(4), Method = reader.GetString(5), Body = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
            }, reader.GetInt64(7)));
        }
        return rows;
    }

    private static NpgsqlParameter P(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static byte[] Bundle(FhirRequest request, List<(Stored Stored, long Seq)> rows, int size) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "history");
        w.WriteStartArray("link");
        var self = $"{request.Base}/{string.Join('/', request.Path)}";
        FhirJson.Link(w, "self", request.Query.Length > 0 ? $"{self}?{request.Query}" : self);
        if (rows.Count > size)
        {
            var others = string.Join('&', Conditions.Parse(request.Query).Where(q => q.Name != "_cursor").Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
            FhirJson.Link(w, "next", $"{self}?{(others.Length > 0 ? others + "&" : "")}_cursor={rows[size - 1].Seq}");
        }
        w.WriteEndArray();
        w.WriteStartArray("entry");
        foreach (var (row, _) in rows.Take(size)) Entry(w, request.Base, row);
        w.WriteEndArray();
        w.WriteEndObject();
    });

    private static void Entry(Utf8JsonWriter w, string server, Stored row)
    {
        var type = ResourceTypes.Name(row.Type);
        w.WriteStartObject();
        w.WriteString("fullUrl", $"{server}/{type}/{row.Id}");
        if (row.Body is not null)
        {
            w.WritePropertyName("resource");
            w.WriteRawValue(row.Body, skipInputValidation: true);
        }
        w.WriteStartObject("request");
        w.WriteString("method", row.Method);
        w.WriteString("url", row.Method == "POST" ? type : $"{type}/{row.Id}");
        w.WriteEndObject();
        w.WriteStartObject("response");
        w.WriteString("status", row.Method switch { "DELETE" => "204", _ when row.Version == 1 => "201", _ => "200" });
        w.WriteString("etag", ETags.Of(row.Version));
        w.WriteString("lastModified", FhirJson.Instant(row.Updated));
        w.WriteEndObject();
        w.WriteEndObject();
    }
}
