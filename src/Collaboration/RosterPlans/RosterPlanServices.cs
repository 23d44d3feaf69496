using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.RosterPlans;

internal static class RosterPlanServices
{
    public static void AddRosterPlans(this IServiceCollection services, PlanLimits limits)
    {
        ProblemMapping.Name("roster_plan_runs", Plans.Runs);
        services.AddSingleton(limits);
        services.AddSingleton<Planning>();
        services.AddSingleton<LayPlan>();
        services.AddSingleton<RosterWishes>();
        services.AddSingleton(s => new LiveTopic("roster-plan", (caller, id, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor, async tx =>
            await tx.Scalar<Guid?>("select team from collab.roster_plan where tenant = @Tenant and id = @id", new { tx.Tenant, id }) is { } team && (await s.GetRequiredService<ShiftAccess>().Manage(tx, caller, team)).Ok, stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("roster.", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "roster-plan", e.SubjectId)] : []));
    }

    /// <summary>What the worker role runs.</summary>
    public static void AddRosterPlanWork(this IServiceCollection services) => services.AddHostedService<PlanWork>();
}
