using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Outbound;
using Npgsql;

namespace HealthTeams.FhirGateway.Bulk;

/// <summary>
/// NDJSON into the store, by the same door as any write: scopes, validation, slices, events. A batch and the place in the file
/// are one transaction, so that whatever is killed, no line is stored twice and none is left out. A line with an id is an
/// update of that id, one without is a create. Lines that are refused go, with the reason, to the errors file.
/// </summary>
internal sealed class Importing(Db db, BulkJobs jobs, BulkFiles files, BulkSettings settings, FhirSettings fhir, Writing writing, WriteEngine engine, OutboundHttp http)
{
    private const int MostLines = 200;
    private const long MostBytes = 4 * 1024 * 1024;

    public static string InputOf(BulkPart part) => $"{part.N}.in.ndjson";
    public static string ErrorsOf(BulkPart part) => $"{part.N}.errors.ndjson";

    /// <returns>Null when it is done.</returns>
    public async Task<Problem?> Run(BulkJob job, CancellationToken stop)
    {
        var caller = job.Rights.Caller(job.Tenant);
        foreach (var planned in await jobs.PartsOf(job, stop))
        {
            if (planned.Done) continue;
            var part = planned;
            if (part.Total is null)
            {
                var fetched = await Fetch(job, part, stop);
                if (!fetched.Ok) return fetched.Problem;
                part = fetched.Value;
            }
            if (await Part(job, caller, part, stop) is { } problem) return problem;
        }
        return null;
    }

    private async Task<Outcome<BulkPart>> Fetch(BulkJob job, BulkPart part, CancellationToken stop)
    {
        await using var file = files.Append(job.Tenant, job.Id, InputOf(part), 0);
        using var request = new HttpRequestMessage(HttpMethod.Get, part.Url);
        request.Headers.Accept.ParseAdd("application/fhir+ndjson");
        if (await http.Download(request, file, settings.ImportLimit, stop) is { } problem) return problem with { Detail = $"{part.Url}: {problem.Detail}" };
        await file.FlushAsync(stop);
        file.Flush(flushToDisk: true);
        part = part with { Total = file.Length };
        return await db.In(job.Tenant, Actor.Product, tx => BulkWork.Note(tx, job, part), stop) ? part : BulkWork.Lost;
    }

