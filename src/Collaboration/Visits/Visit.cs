using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Visits;

/// <summary>Where a visit stands. The product decides it once somebody arrived; until then the EHR's booking does.</summary>
public enum VisitStatus { Booked, Arrived, InProgress, Finished, NoShow, Cancelled }

/// <summary>What a booking says, in the words of R4 Appointment.status and Encounter.status, reduced to what matters here.</summary>
public enum BookingState { Booked, Arrived, InProgress, Finished, NoShow, Cancelled }

/// <summary>
/// Who a visit is for whom (decision record 0002): the source is the EHR registration (Guid.Empty: our own FHIR API),
/// the kind "Appointment" or "Encounter", the id that system's logical id.
/// </summary>
public sealed record VisitKey(Guid Source, string Kind, string Id);

/// <summary>A visit as an EHR booked it, free of FHIR types. Null means "not said", which leaves what is known.</summary>
public sealed record VisitBooking(
    IReadOnlyList<VisitKey> Keys,
    IReadOnlyList<Identifier> Identifiers,
    BookingState? State,
    DateTimeOffset? Start,
    DateTimeOffset? End,
    string? Reason,
    string? Service,
    string? Location,
    PersonSaid? Patient,
    IReadOnlyList<PersonSaid> Clinicians);

/// <summary>A visit's own state.</summary>
public record Visit
{
    public Guid Id { get; init; }
    public VisitStatus Status { get; init; }
    public DateTimeOffset? StartAt { get; init; }
    public DateTimeOffset? EndAt { get; init; }
    public string? Reason { get; init; }
    public string? Service { get; init; }
    public string? Location { get; init; }
    public Guid? Patient { get; init; }
    public DateTimeOffset? ArrivedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public DateTimeOffset? NoShowAt { get; init; }
    public long Version { get; init; }

    public bool Over => Status is VisitStatus.Finished or VisitStatus.NoShow or VisitStatus.Cancelled;
}
