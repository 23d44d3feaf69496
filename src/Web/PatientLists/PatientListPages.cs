using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.PatientLists;

internal static class PatientListPages
{
    /// <summary>The pages need no more than their slice offers.</summary>
    public static void AddPatientListPages(this IServiceCollection services)
    {
    }
}
