using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Teams;

internal static class TeamMapping
{
    public static void AddTeamMapping(this IServiceCollection services)
    {
    }
}
