using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Tenants;

namespace HealthTeams.FhirGateway.Encounters;

internal sealed class EncounterSlice(VisitDoor door, TenantDirectory tenants, Lazy<VisitProjection> projection) : IResourceSlice
{
    public string Type => "Encounter";
    public int Order => 2;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var stored = written.Where(w => w.Resource is not null).Select(w => (w.Id, Resource: w.Resource!.Value)).ToList();
        var resources = await read(stored.SelectMany(w => EncounterToVisit.References(w.Resource)));
        var zone = (await tenants.Find(tx.Tenant, tx.Stop))!.Zone;
        var bookings = stored.Select(w => (w.Resource, Booking: EncounterToVisit.Map(w.Resource, Guid.Empty, w.Id, resources, zone))).Where(w => w.Booking is not null).ToList();
        var visits = await door.Book(tx, [.. bookings.Select(w => w.Booking!)]);
        for (var i = 0; i < visits.Count; i++)
        {
            if (FhirJson.Text(bookings[i].Resource, "status") is { } said && VisitStatuses.EncounterRank(said) != VisitStatuses.EncounterRank(VisitStatuses.Encounter(visits[i].Status)))
            {
                await projection.Value.Project(tx, visits[i].Id);
            }
        }
        return null;
    }
}
