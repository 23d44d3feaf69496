using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthTeams.Host.Postgres;
using Npgsql;

namespace HealthTeams.Bench;

/// <summary>The product as a user starts it and the thin server, on one PostgreSQL that keeps its promises (fsync on).</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<Process> processes = [];
    private EmbeddedPostgres? postgres;

    public Load Product { get; private set; } = null!;
    public Load Thin { get; private set; } = null!;
    public Processors ProductProcessors { get; private set; } = null!;
    public Processors ThinProcessors { get; private set; } = null!;
    public string Database { get; private set; } = "";
    public int ProductPid => processes[0].Id;

    public static async Task<Servers> Start(string folder, string? database)
    {
        var servers = new Servers();
        if (database is null)
        {
            servers.postgres = await EmbeddedPostgres.Start(folder, _ => { }, default);
            database = servers.postgres.ConnectionString();
        }
        servers.Database = database;
        var host = Path.Combine(AppContext.BaseDirectory, "HealthTeams.Host.dll");
        var (product, thin) = (FreePort(), FreePort());
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = folder, ["HEALTHTEAMS_DB"] = database, ["PORT"] = product.ToString(CultureInfo.InvariantCulture) };
        var running = servers.Run(["exec", "--runtimeconfig", Path.ChangeExtension(host, ".runtimeconfig.json"), host, "--no-sim"], environment);
        await Ready(running, "ready ");
        var thinRunning = servers.Run([Path.Combine(AppContext.BaseDirectory, "HealthTeams.Bench.dll"), "thin", thin.ToString(CultureInfo.InvariantCulture)], environment);
        await Listening(thin);
        var token = await servers.Token(host, environment);
        var postmaster = int.Parse(await Ask(database, "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"), CultureInfo.InvariantCulture);
        servers.Product = new Load(product, token);
        servers.Thin = new Load(thin, token);
        servers.ProductProcessors = new Processors(running.Id, postmaster);
        servers.ThinProcessors = new Processors(thinRunning.Id, postmaster);
        return servers;
    }

    public static async Task<string> Ask(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) ?? "";
    }

    private async Task<string> Token(string host, Dictionary<string, string> environment)
    {
        using var process = Run(["exec", "--runtimeconfig", Path.ChangeExtension(host, ".runtimeconfig.json"), host, "token", "--ttl", "28800"], environment);
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        processes.Remove(process);
        return said.Trim().Split('\n')[^1];
    }

    private Process Run(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        processes.Add(process);
        return process;
    }

    private static async Task Ready(Process process, string word)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(word, StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.ReadToEndAsync(); // what it says later must not fill the pipe
            return;
        }
        throw new InvalidOperationException("The product did not start.");
    }

    private static async Task Listening(int port)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (i < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            if (!process.HasExited) using (Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) { }
            await process.WaitForExitAsync();
            process.Dispose();
        }
        if (postgres is not null) await postgres.Stop();
    }
}
