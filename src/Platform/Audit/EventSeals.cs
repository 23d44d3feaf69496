using System.Security.Cryptography;
using System.Text;
using Dapper;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Platform.Audit;

/// <summary>Chains the record of changes by hash, batch for batch, per hospital. What came after the last batch is chained within ten seconds.</summary>
public sealed class EventSeals(Db db, ILogger<EventSeals> log) : IDueSweep
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private DateTimeOffset next;

    public async Task<int> Sweep(DateTimeOffset now, CancellationToken stop)
    {
        if (now < next) return 0;
        next = now + Every;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        var tenants = (await connection.QueryAsync<int>(new CommandDefinition("select id from platform.tenant order by id", cancellationToken: stop))).AsList();
        foreach (var tenant in tenants) await Endless.Once($"The chain of changes of hospital {tenant}", s => db.In(tenant, Actor.Product, Seal, s), log, stop);
        return 0;
    }

    /// <returns>How many were sealed.</returns>
    public static async Task<int> Seal(Tx tx)
    {
        Locks.Take(tx, "event-chain");
        var last = await tx.OneOrNone<(long Seq, long Upper, byte[] Hash)?>("select seq, upper, hash from platform.event_seal where tenant = @Tenant order by seq desc limit 1", new { tx.Tenant });
        var (lower, previous) = (last?.Upper ?? 0, last?.Hash ?? new byte[32]);
        var upper = await tx.Scalar<long>("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
        var rows = await SealedEvent.Of(tx, lower, upper);
        if (rows.Count == 0) return 0;
        tx.Later(new NpgsqlBatchCommand("insert into platform.event_seal (tenant, seq, at, lower, upper, rows, previous, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)")
        {
            Parameters =
            {
                new() { Value = tx.Tenant }, new() { Value = (last?.Seq ?? 0) + 1 }, new() { Value = tx.Now }, new() { Value = lower }, new() { Value = upper },
                new() { Value = rows.Count }, new() { Value = previous }, new() { Value = Hash(previous, rows.Select(AuditLine.Change)) },
            },
        });
        return rows.Count;
    }

    internal static byte[] Hash(byte[] previous, IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        foreach (var line in lines) hash.AppendData(Encoding.UTF8.GetBytes(line));
        return hash.GetHashAndReset();
    }
}
