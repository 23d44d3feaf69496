using System.Text.Json;
using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Conversations;

internal static class ConversationServices
{
    public static void AddConversations(this IServiceCollection services)
    {
        services.AddSingleton<ConversationDoor>();
        services.AddSingleton<ConversationViews>();
        services.AddSingleton<ConversationActions>();
        services.AddSingleton<SayMessage>();
        services.AddSingleton<ConversationRecord>();
        services.AddSingleton<Typing>();
        services.AddSingleton(s => new LiveTopic("conversation", (caller, conversation, stop) => caller.Person is { } me
            ? s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor, tx => ConversationDoor.IsIn(tx, conversation, me), stop) : Task.FromResult(false)));
        // Whoever has it open, also in a channel of thousands, where the event names nobody.
        services.AddSingleton(new LiveRoute(e => e.Subject.StartsWith("conversation/", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "conversation", e.SubjectId)] : []));
        services.AddSingleton(new LiveEnd("message.person-removed"));
        // Their lines end with their right: the person's own group carries it.
        services.AddSingleton(new LiveRoute(Removed));
    }

    private static IEnumerable<string> Removed(Event e)
    {
        if (e.Kind != "message.person-removed") yield break;
        using var data = JsonDocument.Parse(e.Data);
        yield return LiveTopics.Person(e.Tenant, data.RootElement.GetProperty("person").GetGuid());
    }
}
