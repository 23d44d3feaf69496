using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Tasks;

internal static class TaskMapping
{
    public static void AddTaskMapping(this IServiceCollection services)
    {
    }
}
