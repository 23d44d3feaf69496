using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HealthTeams.FhirGateway.Shifts;

internal static class ShiftMapping
{
    public static void AddShiftMapping(this IServiceCollection services)
    {
        services.TryAddSingleton(s => new Lazy<StaffPractitioner>(s.GetRequiredService<StaffPractitioner>));
        services.AddSingleton(s => new Lazy<ShiftTaskDoor>(s.GetRequiredService<ShiftTaskDoor>));
        services.AddSingleton<IResourceSlice, RosterSlotSlice>();
        services.AddSingleton<IProjection, RosterProjection>();
        services.AddSingleton<IProjection, RequestProjection>();
        services.AddSingleton<ITaskMeaning, ShiftRequestMeaning>();
    }
}
