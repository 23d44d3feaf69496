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

    public async Task<Problem?> Apply(Tx tx, string id, JsonElement resource, ReadReferences read)
    {
        var resources = await read(AppointmentToVisit.References(resource));
        if (AppointmentToVisit.Map(resource, Guid.Empty, id, resources, (await tenants.Find(tx.Tenant, tx.Stop))!.Zone) is not { } booking) return null;
        if (booking.End < booking.Start) return Problem.Unprocessable("The appointment ends before it starts.", "Appointment.end", "invariant");
        var visit = await door.Book(tx, booking);
        // What the product has decided stands: the next version says so, in this transaction.
        if (VisitStatuses.Appointment(visit.Status) is var truth && !VisitStatuses.Agree(FhirJson.Text(resource, "status"), truth)) await projection.Value.Project(tx, visit.Id);
        return null;
    }

    public async Task Remove(Tx tx, string id)
    {
        var known = await tx.Scalar<bool>(
            "select exists (select from collab.visit_key where tenant = @Tenant and source = @own and kind = 'Appointment' and id = @id)", new { tx.Tenant, own = Guid.Empty, id });
        if (known) await door.Book(tx, new VisitBooking([new VisitKey(Guid.Empty, "Appointment", id)], [], BookingState.Cancelled, null, null, null, null, null, null, []));
    }
}
