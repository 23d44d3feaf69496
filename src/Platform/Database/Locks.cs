namespace HealthTeams.Platform.Database;

/// <summary>
/// Named locks that last as long as the transaction, always taken in the same order. A statement of its own: what is read
/// in the same statement would still be read as of before the wait.
/// </summary>
public static class Locks
{
    public static Task Take(Tx tx, IReadOnlyCollection<string> names) => names.Count == 0 ? Task.CompletedTask : tx.Execute("""
        select count(pg_advisory_xact_lock(hashtextextended(l, @Tenant))) from (select l from unnest(@names) l group by l order by l collate "C") s
        """, new { tx.Tenant, names = names.ToArray() });
}
