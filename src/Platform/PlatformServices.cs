using HealthTeams.Platform.Audit;
using HealthTeams.Platform.Blobs;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using HealthTeams.Platform.Outbound;
using HealthTeams.Platform.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Platform;

public static class PlatformServices
{
    public static IServiceCollection AddPlatform(this IServiceCollection services)
    {
        services.AddSingleton<EventRouting>();
        services.AddSingleton<Wake>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<TenantHosts>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<Trail>();
        services.AddSingleton<LegalHolds>();
        services.AddSingleton<BlobStore>();
        services.AddHostedService(s => s.GetRequiredService<AccessLog>());
        services.AddSingleton<LiveWatches>();
        services.AddSingleton<LiveRelay>();
        services.AddHostedService(s => s.GetRequiredService<LiveRelay>());
        // Room signalling (session descriptions) is the longest thing said; the default of 32 KB is too short for it.
        services.AddSignalR(o => o.MaximumReceiveMessageSize = 128 * 1024);
        return services;
    }

    /// <summary>The worker role: sweeps due rows and delivers events.</summary>
    public static IServiceCollection AddWorker(this IServiceCollection services)
    {
        services.AddSingleton<IDueSweep, EventSeals>();
        services.AddHostedService<DueWork>();
        services.AddHostedService<EventDelivery>();
        services.AddHostedService<FreshStatistics>();
        return services;
    }
}
