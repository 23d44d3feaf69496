using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Teams;

internal static class TeamPages
{
    public static void AddTeamPages(this IServiceCollection services) =>
        services.AddSingleton(new NoticeSentence("team.added", "teams", (w, n) => w["You were added to the team {0}", n.Of("team")]));
}
