using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Lists;

internal static class ListMapping
{
    public static void AddListMapping(this IServiceCollection services)
    {
    }
}
