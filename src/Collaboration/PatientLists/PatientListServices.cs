using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.PatientLists;

internal static class PatientListServices
{
    public static void AddPatientLists(this IServiceCollection services)
    {
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddPatientListWork(this IServiceCollection services)
    {
    }
}
