using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Live;
using HealthTeams.Platform.Problems;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.PatientLists;

internal static class PatientListServices
{
    public static void AddPatientLists(this IServiceCollection services)
    {
        services.AddSingleton<Census>();
        services.AddSingleton<ListDoor>();
        services.AddSingleton<TeamLists>();
        services.AddSingleton<ListColumns>();
        services.AddSingleton<ListRows>();
        services.AddSingleton<CellWrites>();
        services.AddSingleton<ListReading>();
        services.AddSingleton<ListViews>();
        services.AddSingleton<ListImport>();
        services.AddSingleton(s => new LiveTopic("list", (caller, list, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => (await ListSql.Open(tx, s.GetRequiredService<TeamDoor>(), caller, list)).Ok, stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("list.", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "list", e.SubjectId)] : []));
        ProblemMapping.Name("list_unique_value", Problem.Conflict("Another row has this value already, and each may be there once.", "cell-unique"));
        ProblemMapping.Name("list_row_patient", Problem.Conflict("This patient is on the list already.", "row-twice"));
        ProblemMapping.Name("list_column_name", Problem.Conflict("This list has a column of this name already.", "column-name"));
        ProblemMapping.Name("list_view_name", Problem.Conflict("There is a view of this name already.", "view-changed"));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddPatientListWork(this IServiceCollection services)
    {
    }
}
