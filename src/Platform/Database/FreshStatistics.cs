using Dapper;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Database;

/// <summary>
/// Tables that have doubled are analysed within seconds, where autovacuum takes a minute: a first load into an empty
/// database would meanwhile run on plans made for empty tables.
/// </summary>
public sealed class FreshStatistics(Db db, ILogger<FreshStatistics> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Endless.Run("Refreshing statistics", async stop =>
    {
        await Task.Delay(Every, db.Clock, stop);
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("call platform.analyze_grown()", cancellationToken: stop));
    }, log, stoppingToken);
}
