namespace HealthTeams.Collaboration.Visits;

/// <summary>Host: clinician, admitted by being staff of the visit. Patient and Guest wait until admitted.</summary>
public enum SeatRole { Host, Patient, Guest }

/// <summary>How we know who this is; shown on the waiting list.</summary>
public enum KnownBy { Ehr, Staff, Link, Self }

public enum SeatState { Invited, Waiting, Admitted, InCall, Left, Removed }

/// <summary>One person's place in one visit's room: waiting → admitted → in call → left, kept in PostgreSQL.</summary>
public sealed record Participant
{
    public Guid Id { get; init; }
    public Guid Visit { get; init; }
    public SeatRole Role { get; init; }
    public Guid? Person { get; init; }
    public string Display { get; init; } = "";
    public KnownBy KnownBy { get; init; }
    public SeatState State { get; init; }
    public DateTimeOffset? WaitingSince { get; init; }
    public DateTimeOffset? AdmittedAt { get; init; }
    public bool Connected { get; init; }
}

/// <summary>Asks for a place in a visit's room. The same person gets the same place again, and so does the same link; a link's seat has no person.</summary>
public sealed record SeatRequest(Guid Visit, SeatRole Role, Guid? Person, string Display, KnownBy KnownBy, Guid? Link = null);
