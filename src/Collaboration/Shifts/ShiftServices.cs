using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Shifts;

internal static class ShiftServices
{
    public static void AddShifts(this IServiceCollection services)
    {
        ProblemMapping.Name("shift_overlap", Problem.Conflict("This person has another shift, or is off, at this time: nobody is in two places at once.", "shift-overlap"));
        ProblemMapping.Name("shift_request_twice", Problem.Conflict("You have asked for this already; it waits for an answer.", "request-twice"));
        services.AddSingleton<ShiftAccess>();
        services.AddSingleton<Schedules>();
        services.AddSingleton<ShiftStaff>();
        services.AddSingleton<Rosters>();
        services.AddSingleton<ShiftEdits>();
        services.AddSingleton<ShiftSharing>();
        services.AddSingleton<ShiftCopies>();
        services.AddSingleton<Workforce>();
        services.AddSingleton<ShiftDecisions>();
        services.AddSingleton<ShiftRequests>();
        services.AddSingleton<TimeClock>();
        services.AddSingleton<MyShifts>();
        services.AddSingleton<RosterSheets>();
        services.AddSingleton<ShiftDoor>();
        services.AddSingleton<ShiftTaskDoor>();
        services.AddSingleton<ShiftSlotDoor>();
        services.AddSingleton(s => new LiveTopic("schedule", (caller, team, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is { Role: >= TeamRole.Member }, stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("shift.", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "schedule", e.SubjectId)] : []));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddShiftWork(this IServiceCollection services)
    {
    }
}
