using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Lists;

internal static class ListMapping
{
    public static void AddListMapping(this IServiceCollection services)
    {
        services.AddSingleton<ListProjection>();
        services.AddSingleton<IProjection>(s => s.GetRequiredService<ListProjection>());
        services.AddSingleton(s => new Lazy<ListProjection>(s.GetRequiredService<ListProjection>));
        services.AddSingleton<IResourceSlice, PlaceSlice>();
        services.AddSingleton<IResourceSlice, StaySlice>();
        services.AddSingleton<IResourceSlice, ListSlice>();
        services.AddSingleton<IResourceSlice>(new FlagSlice("Flag"));
        services.AddSingleton<IResourceSlice>(new FlagSlice("AllergyIntolerance"));
    }
}
