using HealthTeams.FhirGateway.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Teams;

internal static class TeamMapping
{
    public static void AddTeamMapping(this IServiceCollection services)
    {
        services.AddSingleton<CareTeams>();
        services.AddSingleton<IResourceSlice, CareTeamSlice>();
        services.AddSingleton<IProjection, TeamProjection>();
        services.AddSingleton<IProjection, TemplateProjection>();
    }
}
