using System.Globalization;
using HealthTeams.Host.Postgres;
using HealthTeams.Platform;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Events;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Problems;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Tokens;

namespace HealthTeams.Host.Commands;

/// <summary>What an operator does at the console, beside a running host or not; needs access to the data folder's secrets.</summary>
internal static class OperatorCommands
{
    public static Task<int> Token(Options o) => With(async (services, _) =>
    {
        var tenant = o.One("tenant") ?? "demo";
        var hospital = await services.GetRequiredService<TenantDirectory>().Find(tenant, default);
        if (hospital is null) return Fail($"There is no tenant {tenant}.");
        if (!hospital.Demo && !o.Has("production")) return Fail($"{tenant} holds real data: repeat with --production if you mean it. It is recorded.");
        TimeSpan? ttl = o.One("ttl") is not { } seconds ? null
            : int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var s) ? TimeSpan.FromSeconds(s) : throw new StartupException("--ttl is a number of seconds.");
        var minted = await services.GetRequiredService<OperatorTokens>().Mint(tenant, o.One("scope"), o.One("patient"), ttl, Environment.UserName, default);
        return Say(minted, token => token);
    });

    public static Task<int> AddEhr(Options o) => With(async (services, demo) =>
    {
        var slug = o.One("tenant") ?? "demo";
        if (await services.GetRequiredService<TenantDirectory>().Find(slug, default) is not { } tenant) return Fail($"There is no tenant {slug}.");
        var added = await services.GetRequiredService<EhrRegistry>().Add(new EhrToAdd(tenant.Id, o.Must("iss"), o.Must("client-id"), o.Must("auth"))
        {
            Secret = o.One("secret"), Issuer = o.One("issuer"), FrameOrigins = o.All("frame-origin"), BackendClientId = o.One("backend-client-id"),
            // Without a backend client the launches' own tokens write a visit's status back, so launches ask for that.
            WriteBack = o.One("backend-client-id") is null, Test = o.Has("test"), PrivateNetwork = o.Has("private-network"),
        }, default);
        _ = demo;
        return Say(added, ehr => $"registered {ehr.Iss} for {slug}\nredirect URI to give to the EHR: {services.GetRequiredService<LauncherSettings>().LaunchCallback}");
    });

    public static Task<int> AddClient(Options o) => With(async (services, _) =>
    {
        var added = await services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd(o.Must("id"), o.Must("auth"), o.One("tenant") ?? "demo", o.Has("backend"))
        {
            Secret = o.One("secret"), Jwks = o.One("jwks") is { } file ? await File.ReadAllTextAsync(file) : null, JwksUrl = o.One("jwks-url"),
            Redirects = o.All("redirect"), Scope = o.One("scope"), PrivateNetwork = o.Has("private-network"),
        }, default);
        return Say(added, secret => secret is null || o.Has("secret") ? $"registered {o.Must("id")}" : $"registered {o.Must("id")}; its secret, shown once:\n{secret}");
    });

    public static Task<int> AddHost(string url) => With(async (services, demo) =>
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return Fail($"{url} is not an http or https address.");
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        await OutboundHttp.Register(connection, uri, privateRanges: uri.IsLoopback && demo, TimeProvider.System.GetUtcNow(), default);
        Console.WriteLine($"registered {uri.GetLeftPart(UriPartial.Authority)}");
        return 0;
    });

    /// <summary>The few services a command needs, on the database of the running or the named server.</summary>
    private static async Task<int> With(Func<IServiceProvider, bool, Task<int>> work)
    {
        var settings = HostSettings.FromEnvironment([]);
        var owner = settings.Database ?? EmbeddedPostgres.RunningConnectionString(settings.DataDir)
            ?? throw new StartupException($"Nothing runs on {settings.DataDir}: start ./run first (or set DATA_DIR or HEALTHTEAMS_DB as it was started with).");
        var database = new DatabaseSetup(owner);
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddSimpleConsole().SetMinimumLevel(LogLevel.Error));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<EventRouting>();
        services.AddSingleton(s => new Db(database.App(), database.Worker(), TimeProvider.System, s.GetRequiredService<EventRouting>()));
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<OutboundHttp>();
        await using var app = database.App();
        await using var command = app.CreateCommand("select exists (select from platform.tenant where demo)");
        var demo = await command.ExecuteScalarAsync() is true;
        services.AddLauncherCore(new LauncherSettings(() => settings.PublicUrl ?? new Uri($"http://127.0.0.1:{settings.Port}"), settings.DataDir, demo));
        await using var provider = services.BuildServiceProvider();
        return await work(provider, demo);
    }

    private static int Say<T>(Outcome<T> outcome, Func<T, string> words)
    {
        if (!outcome.Ok) return Fail(outcome.Problem.Detail);
        Console.WriteLine(words(outcome.Value));
        return 0;
    }

    private static int Fail(string why)
    {
        Console.Error.WriteLine(why);
        return 1;
    }
}
