using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Platform.Live;

/// <summary>A kind of event after which a person named among its groups may no longer see what they watch (a member removed).</summary>
public sealed record LiveEnd(string Kind);

/// <summary>
/// Who watches what on this host, so that a right that ends ends the line at once: the person's topics are dropped before the
/// event itself is told, then those they still may watch are taken up again and their pages look anew.
/// </summary>
public sealed class LiveWatches(IEnumerable<LiveEnd> ends, IHubContext<LiveHub> hub, TimeProvider clock, ILogger<LiveWatches> log)
{
    private readonly HashSet<string> ends = [.. ends.Select(e => e.Kind)];
    private readonly ConcurrentDictionary<string, Line> lines = new();

    /// <summary>Told before the right is checked: an end that comes in between is not missed.</summary>
    internal Watch Begin(string connection, Caller caller, LiveTopic topic, Guid id)
    {
        var watch = new Watch(topic, id, LiveTopics.Of(caller.Tenant, topic.Kind, id));
        lines.GetOrAdd(connection, _ => new Line(caller)).Watches[watch.Group] = watch;
        return watch;
    }

    /// <returns>False, as what was not allowed.</returns>
    internal bool End(string connection, Watch watch)
    {
        if (lines.TryGetValue(connection, out var line)) line.Watches.TryRemove(watch.Group, out _);
        return false;
    }

    internal void Forget(string connection) => lines.TryRemove(connection, out _);

    internal async Task Ended(string kind, IReadOnlyList<string> groups, CancellationToken stop)
    {
        if (!ends.Contains(kind)) return;
        var concerned = lines.Where(l => l.Value.Caller.Person is { } person && groups.Contains(LiveTopics.Person(l.Value.Caller.Tenant, person))).ToList();
        foreach (var (connection, line) in concerned)
        {
            line.Former = [.. line.Watches.Values];
            foreach (var (group, watch) in line.Watches)
            {
                watch.Over = true;
                line.Watches.TryRemove(group, out _);
                await hub.Groups.RemoveFromGroupAsync(connection, group, stop);
            }
        }
        // The questions to the database come after: other people's updates do not wait for them.
        _ = Endless.Once("Taking up live lines again", s => Again(concerned, s), log, CancellationToken.None);
    }

    private async Task Again(List<KeyValuePair<string, Line>> concerned, CancellationToken stop)
    {
        foreach (var (connection, line) in concerned)
        {
            foreach (var was in line.Former.ToList())
            {
                var watch = Begin(connection, line.Caller, was.Topic, was.Id);
                if (await was.Topic.May(line.Caller, was.Id, stop) && !watch.Over) await hub.Groups.AddToGroupAsync(connection, watch.Group, stop);
                else line.Watches.TryRemove(watch.Group, out _);
            }
            await hub.Clients.Client(connection).SendAsync("changed", new LiveChange("live.reset", "", Guid.CreateVersion7(clock.GetUtcNow())), stop);
        }
    }

    internal sealed class Watch(LiveTopic topic, Guid id, string group)
    {
        public LiveTopic Topic { get; } = topic;
        public Guid Id { get; } = id;
        public string Group { get; } = group;
        public volatile bool Over;
    }

    internal sealed class Line(Caller caller)
    {
        public Caller Caller { get; } = caller;
        public ConcurrentDictionary<string, Watch> Watches { get; } = new();
        public IEnumerable<Watch> Former { get; set; } = [];
    }
}
