using System.Collections.Concurrent;
using Dapper;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>Looks, once for all sockets of this host, which of their subscriptions have something new, or are no more.</summary>
internal sealed class SocketWatch(Db db, SubscriptionBell bell, ILogger<SocketWatch> log) : BackgroundService
{
    public const int MostSockets = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<OpenSocket, bool> open = new();
    private int count;

    /// <returns>False when this host holds as many as it will.</returns>
    public bool TryAdd(OpenSocket socket)
    {
        if (Interlocked.Increment(ref count) > MostSockets)
        {
            Interlocked.Decrement(ref count);
            return false;
        }
        open[socket] = true;
        return true;
    }

    public void Remove(OpenSocket socket)
    {
        if (open.TryRemove(socket, out _)) Interlocked.Decrement(ref count);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Endless.Run("The subscriptions' websockets", Round, log, stoppingToken);

    private async Task Round(CancellationToken stop)
    {
        var rung = bell.Next;
        var bound = open.Keys.SelectMany(s => s.Bound.Keys.Select(id => (s.Tenant, Id: id))).Distinct().ToList();
        if (bound.Count > 0)
        {
            await using var connection = await db.Worker.OpenConnectionAsync(stop);
            var news = (await connection.QueryAsync<(int Tenant, string Id, long Last)>(new CommandDefinition("""
                select s.tenant, s.id, s.last from unnest(@tenants, @ids) as b (tenant, id)
                join fhir.subscription s on s.tenant = b.tenant and s.id = b.id and s.state = 'active' and s.channel = 'websocket'
                """, new { tenants = bound.Select(b => b.Tenant).ToArray(), ids = bound.Select(b => b.Id).ToArray() }, cancellationToken: stop)))
                .ToDictionary(n => (n.Tenant, n.Id), n => n.Last);
            foreach (var socket in open.Keys) socket.Hear(news);
        }
        await SubscriptionBell.Wait(rung, Every, stop);
    }
}

/// <summary>One connection: what it is bound to, and up to which notice it has been told.</summary>
internal sealed class OpenSocket
{
    public int Tenant { get; set; }
    public ConcurrentDictionary<string, Binding> Bound { get; } = new(StringComparer.Ordinal);
    public ConcurrentQueue<string> Over { get; } = new();
    public Bell News { get; } = new();

    public void Hear(Dictionary<(int, string), long> last)
    {
        foreach (var (id, binding) in Bound)
        {
            if (!last.TryGetValue((Tenant, id), out var newest)) Over.Enqueue(id);
            else if (newest <= binding.Told) continue;
            binding.Newest = newest;
            News.Ring();
        }
    }
}

/// <summary>What a socket has been told of one subscription, and what there is to tell.</summary>
internal sealed class Binding(long told, int? heartbeat, Actor reader)
{
    /// <summary>Who is told, for the record of reads.</summary>
    public Actor Reader => reader;

    public long Told { get; set; } = told;
    public long Newest { get; set; } = told;
    public int? Heartbeat => heartbeat;
    public long LastSaid { get; set; } = TimeProvider.System.GetTimestamp();
}
