using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

internal static class DemoLists
{
    public static Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop) => Task.CompletedTask;
}
