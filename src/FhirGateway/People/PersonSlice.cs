using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.People;

/// <summary>A changed Patient or Practitioner changes the person we know by it; nobody is made before something refers to them.</summary>
internal sealed class PersonSlice(string type, PersonKind kind, VisitDoor door) : IResourceSlice
{
    public string Type => type;
    public int Order => 0;

    public async Task<Problem?> Apply(Tx tx, string id, JsonElement resource, ReadReferences read)
    {
        var reference = $"{type}/{id}";
        var known = await tx.Scalar<bool>(
            "select exists (select from collab.person_key where tenant = @Tenant and source = @source and reference = @reference)",
            new { tx.Tenant, source = Guid.Empty, reference });
        if (known) await door.Person(tx, PersonFromFhir.Map(kind, Guid.Empty, reference, resource, null));
        return null;
    }
}
