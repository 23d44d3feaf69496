using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace HealthTeams.Collaboration.Visits;

/// <summary>
/// Signalling and state of visit rooms at /hubs/room. The connection proves its seat by the session's cookie, then by
/// a ticket; the server relays signals only between people who are both in the call of the same visit.
/// </summary>
[Authorize(Policy = "seat")]
public sealed class RoomHub(Rooms rooms, RoomConnections connections, RoomBroadcast broadcast) : Hub
{
    private Caller Me => Caller.Of(Context.GetHttpContext()!) ?? throw new HubException("login");
    private CancellationToken Stop => Context.ConnectionAborted;

    public async Task<RoomState> Enter(string ticket)
    {
        var seat = Must(await rooms.Enter(Me, ticket, Stop));
        connections.Add(Context.ConnectionId, new RoomSeat(Me.Tenant, seat.Visit, seat.Id));
        await Groups.AddToGroupAsync(Context.ConnectionId, RoomConnections.GroupOf(seat.Id));
        return await broadcast.StateFor(Me.Tenant, seat.Visit, seat.Id, Stop) ?? throw new HubException("seat-unknown");
    }

    public async Task<string> RenewTicket() => Must(await rooms.Ticket(Entered(), Stop));
    public async Task Wait() => Must(await rooms.Wait(Entered(), Stop));
    public async Task Admit(Guid participantId) => Must(await rooms.Admit(Entered(), participantId, Stop));
    public async Task Remove(Guid participantId) => Must(await rooms.Remove(Entered(), participantId, Stop));
    public async Task JoinCall() => Must(await rooms.JoinCall(Entered(), Stop));
    public async Task LeaveCall() => Must(await rooms.LeaveCall(Entered(), Stop));
    public async Task EndVisit() => Must(await rooms.End(Entered(), Stop));

    /// <summary>Relays an offer, answer or candidate. The sender is named by the server, never by the client.</summary>
    public async Task Signal(Guid toParticipantId, string json)
    {
        var from = connections.Of(Context.ConnectionId) ?? throw new HubException("enter-first");
        if (json.Length > 64_000) throw new HubException("too-long");
        if (!await broadcast.BothInCall(from, toParticipantId, Stop)) throw new HubException("not-in-call");
        await Clients.Group(RoomConnections.GroupOf(toParticipantId)).SendAsync("signal", from.Participant, json, Stop);
    }

    public void Media(MediaState media)
    {
        var seat = connections.Of(Context.ConnectionId) ?? throw new HubException("enter-first");
        connections.SetMedia(seat.Participant, media);
        broadcast.Changed(seat.Tenant, seat.Visit);
    }

    public async Task Chat(string text)
    {
        var me = Entered();
        var line = Must(await rooms.Say(me, text, Stop));
        await broadcast.Chat(me.Tenant, me.Seat!.Visit, line, Stop);
    }

    /// <summary>A lost connection changes presence only: the visit, the seat and their times stay as they are.</summary>
    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (connections.Remove(Context.ConnectionId) is { } seat) await broadcast.Lost(seat);
        await base.OnDisconnectedAsync(exception);
    }

    private Caller Entered() => connections.Of(Context.ConnectionId) is null ? throw new HubException("enter-first") : Me;

    private static T Must<T>(Outcome<T> outcome) => outcome.Ok ? outcome.Value : throw new HubException($"{outcome.Problem.Code}: {outcome.Problem.Detail}");
}

public sealed record RoomSeat(int Tenant, Guid Visit, Guid Participant);

/// <summary>This host's connections to rooms, and what their microphones and cameras are doing.</summary>
public sealed class RoomConnections
{
    private static readonly MediaState Silent = new(false, false, false);
    private readonly ConcurrentDictionary<string, RoomSeat> seats = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, MediaState> media = new();

    public static string GroupOf(Guid participant) => $"seat:{participant}";
    public void Add(string connection, RoomSeat seat) => seats[connection] = seat;
    public RoomSeat? Of(string connection) => seats.GetValueOrDefault(connection);
    public void SetMedia(Guid participant, MediaState state) => media[participant] = state;
    public MediaState Media(Guid participant) => media.GetValueOrDefault(participant, Silent);
    public IReadOnlyList<RoomSeat> All() => [.. seats.Values.Distinct()];
    public IReadOnlyList<RoomSeat> In(int tenant, Guid visit) => [.. seats.Values.Where(s => s.Tenant == tenant && s.Visit == visit).Distinct()];

    /// <returns>The seat, when this was its last connection here.</returns>
    public RoomSeat? Remove(string connection)
    {
        if (!seats.TryRemove(connection, out var seat) || seats.Values.Contains(seat)) return null;
        media.TryRemove(seat.Participant, out _);
        return seat;
    }
}
