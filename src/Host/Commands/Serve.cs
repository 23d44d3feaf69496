using System.Diagnostics;
using System.Net.Sockets;
using HealthTeams.Host.Demo;
using HealthTeams.Host.Postgres;
using HealthTeams.Host.Simulator;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Commands;

/// <summary>./run: database, migrations, demo hospital, product, simulator; everything it started ends with it.</summary>
internal static class Serve
{
    public static async Task<int> Run(IReadOnlyList<string> flags)
    {
        var settings = HostSettings.FromEnvironment(flags);
        var clock = Stopwatch.StartNew();
        void Say(string what) => Console.WriteLine($"[{clock.Elapsed.TotalSeconds,5:0.0} s] {what}");

        Free(settings.Bind, settings.Port, "PORT");
        if (settings.Simulator) Free("127.0.0.1", settings.SimulatorPort, "EHR_SIM_PORT");
        Folder(settings.DataDir);
        var embedded = settings.Database is null ? await EmbeddedPostgres.Start(settings.DataDir, Say, default) : null;
        SimulatorProcess? simulator = null;
        try
        {
            var database = new DatabaseSetup(settings.Database ?? embedded!.ConnectionString(), settings.DataDir);
            await using var app = HostApp.Build(settings, database);
            Say("Bringing the database up to date");
            await database.Migrate(app.Logger, default);
            DateTimeOffset? seed = null;
            if (settings.Demo)
            {
                Say("Loading the demo hospitals");
                seed = await DemoHospital.Load(app.Services, settings, database, default);
            }
            await app.StartAsync();
            if (settings.Simulator)
            {
                simulator = await SimulatorProcess.Start(settings, seed, diesWithUs: true, default);
                Say($"EHR simulator at http://localhost:{settings.SimulatorPort}");
            }
            Console.WriteLine($"ready {settings.Address.AbsoluteUri.TrimEnd('/')}");
            if (!settings.Demo && (await app.Services.GetRequiredService<TenantDirectory>().All(default)).Count == 0)
            {
                Console.WriteLine("There is no hospital yet: ./run tenant add --slug general --name 'General Hospital' --time-zone Europe/Paris");
            }
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (IOException e) when (e.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new StartupException($"Port {settings.Port} is already in use; set PORT to a free one.");
        }
        finally
        {
            simulator?.Stop();
            SimulatorProcess.StopRunning(settings);
            if (embedded is not null) await embedded.Stop();
        }
    }

    /// <summary>Says which port is taken before anything else is started.</summary>
    private static void Free(string bind, int port, string setting)
    {
        if (port == 0) return;
        try
        {
            using var listener = new TcpListener(Binding.Probe(bind), port);
            listener.ExclusiveAddressUse = true;
            listener.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            throw new StartupException(e.SocketErrorCode == SocketError.AccessDenied
                ? $"Port {port} may not be used by this user; set {setting} to another one."
                : $"Port {port} is already in use; stop what uses it, or set {setting} to a free one.");
        }
    }

    private static void Folder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {path} cannot be made; set DATA_DIR to a folder this user may write.");
        }
    }
}
