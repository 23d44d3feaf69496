using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace HealthTeams.Platform.Live;

/// <summary>
/// Live updates for staff pages at /live. A page watches topics ("visits", "messages"); it is told kind and subject id,
/// never clinical text, and fetches what it may see. Authorised at connection and at every reconnect.
/// </summary>
[Authorize(Policy = "staff")]
public sealed class LiveHub(IEnumerable<LiveTopic> topics) : Hub
{
    /// <summary>Topics: "visits" (the tenant's visit list), "messages" and "me" (one's own), "KIND/ID" as the slices declare them ("team/0199…").</summary>
    public async Task Watch(string topic)
    {
        var caller = Caller.Of(Context.GetHttpContext()!) ?? throw new HubException("login");
        var group = LiveTopics.Group(caller, topic) ?? await Declared(caller, topic) ?? throw new HubException("forbidden");
        await Groups.AddToGroupAsync(Context.ConnectionId, group);
    }

    private async Task<string?> Declared(Caller caller, string topic)
    {
        var slash = topic.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Guid.TryParse(topic.AsSpan(slash + 1), out var id)) return null;
        var kind = topic[..slash];
        return topics.FirstOrDefault(t => t.Kind == kind) is { } known && await known.May(caller, id, Context.ConnectionAborted) ? LiveTopics.Of(caller.Tenant, kind, id) : null;
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
