using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Appointments;

internal sealed class AppointmentSlice(VisitDoor door, TenantDirectory tenants, Lazy<VisitProjection> projection) : IResourceSlice
{
    public string Type => "Appointment";
    public int Order => 1;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var stored = written.Where(w => w.Resource is not null).Select(w => (w.Id, Resource: w.Resource!.Value)).ToList();
        var resources = await read(stored.SelectMany(w => AppointmentToVisit.References(w.Resource)));
        var zone = (await tenants.Find(tx.Tenant, tx.Stop))!.Zone;
        var bookings = stored.Select(w => (w.Resource, Booking: AppointmentToVisit.Map(w.Resource, Guid.Empty, w.Id, resources, zone))).Where(w => w.Booking is not null).ToList();
        if (bookings.Exists(w => w.Booking!.End < w.Booking.Start)) return Problem.Unprocessable("The appointment ends before it starts.", "Appointment.end", "invariant");
        var visits = await door.Book(tx, [.. bookings.Select(w => w.Booking!)]);
        for (var i = 0; i < visits.Count; i++)
        {
            // What the product has decided stands: the next version says so, in this transaction.
            if (VisitStatuses.Appointment(visits[i].Status) is var truth && !VisitStatuses.Agree(FhirJson.Text(bookings[i].Resource, "status"), truth)) await projection.Value.Project(tx, visits[i].Id);
        }
        await Cancel(tx, [.. written.Where(w => w.Resource is null).Select(w => w.Id)]);
        return null;
    }

    /// <summary>A deleted appointment is one that does not take place.</summary>
    private async Task Cancel(Tx tx, string[] deleted)
    {
        if (deleted.Length == 0) return;
        var known = await tx.Query<string>(
            "select id from collab.visit_key where tenant = @Tenant and source = @own and kind = 'Appointment' and id = any(@deleted)", new { tx.Tenant, own = Guid.Empty, deleted });
        await door.Book(tx, [.. known.Select(id => new VisitBooking([new VisitKey(Guid.Empty, "Appointment", id)], [], BookingState.Cancelled, null, null, null, null, null, null, []))]);
    }
}
