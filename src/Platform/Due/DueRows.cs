using Dapper;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Due;

/// <summary>
/// Rows of one table that become due one by one: a transaction each, in which the slice locks the row and looks again, for
/// another worker or a person may have been there. One that fails waits for <see cref="DueWork.AfterFailure"/> and keeps nobody else waiting.
/// </summary>
/// <param name="Table">Open to the worker; with tenant and id.</param>
/// <param name="Column">When it is due; null when it is not.</param>
public sealed record DueRows(string Table, string Column, string What)
{
    private const int AtOnce = 100;

    /// <returns>How many were done.</returns>
    public async Task<int> Each(Db db, ILogger log, DateTimeOffset now, Func<Tx, Guid, Task> one, CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var due = (await connection.QueryAsync<(int Tenant, Guid Id)>(new CommandDefinition(
            $"select tenant, id from {Table} where {Column} <= @now order by {Column} limit @AtOnce", new { now = now.UtcDateTime, AtOnce }, cancellationToken: stop))).AsList();
        var done = 0;
        foreach (var (tenant, id) in due)
        {
            if (await Endless.Once($"{What} {id}", _ => db.In(tenant, Actor.Product, tx => one(tx, id), stop), log, stop)) done++;
            else await db.In(tenant, Actor.Product, tx => tx.Execute($"update {Table} set {Column} = @again where tenant = @Tenant and id = @id and {Column} <= @Now", new { tx.Tenant, tx.Now, id, again = tx.Now + DueWork.AfterFailure }), stop);
        }
        return done;
    }
}
