using System.Text.Json;
using Dapper;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Due;
using Npgsql;

namespace HealthTeams.FhirGateway.Search.Own;

/// <summary>
/// Builds the index of a tenant's own parameter while everybody works, a few hundred resources at a time, and takes it away
/// when it is no longer wanted. How far it came is in its row: a restart goes on from there. Each resource is locked while its
/// rows are made, so that they are never those of an older version.
/// </summary>
internal sealed class Reindex(Db db) : IDueSweep
{
    private const int Batch = 500;

    /// <summary>Transactions that began before all hosts knew the parameter are looked at a second time.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var due = await connection.QuerySingleOrDefaultAsync<OwnRow>(new CommandDefinition("""
            select tenant, number, id, type, code, kind, expression, targets, state, since, reached, again, done, total
            from fhir.search_parameter where next_at <= @now order by next_at limit 1 for update skip locked
            """, new { now }, transaction, cancellationToken: stop));
        if (due is null) return 0;
        try
        {
            var done = due.State == "removing" ? await Remove(connection, transaction, due, stop) : await Build(connection, transaction, due, now, stop);
            await transaction.CommitAsync(stop);
            return done;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return 0; // somebody writes these and may wait for our row: let them, and come again
        }
    }

    private async Task<int> Build(NpgsqlConnection connection, NpgsqlTransaction transaction, OwnRow due, DateTimeOffset now, CancellationToken stop)
    {
        var (count, last) = await db.In(due.Tenant, Actor.Product, tx => Build(tx, due), stop);
        var over = count < Batch;
        await connection.ExecuteAsync(new CommandDefinition("""
            update fhir.search_parameter set
              reached = case when @over then 0 else @last end, done = least(total, done + case when again then 0 else @count end),
              again = again or @over, state = case when again and @over then 'ready' else state end, next_at = case when again and @over then null else @now end
            where tenant = @Tenant and number = @Number
            """, new { over, last, count, now, due.Tenant, due.Number }, transaction, cancellationToken: stop));
        return Math.Max(count, 1);
    }

    private static async Task<(int Count, long Last)> Build(Tx tx, OwnRow due)
    {
        await tx.Execute("set local lock_timeout = '2s'");
        var rows = await tx.Query<(long Rid, byte[] Body)>("""
            select r.rid, r.body from fhir.resource r
            where r.tenant = @Tenant and r.type = @type and not r.deleted and r.rid > @Reached and (not @Again or r.updated >= @from)
            order by r.rid limit @Batch for update
            """, new { tx.Tenant, type = ResourceTypes.Number(due.Type), due.Reached, due.Again, from = due.Since - Overlap, Batch });
        if (rows.Count == 0 || due.ToParameter() is not { } parameter) return (0, due.Reached);
        var write = new WriteBatch(tx, new ParameterSet([parameter]));
        foreach (var (rid, body) in rows) write.Own(due.Type, rid, body);
        write.LaterIndex();
        return (rows.Count, rows[^1].Rid);
    }

    private async Task<int> Remove(NpgsqlConnection connection, NpgsqlTransaction transaction, OwnRow due, CancellationToken stop)
    {
        var gone = 0;
        if (due.ToParameter() is { } parameter)
        {
            gone = await db.In(due.Tenant, Actor.Product, async tx =>
            {
                var rows = 0;
                foreach (var (table, param) in OwnRows.Tables(parameter))
                {
                    rows += await tx.Execute($"delete from fhir.{table} where ctid = any(array(select x.ctid from fhir.{table} x where x.tenant = @Tenant and x.param = @param limit 5000)) and tenant = @Tenant", new { tx.Tenant, param });
                }
                return rows;
            }, stop);
        }
        if (gone == 0) await connection.ExecuteAsync(new CommandDefinition("delete from fhir.search_parameter where tenant = @Tenant and number = @Number", new { due.Tenant, due.Number }, transaction, cancellationToken: stop));
        return Math.Max(gone, 1);
    }

    /// <summary>SearchParameter/{id}/$status: how far the index is.</summary>
    public async Task<Interactions.FhirAnswer> Status(Caller caller, string id, CancellationToken stop)
    {
        if (Interactions.FhirAccess.Check(caller, "SearchParameter", 'r') is { Ok: false } no) return Interactions.FhirAnswer.Of(no.Problem);
        var rows = await db.In(caller.Tenant, caller.Actor, tx => tx.Query<OwnRow>(
            "select type, code, state, done, total from fhir.search_parameter where tenant = @Tenant and id = @id order by type, number", new { tx.Tenant, id }), stop);
        if (rows.Count == 0) return Interactions.FhirAnswer.Of(Problem.NotFound($"SearchParameter/{id} is not one that is active."));
        return new Interactions.FhirAnswer(200, Json.FhirJson.Write(w =>
        {
            w.WriteStartObject();
            w.WriteString("resourceType", "Parameters");
            w.WriteStartArray("parameter");
            foreach (var row in rows)
            {
                w.WriteStartObject();
                w.WriteString("name", $"{row.Type}.{row.Code}");
                w.WriteStartArray("part");
                Part(w, "state", x => x.WriteString("valueCode", row.State));
                Part(w, "done", x => x.WriteNumber("valueInteger", row.State == "ready" ? row.Total : row.Done));
                Part(w, "total", x => x.WriteNumber("valueInteger", row.Total));
                w.WriteEndArray();
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        })) { Type = "Parameters" };
    }

    private static void Part(Utf8JsonWriter w, string name, Action<Utf8JsonWriter> value)
    {
        w.WriteStartObject();
        w.WriteString("name", name);
        value(w);
        w.WriteEndObject();
    }
}

/// <summary>$status of a SearchParameter, as the registry knows it.</summary>
internal sealed class ReindexStatus(Reindex reindex) : IOperation
{
    public string Name => "status";
    public string Definition => "https://healthteams.example/fhir/OperationDefinition/search-parameter-status";
    public OperationLevel Levels => OperationLevel.Instance;
    public IReadOnlyList<string> Types { get; } = ["SearchParameter"];

    public Task<Interactions.FhirAnswer> Run(OperationCall call, CancellationToken stop) => reindex.Status(call.Caller, call.Id!, stop);
}
