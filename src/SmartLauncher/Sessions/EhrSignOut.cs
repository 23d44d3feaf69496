using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.SmartLauncher.Sessions;

/// <summary>
/// The EHR's tokens end with what they were for (SMART-A30): at the visit's end, after its status was written back, and when
/// a person signs out. Where the status is written with the launch's own token, that one stays until the visit ends.
/// </summary>
internal sealed class EhrSignOut(Db db, LaunchTokens tokens) : IEventConsumer
{
    public static readonly EventRoute Route = new("ehr-sign-out",
        e => e.Kind is "visit.finished" or "visit.cancelled" or "visit.noshow" or "visit.ended" or "seat.signed-out");

    public string Name => Route.Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        if (e.Kind is "seat.signed-out") return Person(e) is { } person ? await tokens.End(e.Tenant, e.SubjectId, person, stop) : null;
        // The write-back of the same event is mostly done in a moment; what takes longer is come back to.
        for (var look = 0; ; look++)
        {
            var (over, waits) = await db.In(e.Tenant, Actor.Product, tx => State(tx, e), stop);
            if (!over) return null;
            if (!waits) return await tokens.End(e.Tenant, e.SubjectId, null, stop);
            if (look == Looks) return new Problem(503, "write-back-first", "The visit's status is written to the EHR first.");
            await Task.Delay(Between, stop);
        }
    }

    private const int Looks = 20;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private static async Task<(bool Over, bool WriteBackWaits)> State(Tx tx, Event e) => (
        await tx.Scalar<bool>("select status = any(@over) from collab.visit where tenant = @Tenant and id = @id", new { tx.Tenant, id = e.SubjectId, over = Over }),
        await tx.Scalar<bool>("""
            select exists (select from platform.delivery d join platform.event v on v.tenant = d.tenant and v.id = d.event
              where d.tenant = @Tenant and d.consumer = 'ehr' and d.parked_at is null and v.subject = @Subject)
            """, new { tx.Tenant, e.Subject }));

    private static readonly string[] Over = [nameof(VisitStatus.Finished), nameof(VisitStatus.NoShow), nameof(VisitStatus.Cancelled)];

    private static Guid? Person(Event e)
    {
        using var data = JsonDocument.Parse(e.Data);
        return data.RootElement.TryGetProperty("person", out var id) && id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var person) ? person : null;
    }
}
