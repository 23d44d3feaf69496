using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Policies;

internal static class PolicyServices
{
    public static void AddPolicies(this IServiceCollection services)
    {
        services.AddSingleton<PolicyDoor>();
        services.AddSingleton<PolicyDesk>();
        services.AddSingleton<WorkingTime>();
        services.AddSingleton<RoomDevices>();
        services.AddSingleton<RoomKiosk>();
        ProblemMapping.Name("policy_name", Problem.Conflict("Another policy of this area has this name.", "policy-name"));
        ProblemMapping.Name("room_device_name", Problem.Conflict("Another device has this name.", "device-name"));
    }
}
