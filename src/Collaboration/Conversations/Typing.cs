using System.Collections.Concurrent;
using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.SignalR;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>
/// "Somebody writes": told to who has the conversation open, ids only, at most every three seconds a person, kept nowhere. It
/// reaches the pages of this host; a page of another host does without.
/// </summary>
public sealed class Typing(Db db, IHubContext<LiveHub> hub)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);
    private readonly ConcurrentDictionary<(int, Guid, Guid), DateTimeOffset> told = new();

    public async Task Tell(Caller caller, Guid conversation, CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        if (caller.Person is not { } me || told.TryGetValue((caller.Tenant, conversation, me), out var last) && now - last < Every) return;
        if (!await db.In(caller.Tenant, caller.Actor, tx => ConversationDoor.IsIn(tx, conversation, me), stop)) return;
        if (told.Count > 10_000) told.Clear();
        told[(caller.Tenant, conversation, me)] = now;
        await hub.Clients.Group(LiveTopics.Of(caller.Tenant, "conversation", conversation)).SendAsync("typing", new { conversation, person = me }, stop);
    }
}
