using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Tasks;

internal static class TaskServices
{
    public static void AddTasks(this IServiceCollection services)
    {
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddTaskWork(this IServiceCollection services)
    {
    }
}
