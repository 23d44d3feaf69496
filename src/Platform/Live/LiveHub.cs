using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace HealthTeams.Platform.Live;

/// <summary>
/// Live updates for staff pages at /live. A page watches topics ("visits", "messages"); it is told kind and subject id,
/// never clinical text, and fetches what it may see. Authorised at connection and at every reconnect.
/// </summary>
[Authorize(Policy = "staff")]
public sealed class LiveHub : Hub
{
    /// <summary>Topics: "visits" (the tenant's visit list), "messages" (one's own).</summary>
    public async Task Watch(string topic)
    {
        var caller = Caller.Of(Context.GetHttpContext()!) ?? throw new HubException("login");
        var group = LiveTopics.Group(caller, topic) ?? throw new HubException("forbidden");
        await Groups.AddToGroupAsync(Context.ConnectionId, group);
    }
}

public static class LiveTopics
{
    public static string? Group(Caller caller, string topic) => topic switch
    {
        "visits" => Visits(caller.Tenant),
        "messages" when caller.Person is { } person => Messages(caller.Tenant, person),
        _ => null,
    };

    public static string Visits(int tenant) => $"t{tenant}:visits";
    public static string Messages(int tenant, Guid person) => $"t{tenant}:messages:{person}";
}

/// <summary>Which live groups an event goes to; declared by the slices.</summary>
public sealed record LiveRoute(Func<Event, IEnumerable<string>> Groups);

/// <summary>What a page receives as "changed".</summary>
public sealed record LiveChange(string Kind, string Subject, Guid Event);
