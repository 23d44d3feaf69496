using System.Globalization;
using HealthTeams.Platform.Tenants;
using HealthTeams.SmartLauncher.Clients;
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

    public static Task<int> AddClient(Options o) => With(async (services, _) =>
    {
        var added = await services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd(o.Must("id"), o.Must("auth"), o.One("tenant") ?? "demo", o.Has("backend"))
        {
            Secret = o.One("secret"), Jwks = o.One("jwks") is { } file ? await File.ReadAllTextAsync(file) : null, JwksUrl = o.One("jwks-url"),
            Redirects = o.All("redirect"), Scope = o.One("scope"), PrivateNetwork = o.Has("private-network"),
        }, default);
        return Say(added, secret => secret is null || o.Has("secret") ? $"registered {o.Must("id")}" : $"registered {o.Must("id")}; its secret, shown once:\n{secret}");
    });
}
