using System.Text.Json;
using HealthTeams.Collaboration.Visits;

namespace HealthTeams.SmartLauncher.Sessions;

/// <summary>
/// Seats die with their visit: the sessions keep the page after it open for a while, then end. Those of somebody who was
/// removed, as is the old device of a link that moved, end at once.
/// </summary>
internal sealed class EndSeats(Db db, VisitSessions sessions) : IEventConsumer
{
    public static readonly EventRoute Route = new("seats",
        e => e.Kind is "visit.finished" or "visit.cancelled" or "visit.noshow" or "visit.ended" or "visit.removed");

    public string Name => Route.Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        if (e.Kind is "visit.removed")
        {
            if (Participant(e) is not { } participant) return null;
            await db.In(e.Tenant, Actor.Product, tx => VisitSessions.EndParticipant(tx, participant), stop);
            sessions.Forget(participant);
            return null;
        }
        await db.In(e.Tenant, Actor.Product, async tx =>
        {
            // A no-show can be taken back and a cancelled visit booked anew before this is delivered.
            var over = await tx.Scalar<bool>(
                "select status = any(@over) from collab.visit where tenant = @Tenant and id = @id for share", new { tx.Tenant, id = e.SubjectId, over = Over });
            if (over) await VisitSessions.EndVisit(tx, e.SubjectId);
        }, stop);
        return null;
    }

    private static readonly string[] Over = [nameof(VisitStatus.Finished), nameof(VisitStatus.NoShow), nameof(VisitStatus.Cancelled)];

    private static Guid? Participant(Event e)
    {
        using var data = JsonDocument.Parse(e.Data);
        return data.RootElement.TryGetProperty("participant", out var id) && id.TryGetGuid(out var participant) ? participant : null;
    }
}
