using Dapper;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Outbound;
using static HealthTeams.Host.Commands.Operator;

namespace HealthTeams.Host.Commands;

/// <summary>Hosts the product may speak to, as the operator keeps them: for the whole installation.</summary>
internal static class HostCommands
{
    public static Task<int> Add(string url, Options o) => With(async (services, demo) =>
    {
        var origin = TenantHosts.Origin(url);
        if (!origin.Ok) return Fail($"{url} is not an http or https address.");
        var uri = new Uri(origin.Value);
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        await OutboundHttp.Register(connection, uri, privateRanges: o.Has("private-network") || (uri.IsLoopback && demo), TimeProvider.System.GetUtcNow(), default);
        Console.WriteLine($"registered {origin.Value}");
        return 0;
    });

    public static Task<int> List() => With(async (services, _) =>
    {
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        foreach (var (origin, privateRanges) in await connection.QueryAsync<(string, bool)>("select origin, private_ranges from platform.outbound_host order by origin"))
        {
            Console.WriteLine(privateRanges ? $"{origin}\tprivate network allowed" : origin);
        }
        return 0;
    });

    public static Task<int> Remove(string url) => With(async (services, _) =>
    {
        var origin = TenantHosts.Origin(url);
        await using var connection = await services.GetRequiredService<Db>().App.OpenConnectionAsync();
        var gone = origin.Ok && await connection.ExecuteAsync("delete from platform.outbound_host where origin = @Value", new { origin.Value }) > 0;
        if (!gone) return Fail($"{url} is not registered; ./run host list shows what is.");
        Console.WriteLine($"removed {origin.Value}");
        return 0;
    });
}
