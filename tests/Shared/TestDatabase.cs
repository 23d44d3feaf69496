using HealthTeams.Host;
using HealthTeams.Host.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace HealthTeams.Tests;

/// <summary>
/// One real PostgreSQL for the whole run, one fresh database per test class, copied from a migrated template.
/// HEALTHTEAMS_TEST_DB names a server of one's own instead (an owner's connection string).
/// </summary>
public static class TestDatabase
{
    private static readonly Lazy<Task<Func<string, string>>> Server = new(Start);
    private static readonly SemaphoreSlim Copying = new(1, 1);
    private static int count;

    public static string Folder { get; } = Path.Combine(Path.GetTempPath(), $"healthteams-test-{Environment.ProcessId}");

    public static async Task<DatabaseSetup> New()
    {
        var connect = await Server.Value;
        var name = $"t{Environment.ProcessId}_{Interlocked.Increment(ref count)}";
        await Copying.WaitAsync();
        try
        {
            await Execute(connect("postgres"), $"create database {name} template {Template}");
        }
        finally
        {
            Copying.Release();
        }
        return new DatabaseSetup(connect(name), Folder);
    }

    private static string Template => $"template_{Environment.ProcessId}";

    private static async Task<Func<string, string>> Start()
    {
        Func<string, string> connect;
        if (Environment.GetEnvironmentVariable("HEALTHTEAMS_TEST_DB") is { Length: > 0 } given)
        {
            connect = name => new NpgsqlConnectionStringBuilder(given) { Database = name }.ConnectionString;
        }
        else
        {
            Directory.CreateDirectory(Folder);
            var postgres = await EmbeddedPostgres.Start(Folder, _ => { }, default, fast: true);
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                postgres.Stop().Wait();
                Directory.Delete(Folder, recursive: true);
            };
            connect = postgres.ConnectionString;
        }
        await Execute(connect("postgres"), $"create database {Template}");
        await new DatabaseSetup(connect(Template), Folder).Migrate(NullLogger.Instance, default);
        NpgsqlConnection.ClearAllPools();
        return connect;
    }

    private static async Task Execute(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open);
        await command.ExecuteNonQueryAsync();
    }
}
