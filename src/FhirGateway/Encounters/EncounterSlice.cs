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

    public async Task<Problem?> Apply(Tx tx, string id, JsonElement resource, ReadReferences read)
    {
        var resources = await read(EncounterToVisit.References(resource));
        if (EncounterToVisit.Map(resource, Guid.Empty, id, resources, (await tenants.Find(tx.Tenant, tx.Stop))!.Zone) is not { } booking) return null;
        // The patient and clinicians of the appointment stand; an encounter that names none does not clear them.
        var visit = await door.Book(tx, booking);
        if (FhirJson.Text(resource, "status") is { } said && VisitStatuses.EncounterRank(said) != VisitStatuses.EncounterRank(VisitStatuses.Encounter(visit.Status)))
        {
            await projection.Value.Project(tx, visit.Id);
        }
        return null;
    }
}
