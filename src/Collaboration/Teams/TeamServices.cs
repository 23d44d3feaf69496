using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Teams;

internal static class TeamServices
{
    public static void AddTeams(this IServiceCollection services)
    {
        services.AddSingleton<TeamDoor>();
        services.AddSingleton(s => new LiveTopic("team", (caller, team, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is not null, stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("team.", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "team", e.SubjectId)] : []));
    }
}
