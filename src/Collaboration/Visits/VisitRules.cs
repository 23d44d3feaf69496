namespace HealthTeams.Collaboration.Visits;

/// <summary>What a booking does to a visit. Pure: the product's own decisions (who waits, who was seen) are never undone by an echo of them.</summary>
public static class VisitRules
{
    /// <summary>After this long past the start with nobody there, a no-show is proposed to the clinician; never decided for them.</summary>
    public static readonly TimeSpan NoShowAfter = TimeSpan.FromMinutes(15);

    /// <summary>A visit in progress with nobody connected for this long is over; a dropped connection alone never ends it.</summary>
    public static readonly TimeSpan OverAfterEmpty = TimeSpan.FromMinutes(30);

    public static VisitStatus Status(Visit? current, VisitBooking booking, DateTimeOffset now)
    {
        if (current is null) return Map(booking.State ?? BookingState.Booked);
        if (booking.State is not { } said) return current.Status;
        return current.Status switch
        {
            VisitStatus.Booked => Map(said),
            VisitStatus.Arrived => said switch
            {
                BookingState.Booked => VisitStatus.Arrived,
                _ => Map(said),
            },
            // Somebody is being seen: only the end may come from outside.
            VisitStatus.InProgress => said == BookingState.Finished ? VisitStatus.Finished : VisitStatus.InProgress,
            VisitStatus.Cancelled => Map(said),
            // Booked anew for a later time.
            VisitStatus.NoShow when said == BookingState.Booked && booking.Start > now && booking.Start != current.StartAt => VisitStatus.Booked,
            _ => current.Status,
        };
    }

    public static bool NoShowProposed(VisitStatus status, DateTimeOffset? start, DateTimeOffset now) =>
        status == VisitStatus.Booked && start + NoShowAfter <= now;

    /// <summary>What the change is called in events.</summary>
    public static string Kind(Visit? before, Visit after) => (before, after) switch
    {
        (null, { Status: VisitStatus.Cancelled }) => "visit.cancelled",
        (null, _) => "visit.booked",
        ({ Status: not VisitStatus.Cancelled }, { Status: VisitStatus.Cancelled }) => "visit.cancelled",
        // Ended by the EHR, which need not be told.
        ({ Over: false }, { Over: true }) => "visit.ended",
        _ when before.StartAt != after.StartAt => "visit.rescheduled",
        _ => "visit.changed",
    };

    private static VisitStatus Map(BookingState state) => state switch
    {
        BookingState.Booked => VisitStatus.Booked,
        BookingState.Arrived => VisitStatus.Arrived,
        BookingState.InProgress => VisitStatus.InProgress,
        BookingState.Finished => VisitStatus.Finished,
        BookingState.NoShow => VisitStatus.NoShow,
        _ => VisitStatus.Cancelled,
    };
}
