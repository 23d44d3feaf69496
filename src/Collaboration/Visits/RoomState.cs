namespace HealthTeams.Collaboration.Visits;

/// <summary>What one participant sees of the room; made per viewer, so nobody receives what they may not know.</summary>
public sealed record RoomState
{
    public Guid Visit { get; init; }
    public string Status { get; init; } = "";
    public DateTimeOffset Now { get; init; }
    public Guid Me { get; init; }
    public string Role { get; init; } = "";
    public string MyState { get; init; } = "";
    public IReadOnlyList<PersonInRoom> People { get; init; } = [];
    public IReadOnlyList<ChatLine> Chat { get; init; } = [];
    public IReadOnlyList<IceServer> IceServers { get; init; } = [];
}

public sealed record PersonInRoom(
    Guid Id, string Name, string Role, string KnownBy, string State, DateTimeOffset? WaitingSince, bool Connected, MediaState Media);

public sealed record MediaState(bool Mic, bool Camera, bool Screen);

public sealed record ChatLine
{
    public Guid Id { get; init; }
    public Guid From { get; init; }
    public string Name { get; init; } = "";
    public string Text { get; init; } = "";
    public DateTimeOffset At { get; init; }
}

/// <summary>As RTCIceServer in the browser.</summary>
public sealed record IceServer(string[] Urls, string? Username = null, string? Credential = null);

/// <summary>All of a room, read once; <see cref="For"/> cuts what a viewer may see.</summary>
internal sealed record RoomSnapshot(Guid Visit, VisitStatus Status, DateTimeOffset Now, IReadOnlyList<Participant> Seats, IReadOnlyList<ChatLine> Chat)
{
    public static async Task<RoomSnapshot> Read(Tx tx, Guid visit)
    {
        var status = await tx.Scalar<string>("select status from collab.visit where tenant = @Tenant and id = @visit", new { tx.Tenant, visit });
        var seats = (await tx.Query<Participant>($"""
            select {TakeSeat.Columns} from collab.participant p where p.tenant = @Tenant and p.visit = @visit order by p.created_at, p.id
            """, new { tx.Tenant, tx.Now, visit })).ToList();
        var chat = (await tx.Query<ChatLine>("""
            select c.id, c.participant as "From", p.display as Name, c.text, c.at
            from collab.room_chat c join collab.participant p on p.tenant = c.tenant and p.id = c.participant
            where c.tenant = @Tenant and c.visit = @visit
            order by c.id desc limit 500
            """, new { tx.Tenant, visit })).Reverse().ToList();
        return new RoomSnapshot(visit, Enum.Parse<VisitStatus>(status ?? nameof(VisitStatus.Cancelled)), tx.Now, seats, chat);
    }

    /// <summary>No patient's name to whoever only holds a link, before a clinician has looked at them (ARCHITECTURE, Media).</summary>
    public static string NameFor(Participant seat, Participant viewer) =>
        seat.Id == viewer.Id && seat is { Role: SeatRole.Patient, KnownBy: KnownBy.Link, AdmittedAt: null } ? "" : seat.Display;

    public RoomState? For(Guid viewer, Func<Guid, MediaState> media, IReadOnlyList<IceServer> ice)
    {
        var me = Seats.FirstOrDefault(s => s.Id == viewer);
        if (me is null) return null;
        var inside = me.Role == SeatRole.Host || me.State is SeatState.Admitted or SeatState.InCall or SeatState.Left && me.AdmittedAt is not null;
        // Group visits: those not admitted must not learn each other's names, nor do the admitted learn who waits.
        var visible = Seats.Where(s => s.Id == me.Id
            || (inside && (me.Role == SeatRole.Host ? s.State != SeatState.Removed : s.State is SeatState.InCall or SeatState.Admitted))
            || (!inside && s.Role == SeatRole.Host && s.Connected));
        return new RoomState
        {
            Visit = Visit, Status = Status.ToString(), Now = Now, Me = me.Id, Role = me.Role.ToString(), MyState = me.State.ToString(),
            People = [.. visible.Select(s => new PersonInRoom(s.Id, NameFor(s, me), s.Role.ToString(), s.KnownBy.ToString(), s.State.ToString(), s.WaitingSince, s.Connected, media(s.Id)))],
            Chat = inside ? Chat : [],
            IceServers = inside ? ice : [],
        };
    }
}
