using System.Text.Json;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Audit;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Files;
using HealthTeams.Collaboration.Handovers;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration;

public static class CollaborationServices
{
    public static IServiceCollection AddCollaboration(this IServiceCollection services, IceSettings ice, PlanLimits plans)
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
        services.AddMessages();
        services.AddConversations();
        services.AddSingleton<PeopleDirectory>();
        services.AddSingleton<ActivityFeed>();
        services.AddPolicies();
        services.AddFiles();
        services.AddSingleton<UrgentTimes>();
        services.AddSingleton<Discovery>();
        services.AddTeams();
        services.AddPatientLists();
        services.AddTasks();
        services.AddApprovals();
        services.AddShifts();
        services.AddHandovers();
        services.AddRosterPlans(plans);

        services.AddSingleton(new EventRoute(LiveRelay.Consumer, e => LiveKinds.Contains(e.Kind.AsSpan(0, Math.Max(0, e.Kind.IndexOf('.', StringComparison.Ordinal))).ToString())));
        services.AddSingleton(new LiveRoute(NoticeGroups));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("visit.", StringComparison.Ordinal) ? [LiveTopics.Visits(e.Tenant)] : []));
        services.AddSingleton(new LiveRoute(MessageGroups));
        return services;
    }

    /// <summary>What the worker role sweeps.</summary>
    public static IServiceCollection AddCollaborationWork(this IServiceCollection services)
    {
        services.AddMessageWork();
        services.AddSingleton<IDueSweep, EmptyRooms>();
        services.AddFileWork();
        services.AddSingleton<IDueSweep, DiscoveryDue>();
        services.AddTeamWork();
        services.AddPatientListWork();
        services.AddTaskWork();
        services.AddApprovalWork();
        services.AddShiftWork();
        services.AddHandoverWork();
        services.AddRosterPlanWork();
        return services;
    }

    public static IEndpointRouteBuilder MapCollaboration(this IEndpointRouteBuilder routes)
    {
        routes.MapHub<RoomHub>("/hubs/room");
        return routes;
    }

    /// <summary>What comes before the dot of an event's kind, where pages follow it.</summary>
    private static readonly HashSet<string> LiveKinds = ["visit", "message", "notice", "team", "list", "task", "approval", "shift", "handover", "roster"];

    private static IEnumerable<string> NoticeGroups(Event e)
    {
        if (e.Kind != "notice.told") yield break;
        using var data = JsonDocument.Parse(e.Data);
        foreach (var person in data.RootElement.GetProperty("people").EnumerateArray()) yield return LiveTopics.Person(e.Tenant, person.GetGuid());
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
