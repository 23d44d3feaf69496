namespace HealthTeams.Web.Visits;

/// <summary>Where a visit belongs in the queue, most pressing first.</summary>
public enum VisitPlace { Waiting, InVisit, Late, Arrived, Booked, Finished, NoShow, Cancelled }

public sealed record VisitGroup(VisitPlace Place, IReadOnlyList<VisitRow> Rows)
{
    /// <summary>A few minutes are nobody's lateness.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    public static IReadOnlyList<VisitGroup> Of(VisitDay day) =>
        [.. day.Visits
            .GroupBy(row => PlaceOf(row, day.Now))
            .OrderBy(group => group.Key)
            .Select(group => new VisitGroup(group.Key, [.. group.OrderBy(row => Order(group.Key, row)).ThenBy(row => row.Patient, StringComparer.Ordinal)]))];

    public static VisitPlace PlaceOf(VisitRow row, DateTimeOffset now) => row switch
    {
        { Status: VisitStatus.Cancelled } => VisitPlace.Cancelled,
        { Status: VisitStatus.NoShow } => VisitPlace.NoShow,
        { Status: VisitStatus.Finished } => VisitPlace.Finished,
        { Status: VisitStatus.InProgress } => VisitPlace.InVisit,
        { WaitingCount: > 0 } => VisitPlace.Waiting,
        { Status: VisitStatus.Arrived } => VisitPlace.Arrived,
        _ when row.NoShowProposed || row.StartAt + Grace < now => VisitPlace.Late,
        _ => VisitPlace.Booked,
    };

    private static DateTimeOffset? Order(VisitPlace place, VisitRow row) => place switch
    {
        VisitPlace.Waiting => row.WaitingSince,
        VisitPlace.InVisit => row.StartedAt,
        _ => row.StartAt,
    };
}
