using System.Globalization;
using HealthTeams.Platform.Tenants;
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
}
