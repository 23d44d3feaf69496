using Npgsql;

namespace HealthTeams.Platform.Database;

/// <summary>
/// Named locks that last as long as the transaction, always taken in the same order. A statement of its own: what is read
/// in the same statement would still be read as of before the wait. Taken with the transaction's next batch.
/// </summary>
public static class Locks
{
    public static void Take(Tx tx, params IReadOnlyCollection<string> names)
    {
        if (names.Count == 0) return;
        tx.Later(new NpgsqlBatchCommand("call platform.take_locks($1, $2)") { Parameters = { new() { Value = tx.Tenant }, new() { Value = names.Distinct().Order(StringComparer.Ordinal).ToArray() } } });
    }
}
