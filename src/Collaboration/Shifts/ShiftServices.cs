using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Shifts;

internal static class ShiftServices
{
    public static void AddShifts(this IServiceCollection services)
    {
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddShiftWork(this IServiceCollection services)
    {
    }
}
