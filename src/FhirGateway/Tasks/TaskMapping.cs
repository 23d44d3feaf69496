using HealthTeams.FhirGateway.Forms;
using HealthTeams.FhirGateway.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Tasks;

internal static class TaskMapping
{
    public static void AddTaskMapping(this IServiceCollection services)
    {
        services.AddSingleton<ITaskMeaning, WorkMeaning>();
        services.AddSingleton<IResourceSlice, FormResponseSlice>();
        services.AddSingleton<IProjection, TaskProjection>();
        services.AddSingleton<IProjection, TaskListProjection>();
        services.AddSingleton<IProjection, SeriesProjection>();
        services.AddSingleton<IResourceSlice, SeriesSlice>();
    }
}
