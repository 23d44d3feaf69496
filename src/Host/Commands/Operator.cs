using HealthTeams.Host.Postgres;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Problems;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;

namespace HealthTeams.Host.Commands;

/// <summary>What the commands at the console share: the few services they need, and how they answer.</summary>
internal static class Operator
{
    /// <summary>Who types: kept in the events.</summary>
    public static Actor Me => new($"operator:{Environment.UserName}", CallerKind.System);

    /// <summary>On the database of the running or the named server.</summary>
    public static async Task<int> With(Func<IServiceProvider, bool, Task<int>> work)
    {
        var settings = HostSettings.FromEnvironment([]);
        var owner = settings.Database ?? EmbeddedPostgres.RunningConnectionString(settings.DataDir)
            ?? throw new StartupException($"Nothing runs on {settings.DataDir}: start ./run first (or set DATA_DIR or HEALTHTEAMS_DB as it was started with).");
        var database = new DatabaseSetup(owner, settings.DataDir);
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddSimpleConsole().SetMinimumLevel(LogLevel.Error));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(database);
        services.AddSingleton<EventRouting>();
        services.AddSingleton(s => new Db(database.App(), database.Worker(), TimeProvider.System, s.GetRequiredService<EventRouting>()));
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<OutboundHttp>();
        await using var app = database.App();
        await using var command = app.CreateCommand("select exists (select from platform.tenant where demo)");
        var demo = await command.ExecuteScalarAsync() is true;
        services.AddLauncherCore(new LauncherSettings(() => settings.Address, settings.DataDir, demo));
        await using var provider = services.BuildServiceProvider();
        return await work(provider, demo);
    }

    public static int Say<T>(Outcome<T> outcome, Func<T, string> words)
    {
        if (!outcome.Ok) return Fail(outcome.Problem.Detail);
        Console.WriteLine(words(outcome.Value));
        return 0;
    }

    public static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 1;
    }
}
