using System.Threading.Channels;
using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Collaboration.Visits;

/// <summary>
/// Keeps the rooms of this host current: hears every visit event (of whatever host), reads the room and sends each
/// connected seat its own view. One reader for all rooms, so an older view is never sent after a newer one; a room that
/// changes while it waits its turn is read once. Presence of living connections is refreshed every 15 seconds.
/// </summary>
public sealed class RoomBroadcast(Db db, RoomConnections connections, IHubContext<RoomHub> hub, IceServers ice, LiveRelay relay, ILogger<RoomBroadcast> log) : BackgroundService
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private readonly Channel<RoomKey> stale = Channel.CreateUnbounded<RoomKey>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<RoomKey> waiting = [];

    private readonly record struct RoomKey(int Tenant, Guid Visit);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        relay.Heard += Heard;
        relay.Relistened += All;
        stoppingToken.Register(() =>
        {
            relay.Heard -= Heard;
            relay.Relistened -= All;
        });
        return Task.WhenAll(Refresh(stoppingToken), Presence(stoppingToken));
    }

    public async Task<RoomState?> StateFor(int tenant, Guid visit, Guid participant, CancellationToken stop) =>
        (await Read(tenant, visit, stop)).For(participant, connections.Media, ice.For(participant, db.Clock.GetUtcNow()));

    /// <summary>This room is to be shown anew, soon.</summary>
    public void Changed(int tenant, Guid visit)
    {
        var room = new RoomKey(tenant, visit);
        lock (waiting)
        {
            if (!waiting.Add(room)) return;
        }
        stale.Writer.TryWrite(room);
    }

    public async Task Chat(int tenant, Guid visit, ChatLine line, CancellationToken stop)
    {
        var room = await Read(tenant, visit, stop);
        foreach (var seat in room.Seats.Where(s => (s.Role == SeatRole.Host && s.State != SeatState.Removed) || s.State is SeatState.InCall or SeatState.Admitted))
        {
            await hub.Clients.Group(RoomConnections.GroupOf(seat.Id)).SendAsync("chat", line, stop);
        }
    }

    public Task<bool> BothInCall(RoomSeat from, Guid to, CancellationToken stop) => db.In(from.Tenant, Actor.Product, tx => tx.Scalar<bool>("""
        select count(*) = 2 from collab.participant p join collab.visit v on v.tenant = p.tenant and v.id = p.visit
        where p.tenant = @Tenant and p.visit = @Visit and p.id in (@Participant, @to) and p.state = 'InCall' and v.status in ('Booked', 'Arrived', 'InProgress')
        """, new { tx.Tenant, from.Visit, from.Participant, to }), stop);

    internal async Task Lost(RoomSeat seat)
    {
        try
        {
            await db.In(seat.Tenant, Actor.Product, async tx =>
            {
                await tx.Execute("update collab.participant set connected_until = @Now where tenant = @Tenant and id = @Participant",
                    new { tx.Tenant, tx.Now, seat.Participant });
                tx.Publish("visit.disconnected", $"visit/{seat.Visit}", null, new { participant = seat.Participant });
            }, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            // Presence runs out by itself: nothing depends on this being written.
            log.LogWarning("A lost connection could not be noted: {Reason}", e.Message);
        }
    }

    private async Task Refresh(CancellationToken stop)
    {
        await foreach (var room in stale.Reader.ReadAllAsync(stop))
        {
            lock (waiting) waiting.Remove(room);
            try
            {
                await Show(room, stop);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                log.LogWarning("A room waits for the database: {Reason}", e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), stop);
                Changed(room.Tenant, room.Visit);
            }
        }
    }

    private async Task Show(RoomKey key, CancellationToken stop)
    {
        var here = connections.In(key.Tenant, key.Visit);
        if (here.Count == 0) return;
        var room = await Read(key.Tenant, key.Visit, stop);
        var over = new Visit { Status = room.Status }.Over;
        foreach (var seat in here)
        {
            var group = hub.Clients.Group(RoomConnections.GroupOf(seat.Participant));
            if (room.For(seat.Participant, connections.Media, ice.For(seat.Participant, room.Now)) is { } state) await group.SendAsync("state", state, stop);
            if (over) await group.SendAsync("ended", stop);
        }
    }

    private async Task Presence(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Heartbeat, db.Clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            foreach (var tenant in connections.All().GroupBy(s => s.Tenant))
            {
                try
                {
                    await db.In(tenant.Key, Actor.Product, tx => tx.Execute(
                        "update collab.participant set connected_until = @until where tenant = @Tenant and id = any(@ids)",
                        new { tx.Tenant, until = tx.Now + Rooms.Presence, ids = tenant.Select(s => s.Participant).ToArray() }), stop);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
                {
                    log.LogWarning("Presence waits for the database: {Reason}", e.Message);
                }
            }
        }
    }

    /// <summary>Nobody knows what was said while nobody listened.</summary>
    private void All()
    {
        foreach (var seat in connections.All()) Changed(seat.Tenant, seat.Visit);
    }

    private void Heard(LiveChange change, IReadOnlyList<string> groups)
    {
        if (!change.Subject.StartsWith("visit/", StringComparison.Ordinal)) return;
        var visit = Guid.Parse(change.Subject.AsSpan("visit/".Length));
        foreach (var tenant in connections.All().Where(s => s.Visit == visit).Select(s => s.Tenant).Distinct()) Changed(tenant, visit);
    }

    private Task<RoomSnapshot> Read(int tenant, Guid visit, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => RoomSnapshot.Read(tx, visit), stop);
}
