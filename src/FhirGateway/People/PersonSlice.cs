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

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var heard = written.Where(w => w is { Unheard: false, Resource: not null }).ToDictionary(w => $"{type}/{w.Id}", w => w.Resource!.Value);
        if (heard.Count == 0) return null;
        var known = await tx.Query<string>(
            "select reference from collab.person_key where tenant = @Tenant and source = @source and reference = any(@references)",
            new { tx.Tenant, source = Guid.Empty, references = heard.Keys.ToArray() });
        await door.People(tx, [.. known.Select(reference => PersonFromFhir.Map(kind, Guid.Empty, reference, heard[reference], null))]);
        return null;
    }
}
