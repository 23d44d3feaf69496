using System.Text.Json;
using HealthTeams.Collaboration.Teams;
using HealthTeams.Platform.Due;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Handovers;

internal static class HandoverServices
{
    public static void AddHandovers(this IServiceCollection services)
    {
        services.AddSingleton<FillHandover>();
        services.AddSingleton<BeginHandover>();
        services.AddSingleton<WriteHandover>();
        services.AddSingleton<GiveHandover>();
        services.AddSingleton<ReceiveHandover>();
        services.AddSingleton<HandoverViews>();
        services.AddSingleton<HandoverDoor>();
        services.AddSingleton(s => new LiveTopic("handover", (caller, id, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => (await HandoverSql.Open(tx, s.GetRequiredService<TeamDoor>(), caller, id)).Ok, stop)));
        // The desk of a team: guests of the team have none.
        services.AddSingleton(s => new LiveTopic("handovers", (caller, team, stop) => s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor,
            async tx => await s.GetRequiredService<TeamDoor>().Standing(tx, team, caller.Person) is { Role: >= TeamRole.Member }, stop)));
        services.AddSingleton(new LiveRoute(Groups));
        ProblemMapping.Name("handover_kept", Problem.Conflict("This handover is over. It is kept as it was.", "handover-over"));
        ProblemMapping.Name("handover_order", Problem.Conflict("This handover changed at the same moment. Look at it again and repeat what is still wanted.", "handover-stale"));
        ProblemMapping.Name("handover_read_back", Problem.Conflict("A patient changed after you read them back: say it again in your own words.", "handover-unread"));
        ProblemMapping.Name("handover_amended", Problem.Conflict("This handover is being amended already.", "handover-amended"));
    }

    /// <summary>What the worker role sweeps.</summary>
    public static void AddHandoverWork(this IServiceCollection services) => services.AddSingleton<IDueSweep, HandoversDue>();

    private static IEnumerable<string> Groups(Event e)
    {
        if (!e.Kind.StartsWith("handover.", StringComparison.Ordinal)) yield break;
        yield return LiveTopics.Of(e.Tenant, "handover", e.SubjectId);
        using var data = JsonDocument.Parse(e.Data);
        if (data.RootElement.TryGetProperty("team", out var team) && team.TryGetGuid(out var id)) yield return LiveTopics.Of(e.Tenant, "handovers", id);
    }
}
