using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>http://hl7.org/fhir/R4/list.html: the entries of a List that is a list of ours come and go with it; any other List is kept as sent.</summary>
internal sealed class ListSlice(ListDoor door, Lazy<ListProjection> projection) : IResourceSlice
{
    public string Type => "List";
    public int Order => 3;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var (id, resource, unheard) in written)
        {
            if (unheard || !await door.Knows(tx, id)) continue;
            if (resource is not { } list) return Problem.Conflict("This List is a list of a team; it is removed on its page.", "list-of-team");
            var (references, refused) = References(list);
            if (refused is not null) return refused;
            var patients = await read(references);
            if (references.FirstOrDefault(r => !patients.ContainsKey(r)) is { } nobody) return Problem.Unprocessable($"{nobody} is not known here.", "List.entry.item", "not-found");
            var said = references.Select(r => PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, r, patients[r], null)).ToList();
            if (await door.Entries(tx, id, FhirJson.Text(list, "title"), said) is { } no) return no;
            await projection.Value.GroupOnly(tx, id);
        }
        return null;
    }

    private static (List<string>, Problem?) References(JsonElement list)
    {
        var references = new List<string>();
        foreach (var (entry, position) in FhirJson.Items(list, "entry").Select((e, i) => (e, i)))
        {
            if (entry.TryGetProperty("deleted", out var deleted) && deleted.ValueKind == JsonValueKind.True) continue;
            if (FhirJson.Text(entry, "item", "reference") is not { } reference || Reference.Split(reference).Type != "Patient")
            {
                return ([], Problem.Unprocessable("An entry of a list of patients refers to a Patient.", $"List.entry[{position}].item", "invariant"));
            }
            if (!references.Contains(reference)) references.Add(reference);
        }
        return (references, null);
    }
}
