using System.Globalization;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Tokens;
using static HealthTeams.Host.Commands.Operator;

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

    public static Task<int> AddEhr(Options o) => With(async (services, _) =>
    {
        var slug = o.One("tenant") ?? "demo";
        if (await services.GetRequiredService<TenantDirectory>().Find(slug, default) is not { } tenant) return Fail($"There is no tenant {slug}.");
        var added = await services.GetRequiredService<EhrRegistry>().Add(new EhrToAdd(tenant.Id, o.Must("iss"), o.Must("client-id"), o.Must("auth"))
        {
            Secret = o.One("secret"), Issuer = o.One("issuer"), FrameOrigins = o.All("frame-origin"), BackendClientId = o.One("backend-client-id"),
            // Without a backend client the launches' own tokens write a visit's status back, so launches ask for that.
            WriteBack = o.One("backend-client-id") is null, Test = o.Has("test"), PrivateNetwork = o.Has("private-network"),
        }, default);
        return Say(added, ehr => $"registered {ehr.Iss} for {slug}\nredirect URI to give to the EHR: {services.GetRequiredService<LauncherSettings>().LaunchCallback}");
    });

    public static Task<int> AddHost(string url) => With(async (services, demo) =>
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) return Fail($"{url} is not an http or https address.");
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        await OutboundHttp.Register(connection, uri, privateRanges: uri.IsLoopback && demo, TimeProvider.System.GetUtcNow(), default);
        Console.WriteLine($"registered {uri.GetLeftPart(UriPartial.Authority)}");
        return 0;
    });
}
