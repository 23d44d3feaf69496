using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Teams;

internal static class TeamServices
{
    public static void AddTeams(this IServiceCollection services)
    {
        services.AddSingleton<TeamDoor>();
        services.AddSingleton<TeamActions>();
        services.AddSingleton<TeamViews>();
        services.AddSingleton<Channels>();
        services.AddSingleton<Templates>();
        ProblemMapping.Name("team_name", Problem.Conflict("Another team has this name.", "team-name"));
        ProblemMapping.Name("channel_name", Problem.Conflict("The team has a channel of this name.", "channel-name"));
        ProblemMapping.Name("team_owner", Problem.Conflict("A team has an owner. Make somebody else owner first.", "team-owner"));
        services.AddSingleton(s => new LiveTopic("team", (caller, team, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is not null, stop)));
        services.AddSingleton(new LiveRoute(e => e.Kind.StartsWith("team.", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "team", e.SubjectId)] : []));
    }
}
