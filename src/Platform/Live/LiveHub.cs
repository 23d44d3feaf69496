using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace HealthTeams.Platform.Live;

/// <summary>
/// Live updates for staff pages at /live. A page watches topics ("visits", "messages"); it is told kind and subject id,
/// never clinical text, and fetches what it may see. Authorised at connection and at every reconnect.
/// </summary>
[Authorize(Policy = "staff")]
public sealed class LiveHub(IEnumerable<LiveTopic> topics, LiveWatches watches) : Hub
{
    /// <summary>Topics: "visits" (the tenant's visit list), "messages" and "me" (one's own), "KIND/ID" as the slices declare them ("team/0199…").</summary>
    public async Task Watch(string topic)
    {
        var caller = Caller.Of(Context.GetHttpContext()!) ?? throw new HubException("login");
        if (LiveTopics.Group(caller, topic) is { } own) await Groups.AddToGroupAsync(Context.ConnectionId, own);
        else if (!await Declared(caller, topic)) throw new HubException("forbidden");
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        watches.Forget(Context.ConnectionId);
        return base.OnDisconnectedAsync(exception);
    }

    private async Task<bool> Declared(Caller caller, string topic)
    {
        var slash = topic.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Guid.TryParse(topic.AsSpan(slash + 1), out var id)) return false;
        var kind = topic[..slash];
        if (topics.FirstOrDefault(t => t.Kind == kind) is not { } known) return false;
        var watch = watches.Begin(Context.ConnectionId, caller, known, id);
        if (!await known.May(caller, id, Context.ConnectionAborted)) return watches.End(Context.ConnectionId, watch);
        await Groups.AddToGroupAsync(Context.ConnectionId, watch.Group);
        // The right ended while it was looked up: the line ends with it.
        if (!watch.Over) return true;
        await Groups.RemoveFromGroupAsync(Context.ConnectionId, watch.Group);
        return false;
    }
}

/// <summary>A kind of thing whose pages may be watched one by one; whether this caller may is asked when the stream is opened and at every reconnect.</summary>
/// <param name="Kind">"team", "list" ...: the topic is "KIND/ID".</param>
public sealed record LiveTopic(string Kind, Func<Caller, Guid, CancellationToken, Task<bool>> May);

public static class LiveTopics
{
    public static string? Group(Caller caller, string topic) => topic switch
    {
        "visits" => Visits(caller.Tenant),
        "messages" when caller.Person is { } person => Messages(caller.Tenant, person),
        "me" when caller.Person is { } person => Person(caller.Tenant, person),
        _ => null,
    };

    public static string Visits(int tenant) => $"t{tenant}:visits";
    public static string Person(int tenant, Guid person) => $"t{tenant}:person:{person}";
    public static string Of(int tenant, string kind, Guid id) => $"t{tenant}:{kind}:{id}";
    public static string Messages(int tenant, Guid person) => $"t{tenant}:messages:{person}";
}

/// <summary>Which live groups an event goes to; declared by the slices.</summary>
public sealed record LiveRoute(Func<Event, IEnumerable<string>> Groups);

/// <summary>What a page receives as "changed".</summary>
public sealed record LiveChange(string Kind, string Subject, Guid Event);
