using HealthTeams.Platform.Tenants;

namespace HealthTeams.Host.Demo;

internal static class DemoShifts
{
    public static Task Load(IServiceProvider services, Tenant tenant, DateTimeOffset seed, CancellationToken stop) => Task.CompletedTask;
}
