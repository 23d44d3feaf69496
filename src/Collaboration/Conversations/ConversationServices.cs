using HealthTeams.Platform.Live;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Collaboration.Conversations;

internal static class ConversationServices
{
    public static void AddConversations(this IServiceCollection services)
    {
        services.AddSingleton<ConversationDoor>();
        services.AddSingleton(s => new LiveTopic("conversation", (caller, conversation, stop) => caller.Person is { } me
            ? s.GetRequiredService<Db>().In(caller.Tenant, caller.Actor, tx => ConversationDoor.IsIn(tx, conversation, me), stop) : Task.FromResult(false)));
        // Whoever has it open, also in a channel of thousands, where the event names nobody.
        services.AddSingleton(new LiveRoute(e => e.Subject.StartsWith("conversation/", StringComparison.Ordinal) ? [LiveTopics.Of(e.Tenant, "conversation", e.SubjectId)] : []));
    }
}
