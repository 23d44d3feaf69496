using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Dapper;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.Platform.Audit;

/// <summary>One read of a patient's data.</summary>
/// <param name="Action">"read", "vread", "search", "history", "view".</param>
/// <param name="Subject">e.g. "Patient/12", "Appointment", "visit/0199…".</param>
/// <param name="Outcome">HTTP status.</param>
public sealed record Access(
    int Tenant, DateTimeOffset At, Actor Actor, string Action, string Subject, string? Patient, short Outcome);

/// <summary>
/// The record of reads. Kept within 200 ms, in batches that are chained by hash per tenant, so that a row taken out
/// later shows; what a power failure may cost is that window, and the administrator's guide says so.
/// When the database is away the rows wait in memory; when too many wait, readers wait with them.
/// </summary>
public sealed class AccessLog(Db db, ILogger<AccessLog> log) : BackgroundService
{
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);
    private const string Name = "The record of reads";
    private const int Waiting = 100_000;
    private readonly Channel<Access> queue = Channel.CreateBounded<Access>(new BoundedChannelOptions(Waiting) { SingleReader = true });

    private readonly Queue<Batch> taken = new();

    public ValueTask Record(Access access, CancellationToken stop) =>
        queue.Writer.TryWrite(access) ? ValueTask.CompletedTask : queue.Writer.WriteAsync(access, stop);

    /// <summary>One record for each patient that was shown; one without a patient when none was.</summary>
    public async ValueTask Record(Access access, IEnumerable<string?> patients, CancellationToken stop)
    {
        var shown = patients.OfType<string>().Distinct().ToList();
        if (shown.Count == 0) await Record(access, stop);
        foreach (var patient in shown) await Record(access with { Patient = patient }, stop);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Endless.Run(Name, async stop =>
        {
            if (taken.Count == 0)
            {
                await queue.Reader.WaitToReadAsync(stop);
                await Task.Delay(Window / 2, stop);
            }
            await Keep();
        }, log, stoppingToken);

        // What was read is still recorded on an orderly stop, all of it; a database that is away then gets less than the host's half minute.
        for (var failures = 0; (taken.Count > 0 || queue.Reader.Count > 0) && failures < 20;)
        {
            if (await Endless.Once(Name, _ => Keep(), log, CancellationToken.None)) continue;
            failures++;
            await Task.Delay(Endless.Pause, CancellationToken.None);
        }
        var lost = queue.Reader.Count + taken.Sum(b => b.Rows.Count);
        if (lost > 0) log.LogError("{Count} reads were not recorded: the database stayed away until the end", lost);
    }

    /// <summary>Writes what was taken; it is forgotten only when it is written. Never cancelled halfway.</summary>
    private async Task Keep()
    {
        if (taken.Count == 0) Take();
        while (taken.TryPeek(out var batch))
        {
            try
            {
                await db.In(batch.Tenant, Actor.Product, tx => Write(tx, batch), CancellationToken.None);
                taken.Dequeue();
            }
            catch (PostgresException e) when (e.SqlState.StartsWith("22", StringComparison.Ordinal))
            {
                // A value that no column takes would hold up all others for ever: found by halves and named here.
                taken.Dequeue();
                if (batch.Rows.Count == 1) log.LogError(e, "The read of {Subject} by {Actor} cannot be recorded", batch.Rows[0].Subject, batch.Rows[0].Actor.Id);
                else foreach (var half in batch.Rows.Chunk((batch.Rows.Count + 1) / 2)) taken.Enqueue(New(batch.Tenant, half));
            }
        }
    }

    private void Take()
    {
        var rows = new List<Access>();
        while (rows.Count < 5000 && queue.Reader.TryRead(out var row)) rows.Add(row);
        foreach (var tenant in rows.GroupBy(r => r.Tenant)) taken.Enqueue(New(tenant.Key, [.. tenant]));
    }

    private Batch New(int tenant, IReadOnlyList<Access> rows) => new(Guid.CreateVersion7(db.Clock.GetUtcNow()), tenant, rows);

    private static async Task Write(Tx tx, Batch batch)
    {
        // One chain per tenant: the lock keeps two hosts from forking it.
        Locks.Take(tx, "access-chain");
        // Committed, but the answer was lost on the way: it is there already.
        if (await tx.Scalar<bool>("select exists (select from platform.access_batch where tenant = @Tenant and id = @Id)", new { tx.Tenant, batch.Id })) return;
        var rows = batch.Rows;
        var last = await tx.OneOrNone<(long Seq, byte[] Hash)?>(
            "select seq, hash from platform.access_batch where tenant = @Tenant order by seq desc limit 1", new { tx.Tenant });
        // In the order of the ids, which is the order a verifier reads them in.
        var ids = rows.Select(r => Guid.CreateVersion7(r.At)).Order().ToArray();
        var previous = last?.Hash ?? new byte[32];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        for (var i = 0; i < rows.Count; i++) hash.AppendData(Encoding.UTF8.GetBytes(Line(ids[i], rows[i])));

        tx.Later(new NpgsqlBatchCommand("""
            insert into platform.access (tenant, at, id, batch, actor, actor_kind, client, source, action, subject, patient, outcome)
            select $1, a.at, a.id, $2, a.actor, a.kind, a.client, a.source, a.action, a.subject, a.patient, a.outcome
            from unnest($3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::smallint[])
              as a (at, id, actor, kind, client, source, action, subject, patient, outcome)
            """)
        {
            Parameters =
            {
                new() { Value = tx.Tenant },
                new() { Value = batch.Id },
                new() { Value = rows.Select(r => r.At).ToArray() },
                new() { Value = ids },
                new() { Value = rows.Select(r => r.Actor.Id).ToArray() },
                new() { Value = rows.Select(r => r.Actor.Kind.ToString()).ToArray() },
                Texts(rows.Select(r => r.Actor.Client)),
                Texts(rows.Select(r => r.Actor.Source)),
                new() { Value = rows.Select(r => r.Action).ToArray() },
                new() { Value = rows.Select(r => r.Subject).ToArray() },
                Texts(rows.Select(r => r.Patient)),
                new() { Value = rows.Select(r => r.Outcome).ToArray() },
            },
        });
        tx.Later(new NpgsqlBatchCommand(
            "insert into platform.access_batch (tenant, id, seq, at, rows, previous, hash) values ($1, $2, $3, $4, $5, $6, $7)")
        {
            Parameters =
            {
                new() { Value = tx.Tenant },
                new() { Value = batch.Id },
                new() { Value = (last?.Seq ?? 0) + 1 },
                new() { Value = tx.Now },
                new() { Value = rows.Count },
                new() { Value = previous },
                new() { Value = hash.GetHashAndReset() },
            },
        });
    }

    /// <param name="Id">Given before the first try, so that no try writes it twice.</param>
    private sealed record Batch(Guid Id, int Tenant, IReadOnlyList<Access> Rows);

    private static string Line(Guid id, Access a) =>
        AuditLine.Read(id, a.At, a.Actor.Id, a.Actor.Kind.ToString(), a.Actor.Client, a.Actor.Source, a.Action, a.Subject, a.Patient, a.Outcome);

    private static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
