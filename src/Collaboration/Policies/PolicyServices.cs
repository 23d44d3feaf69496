using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Policies;

internal static class PolicyServices
{
    public static void AddPolicies(this IServiceCollection services)
    {
        services.AddSingleton<PolicyDoor>();
        services.AddSingleton<PolicyDesk>();
        services.AddSingleton<WorkingTime>();
        ProblemMapping.Name("policy_name", Problem.Conflict("Another policy of this area has this name.", "policy-name"));
    }
}
