using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.FhirGateway.Shifts;

internal static class ShiftMapping
{
    public static void AddShiftMapping(this IServiceCollection services)
    {
    }
}
