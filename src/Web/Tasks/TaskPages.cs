using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Tasks;

internal static class TaskPages
{
    public static void AddTaskPages(this IServiceCollection services)
    {
    }
}