    private async Task<Problem?> Part(BulkJob job, Caller caller, BulkPart part, CancellationToken stop)
    {
        await using var input = files.Read(job.Tenant, job.Id, InputOf(part)) ?? throw new IOException("The file to import is not here: all workers need the same DATA_DIR.");
        await using var errors = files.Append(job.Tenant, job.Id, ErrorsOf(part), part.Bytes);
        input.Seek(part.Position, SeekOrigin.Begin);
        var lines = PipeReader.Create(input, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 256 * 1024));
        var (batch, position, ids) = (new List<Item>(), part.Position, new HashSet<(string, string?)>());
        while (true)
        {
            var read = await lines.ReadAsync(stop);
            var buffer = read.Buffer;
            while (Line(ref buffer, read.IsCompleted, out var line))
            {
                position += line.Length;
                var item = Take(caller, part, line.ToArray(), position);
                // The same id twice: one after the other, so that the later line wins.
                if (batch.Count >= MostLines || position - part.Position > MostBytes || (item.Write is { Id: { } id } write && !ids.Add((write.Type, id))))
                {
                    if ((part = await Store(job, caller, part, batch, errors, stop)) is { N: < 0 }) return BulkWork.Lost;
                    (batch, ids) = ([], [(item.Write?.Type ?? "", item.Write?.Id)]);
                }
                batch.Add(item);
            }
            if (buffer.Length > fhir.Limits.Body) return new Problem(413, "too-long", $"A line of the import has more than {fhir.Limits.Body / 1024 / 1024} MB.");
            lines.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted) break;
        }
        part = await Store(job, caller, part, batch, errors, stop);
        if (part.N < 0) return BulkWork.Lost;
        part = part with { Done = true, Position = position };
        return await db.In(job.Tenant, Actor.Product, tx => BulkWork.Note(tx, job, part), stop) ? null : BulkWork.Lost;
    }

    private static bool Line(ref ReadOnlySequence<byte> buffer, bool last, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, buffer.GetPosition(1, end));
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }
        line = buffer;
        if (!last || buffer.IsEmpty) return false;
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    /// <summary>One line: something to write, an error, or nothing.</summary>
    private Item Take(Caller caller, BulkPart part, byte[] line, long end)
    {
        if (line.AsSpan().Trim(" \t\r\n"u8).IsEmpty) return new Item(end, null, null);
        var entry = Entry(caller, part, line.AsMemory().TrimEnd("\r\n"u8));
        return entry.Ok ? new Item(end, entry.Value.Write, entry.Value.Refused) : new Item(end, null, Outcome(entry.Problem));
    }

    private Outcome<(WriteEntry? Write, byte[]? Refused)> Entry(Caller caller, BulkPart part, ReadOnlyMemory<byte> line)
    {
        var parsed = JsonBody.Parse(line);
        if (!parsed.Ok) return parsed.Problem;
        if (FhirJson.Text(parsed.Value, "resourceType") is not { } type) return Problem.Invalid("The line is not a resource: it has no resourceType.", code: "structure");
        if (part.Type is not null && part.Type != type) return Problem.Invalid($"The line is a {type}, the input is of {part.Type}.", "resourceType");
        var id = FhirJson.Text(parsed.Value, "id");
        var (write, no) = writing.Prepare(caller, new FhirRequest { Method = id is null ? "POST" : "PUT", Path = id is null ? [type] : [type, id], Base = fhir.Base, Body = parsed.Value }, null, 0);
        if (write is { Limit.Grants: not null }) return Problem.Forbidden("An import needs scopes that are not limited to a patient.");
        return (write?.Write, no?.Body);
    }

    /// <summary>Lines and the place behind them are stored together or not at all. What is refused is looked for by halves, each with its own place.</summary>
    /// <returns>The part after it; N = -1 when the job is no longer this worker's.</returns>
    private async Task<BulkPart> Store(BulkJob job, Caller caller, BulkPart part, List<Item> items, FileStream errors, CancellationToken stop)
    {
        if (items.Count == 0) return part;
        var stored = await Write(job, caller, part, items, errors, stop);
        if (stored.Ok) return stored.Value;
        if (items.Count == 1) return await Store(job, caller, part, [items[0] with { Write = null, Refused = Outcome(stored.Problem) }], errors, stop);
        var half = items.Count / 2;
        part = await Store(job, caller, part, items[..half], errors, stop);
        return part.N < 0 ? part : await Store(job, caller, part, items[half..], errors, stop);
    }

    private async Task<Outcome<BulkPart>> Write(BulkJob job, Caller caller, BulkPart part, List<Item> items, FileStream errors, CancellationToken stop)
    {
        errors.SetLength(part.Bytes);
        errors.Seek(part.Bytes, SeekOrigin.Begin);
        foreach (var item in items)
        {
            if (item.Refused is null) continue;
            errors.Write(item.Refused);
            errors.WriteByte((byte)'\n');
        }
        errors.Flush(flushToDisk: true);
        var writes = items.Select(i => i.Write).OfType<WriteEntry>().ToList();
        var next = part with { Position = items[^1].End, Rows = part.Rows + writes.Count, Failed = part.Failed + items.Count(i => i.Refused is not null), Bytes = errors.Length };
        try
        {
            return await db.In<Outcome<BulkPart>>(job.Tenant, caller.Actor, async tx =>
            {
                if (!await BulkWork.Note(tx, job, next)) return tx.Abandon<Outcome<BulkPart>>(part with { N = -1 });
                var written = writes.Count == 0 ? default(Outcome<IReadOnlyList<WriteResult>>?) : await engine.Run(tx, writes);
                return written is { Ok: false } refused ? tx.Abandon<Outcome<BulkPart>>(refused.Problem) : next;
            }, stop);
        }
        catch (PostgresException e) when (ProblemMapping.FromPostgres(e) is { } problem)
        {
            return problem;
        }
    }

    private static byte[] Outcome(Problem problem) => FhirOutcome.Body(problem.ToIssue());

    /// <param name="End">Where the line ends in the file.</param>
    /// <param name="Refused">An OperationOutcome.</param>
    private sealed record Item(long End, WriteEntry? Write, byte[]? Refused);
}
