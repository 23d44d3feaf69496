using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.PatientLists;

internal static class PatientListPages
{
    public static void AddPatientListPages(this IServiceCollection services)
    {
    }
}
