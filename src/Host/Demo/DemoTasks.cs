using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

internal static class DemoTasks
{
    public static Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop) => Task.CompletedTask;
}
