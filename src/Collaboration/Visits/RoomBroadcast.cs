using HealthTeams.Platform.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealthTeams.Collaboration.Visits;

/// <summary>
/// Keeps the rooms of this host current: hears every visit event (of whatever host), reads the room once and sends
/// each connected seat its own view. Refreshes presence of the living connections every 15 seconds, in one statement a tenant.
/// </summary>
public sealed class RoomBroadcast(Db db, RoomConnections connections, IHubContext<RoomHub> hub, IceServers ice, LiveRelay relay, ILogger<RoomBroadcast> log) : BackgroundService
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        relay.Heard += Heard;
        using var timer = new PeriodicTimer(Heartbeat);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await Beat(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            relay.Heard -= Heard;
        }
    }

    public async Task<RoomState?> StateFor(int tenant, Guid visit, Guid participant, CancellationToken stop) =>
        (await Read(tenant, visit, stop)).For(participant, connections.Media, ice.For(participant, db.Clock.GetUtcNow()));

    public async Task Changed(int tenant, Guid visit, CancellationToken stop)
    {
        var here = connections.In(tenant, visit);
        if (here.Count == 0) return;
        var room = await Read(tenant, visit, stop);
        foreach (var seat in here)
        {
            if (room.For(seat.Participant, connections.Media, ice.For(seat.Participant, room.Now)) is not { } state) continue;
            await hub.Clients.Group(RoomConnections.GroupOf(seat.Participant)).SendAsync("state", state, stop);
            if (new Visit { Status = room.Status }.Over) await hub.Clients.Group(RoomConnections.GroupOf(seat.Participant)).SendAsync("ended", stop);
        }
    }

    public async Task Chat(int tenant, Guid visit, ChatLine line, CancellationToken stop)
    {
        var room = await Read(tenant, visit, stop);
        foreach (var seat in room.Seats.Where(s => s.Role == SeatRole.Host || s.State is SeatState.InCall or SeatState.Admitted))
        {
            await hub.Clients.Group(RoomConnections.GroupOf(seat.Id)).SendAsync("chat", line, stop);
        }
    }

    public async Task<bool> BothInCall(RoomSeat from, Guid to, CancellationToken stop)
    {
        var room = await Read(from.Tenant, from.Visit, stop);
        return room.Seats.Count(s => (s.Id == from.Participant || s.Id == to) && s.State == SeatState.InCall) == 2;
    }

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

    private async Task Beat(CancellationToken stop)
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

    private void Heard(LiveChange change, IReadOnlyList<string> groups)
    {
        if (!change.Subject.StartsWith("visit/", StringComparison.Ordinal)) return;
        var visit = Guid.Parse(change.Subject.AsSpan("visit/".Length));
        foreach (var tenant in connections.All().Where(s => s.Visit == visit).Select(s => s.Tenant).Distinct()) _ = Tell(tenant, visit);
    }

    private async Task Tell(int tenant, Guid visit)
    {
        try
        {
            await Changed(tenant, visit, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            log.LogWarning("A room could not be refreshed: {Reason}", e.Message);
        }
    }

    private Task<RoomSnapshot> Read(int tenant, Guid visit, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => RoomSnapshot.Read(tx, visit), stop);
}
