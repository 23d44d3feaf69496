using System.Text.Json;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Teams;

internal static class TeamServices
{
    public static void AddTeams(this IServiceCollection services)
    {
        services.AddSingleton<TeamDoor>();
        services.AddSingleton<TeamActions>();
        services.AddSingleton<CareTeamDoor>();
        services.AddSingleton<TeamViews>();
        services.AddSingleton<Channels>();
        services.AddSingleton<Templates>();
        ProblemMapping.Name("team_name", Problem.Conflict("Another team has this name.", "team-name"));
        ProblemMapping.Name("channel_name", Problem.Conflict("The team has a channel of this name.", "channel-name"));
        ProblemMapping.Name("team_owner", Problem.Conflict("A team has an owner. Make somebody else owner first.", "team-owner"));
        services.AddSingleton(s => new LiveTopic("team", (caller, team, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is not null, stop)));
        services.AddSingleton(new LiveRoute(Groups));
        services.AddSingleton(new LiveEnd("team.member-removed"));
        services.AddSingleton(new LiveEnd("team.member-role-changed"));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddTeamWork(this IServiceCollection services) => services.AddSingleton<IDueSweep, CareTeamDue>();

    /// <summary>Whoever goes, or is less than before, is told too: it ends their lines.</summary>
    private static IEnumerable<string> Groups(Event e)
    {
        if (!e.Kind.StartsWith("team.", StringComparison.Ordinal)) yield break;
        yield return LiveTopics.Of(e.Tenant, "team", e.SubjectId);
        if (e.Kind is not ("team.member-removed" or "team.member-role-changed")) yield break;
        using var data = JsonDocument.Parse(e.Data);
        if (data.RootElement.TryGetProperty("person", out var person) && person.TryGetGuid(out var who)) yield return LiveTopics.Person(e.Tenant, who);
    }
}
