using System.Text.Json;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration;

public static class CollaborationServices
{
    public static IServiceCollection AddCollaboration(this IServiceCollection services, IceSettings ice)
    {
        services.AddSingleton(ice);
        services.AddSingleton<IceServers>();
        services.AddSingleton<VisitDoor>();
        services.AddSingleton<VisitLists>();
        services.AddSingleton<VisitActions>();
        services.AddSingleton<GuestLinks>();
        services.AddSingleton<Rooms>();
        services.AddSingleton<RoomConnections>();
        services.AddSingleton<RoomBroadcast>();
        services.AddHostedService(s => s.GetRequiredService<RoomBroadcast>());
        services.AddSingleton<MessageDoor>();
        services.AddSingleton<MessageBox>();

        services.AddSingleton(new EventRoute(LiveRelay.Consumer, e => e.Kind.StartsWith("visit.", StringComparison.Ordinal) || e.Kind.StartsWith("message.", StringComparison.Ordinal)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("visit.", StringComparison.Ordinal) ? [LiveTopics.Visits(e.Tenant)] : []));
        services.AddSingleton(new LiveRoute(MessageGroups));
        return services;
    }

    /// <summary>What the worker role sweeps.</summary>
    public static IServiceCollection AddCollaborationWork(this IServiceCollection services)
    {
        services.AddSingleton<IDueSweep, NotifyDue>();
        services.AddSingleton<IDueSweep, EmptyRooms>();
        return services;
    }

    public static IEndpointRouteBuilder MapCollaboration(this IEndpointRouteBuilder routes)
    {
        routes.MapHub<RoomHub>("/hubs/room");
        return routes;
    }

    /// <summary>A message concerns its recipients' pages and nobody else's.</summary>
    private static IEnumerable<string> MessageGroups(Event e)
    {
        if (!e.Kind.StartsWith("message.", StringComparison.Ordinal)) yield break;
        using var data = JsonDocument.Parse(e.Data);
        if (!data.RootElement.TryGetProperty("recipients", out var recipients)) yield break;
        foreach (var person in recipients.EnumerateArray()) yield return LiveTopics.Messages(e.Tenant, person.GetGuid());
    }
}
