namespace HealthTeams.SmartLauncher.Sessions;

/// <summary>Seats die with their visit: the sessions keep the page after it open for a while, then end.</summary>
internal sealed class EndSeats(Db db) : IEventConsumer
{
    public static readonly EventRoute Route = new("seats", e => e.Kind is "visit.finished" or "visit.cancelled" or "visit.noshow");

    public string Name => Route.Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        await db.In(e.Tenant, Actor.Product, tx => VisitSessions.EndVisit(tx, e.SubjectId), stop);
        return null;
    }
}
