using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;
using Npgsql;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>
/// http://hl7.org/fhir/uv/bulkdata/export.html: one file per type, in the order of the rows, a step of some hundred at a time;
/// stored bytes to file, never all in memory.
/// What it promises: every resource that was there when the export was asked for and is still there when its turn comes is
/// in it once, in a version at least as new. One written while it runs may be in it.
/// </summary>
internal sealed class Exporting(Db db, BulkJobs jobs, BulkFiles files, BulkSettings settings, FhirSettings fhir, AccessLog audit)
{
    /// <summary>A transaction that was open when the last export was asked for has an earlier time than its commit: looked at once more.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    public static string FileOf(BulkPart part) => $"{part.N}.ndjson";

    /// <returns>Null when it is done.</returns>
    public async Task<Problem?> Run(BulkJob job, CancellationToken stop)
    {
        foreach (var part in await jobs.PartsOf(job, stop))
        {
            if (part.Done) continue;
            if (await Part(job, part, stop) is { } problem) return problem;
        }
        return null;
    }

    private async Task<Problem?> Part(BulkJob job, BulkPart part, CancellationToken stop)
    {
        await using var file = files.Append(job.Tenant, job.Id, FileOf(part), part.Bytes);
        await audit.Record(new(job.Tenant, db.Clock.GetUtcNow(), job.Rights.Actor, "search", part.Type!, null, 200), stop);
        while (!part.Done)
        {
            var reach = job.Rights.On(part.Type!, "rs");
            if (!reach.Ok) return reach.Problem;
            var query = Query(job, part);
            if (!query.Ok) return query.Problem;
            var (rows, last) = await Step(job, query.Value, file, stop);
            await file.FlushAsync(stop);
            file.Flush(flushToDisk: true);
            part = part with { Rows = part.Rows + rows, Position = last ?? part.Position, Bytes = file.Length, Done = rows < settings.Step };
            if (!await db.In(job.Tenant, Actor.Product, tx => BulkWork.Note(tx, job, part), stop)) return BulkWork.Lost;
        }
        return null;
    }

    private async Task<(int Rows, long? Last)> Step(BulkJob job, NpgsqlBatchCommand query, FileStream file, CancellationToken stop)
    {
        await using var link = await ReadLink.Open(db, job.Tenant, null, stop);
        await using var batch = link.Batch();
        batch.BatchCommands.Add(query);
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        var (rows, last) = (0, (long?)null);
        while (await reader.ReadAsync(stop))
        {
            last = reader.GetInt64(0);
            await file.WriteAsync(reader.GetFieldValue<byte[]>(1), stop);
            file.WriteByte((byte)'\n');
            rows++;
        }
        return (rows, last);
    }

    private Outcome<NpgsqlBatchCommand> Query(BulkJob job, BulkPart part)
    {
        var built = SearchQuery.Build(new SearchOf(job.Tenant, fhir.Base, job.Rights.Caller(job.Tenant), [part.Type!]), Conditions.Parse(part.Criteria ?? ""), strict: true);
        if (!built.Ok) return built.Problem;
        var (query, args) = (built.Value, built.Value.Args);
        var where = $"{query.Where} and r.rid > {args.Add(part.Position)}";
        if (job.Since is { } since) where += $" and r.updated >= {args.Add(since - Overlap)}";
        if (job.Level == "group" && part.Type == "Patient") where += $" and r.id = any({args.Add(job.Patients!)})";
        else if (job.Level != "system" && part.Type != "Patient")
        {
            where += $" and exists (select from fhir.reference x where x.tenant = $1 and x.rid = r.rid and x.param = any({args.Add(Compartment.Numbers("Patient", [part.Type!]))}) and x.target_type = {args.Add(ResourceTypes.Number("Patient"))}"
                + $"{(job.Level == "group" ? $" and x.target_id = any({args.Add(job.Patients!)})" : "")})";
        }
        return args.Command($"select r.rid, r.body from fhir.resource r where {where} order by r.rid limit {settings.Step}");
    }
}
