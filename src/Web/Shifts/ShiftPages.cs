using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Shifts;

internal static class ShiftPages
{
    public static void AddShiftPages(this IServiceCollection services)
    {
    }
}
