using System.Text.Json;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/http.html#history of an instance, a type or the system. Pages go by time and the number each
/// version got when it was written, so they stay while others write. Transactions end out of order: Bundle.timestamp is the time from
/// which the next poll must ask (_since) to miss none that was still open.
/// </summary>
internal sealed class History(Db db, AccessLog audit, FhirSettings settings)
{
    /// <summary>A transaction that has not written by then waits for nothing but us: a long read.</summary>
    private const int LongestWaitSeconds = 60;

    /// <summary>Between taking the time of a transaction and beginning it.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(1);

    public async Task<FhirAnswer> List(Caller caller, FhirRequest request, string? type, string? id, CancellationToken stop)
    {
        var limit = FhirAccess.Reach(caller, type ?? "*", 'r');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        if (limit.Value.Grants is not null && id is null) return FhirAnswer.Of(Problem.Forbidden("With a patient/ or a narrowed scope only the history of one resource can be read."));
        var asked = HistoryAsk.Read(request.Query, db.Clock.GetUtcNow(), request.Strict, settings.Limits.Page);
        if (!asked.Ok) return FhirAnswer.Of(asked.Problem);

        // Of app state and of what people write to each other the system's history would tell what is another user's.
        string[] types = type is not null ? [type] : [.. ResourceTypes.All.Where(t => !AppState.Of(caller, t) && (t != "Communication" || FhirAccess.Reach(caller, t, 'r') is { Ok: true, Value.Grants: null }))];
        var found = await Read(caller.Tenant, request.Within, types, id, asked.Value, stop);
        if (id is not null && found is { Rows.Count: 0, Total: null or 0 } && !asked.Value.Narrowed) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        // Of a window that holds a deletion only nobody can tell whose it was.
        if (limit.Value.Grants is not null && !found.Rows.Exists(r => r.Stored.Body is not null)) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        if (found.Rows.Exists(r => r.Stored.Body is not null && !FhirAccess.Belongs(limit.Value, ResourceTypes.Name(r.Stored.Type), r.Stored.Id, r.Stored.Body))) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "history", id is null ? type ?? "system" : $"{type}/{id}",
            null, 200), asked.Value.OnlyTotal ? [] : found.Rows.Take(asked.Value.Count).Select(r => r.Stored.Body is { } body ? PatientOf.Resource(ResourceTypes.Name(r.Stored.Type), r.Stored.Id, body) : null), stop);
        if (asked.Value.OnlyTotal) found.Rows.Clear();
        return new FhirAnswer(200, Bundle(request, found, asked.Value)) { Type = "Bundle" };
    }

    private async Task<Page> Read(int tenant, Tx? within, string[] kinds, string? id, HistoryAsk ask, CancellationToken stop)
    {
        var args = new List<NpgsqlParameter>();
        var where = Where(tenant, id, ask, args);
        // One plan serves all values: what is not asked is not in the text, and each type walks its own index.
        var types = P(kinds.Select(ResourceTypes.Number).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Smallint);
        var from = $"unnest({Add(args, types)}::smallint[]) as t (type) cross join lateral";
        await using var link = await ReadLink.Open(db, tenant, within, stop);
        await using var batch = link.Batch();
        Command($"""
            select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
              and (backend_xid is not null or xact_start > clock_timestamp() - interval '{LongestWaitSeconds} seconds')
            """, []);
        if (ask.Total) Command($"select coalesce(sum(n), 0)::bigint from {from} (select count(*) from fhir.resource x where {where} union all select count(*) from fhir.history x where {where}) c (n)", args);
        if (ask.Cursor is { } cursor) where += Beyond(cursor, id, ask.OldestFirst, args);
        // Of one resource the numbers go with the versions, whatever the clocks of two hosts say.
        var order = string.Join(", ", (id is null ? (string[])["updated", "seq"] : ["seq"]).Select(c => ask.OldestFirst ? c : c + " desc"));
        var limit = Add(args, P(ask.Count + 1, NpgsqlDbType.Integer));
        const string columns = "x.type, x.id, x.version, x.updated, x.deleted, x.method, x.body, x.seq";
        Command($"""
            select {columns} from {from} (
              (select {columns} from fhir.resource x where {where} order by {order} limit {limit})
              union all
              (select {columns} from fhir.history x where {where} order by {order} limit {limit})) x
            order by {order} limit {limit}
            """, args);
        var page = new Page { Safe = db.Clock.GetUtcNow() - Skew };
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        if (await reader.ReadAsync(stop)) page.Safe -= TimeSpan.FromSeconds(reader.GetDouble(0));
        await reader.NextResultAsync(stop);
        if (ask.Total)
        {
            await reader.ReadAsync(stop);
            page.Total = reader.GetInt64(0);
            await reader.NextResultAsync(stop);
        }
        while (await reader.ReadAsync(stop))
        {
            page.Rows.Add((new Stored
            {
                Type = reader.GetInt16(0), Id = reader.GetString(1), Version = reader.GetInt32(2), Updated = reader.GetFieldValue<DateTimeOffset>(3),
                Deleted = reader.GetBoolean(4), Method = reader.GetString(5), Body = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
            }, reader.GetInt64(7)));
        }
        return page;

        void Command(string sql, List<NpgsqlParameter> with)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var p in with) command.Parameters.Add(p.Clone());
            batch.BatchCommands.Add(command);
        }
    }

    private static string Where(int tenant, string? id, HistoryAsk ask, List<NpgsqlParameter> args)
    {
        var where = $"x.tenant = {Add(args, P(tenant, NpgsqlDbType.Integer))} and x.type = t.type";
        if (id is not null) where += $" and x.id = {Add(args, P(id, NpgsqlDbType.Text))}";
        if (ask.Since is { } since) where += $" and x.updated >= {Add(args, P(since, NpgsqlDbType.TimestampTz))}";
        if (ask.Before is { } before) where += $" and x.updated < {Add(args, P(before, NpgsqlDbType.TimestampTz))}";
        if (ask.At is not { } at) return where;
        // A version was current until the next one came, a deleted one at the moment of its deletion only.
        var lo = Add(args, P(at.Lo, NpgsqlDbType.TimestampTz));
        return where + $"""
             and x.updated < {Add(args, P(at.Hi, NpgsqlDbType.TimestampTz))} and (x.updated >= {lo} or (not x.deleted and {lo} < coalesce(
              (select n.updated from fhir.resource n where n.tenant = x.tenant and n.type = x.type and n.id = x.id and n.version = x.version + 1),
              (select n.updated from fhir.history n where n.tenant = x.tenant and n.type = x.type and n.id = x.id and n.version = x.version + 1), 'infinity')))
            """;
    }

    private static string Beyond((DateTimeOffset Updated, long Seq) cursor, string? id, bool oldestFirst, List<NpgsqlParameter> args)
    {
        var (than, seq) = (oldestFirst ? ">" : "<", Add(args, P(cursor.Seq, NpgsqlDbType.Bigint)));
        return id is null ? $" and (x.updated, x.seq) {than} ({Add(args, P(cursor.Updated, NpgsqlDbType.TimestampTz))}, {seq})" : $" and x.seq {than} {seq}";
    }

    private static string Add(List<NpgsqlParameter> args, NpgsqlParameter value)
    {
        args.Add(value);
        return $"${args.Count}";
    }

    private static NpgsqlParameter P(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static byte[] Bundle(FhirRequest request, Page page, HistoryAsk ask) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "history");
        w.WriteString("timestamp", FhirJson.Instant(page.Safe));
        if (page.Total is { } total) w.WriteNumber("total", total);
        w.WriteStartArray("link");
        var self = $"{request.Base}/{string.Join('/', request.Path)}";
        FhirJson.Link(w, "self", request.Query.Length > 0 ? $"{self}?{request.Query}" : self);
        if (page.Rows.Count > ask.Count)
        {
            var others = string.Join('&', Conditions.Parse(request.Query).Where(q => q.Name != "_cursor").Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
            FhirJson.Link(w, "next", $"{self}?{(others.Length > 0 ? others + "&" : "")}_cursor={HistoryAsk.Mark(page.Rows[ask.Count - 1].Stored.Updated, page.Rows[ask.Count - 1].Seq)}");
        }
        w.WriteEndArray();
        if (page.Rows.Count > 0)
        {
            w.WriteStartArray("entry");
            foreach (var (row, _) in page.Rows.Take(ask.Count)) Entry(w, request.Base, row);
            w.WriteEndArray();
        }
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

    private sealed class Page
    {
        public List<(Stored Stored, long Seq)> Rows { get; } = [];
        public long? Total { get; set; }
        public DateTimeOffset Safe { get; set; }
    }
}
