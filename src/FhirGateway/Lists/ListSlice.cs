using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>http://hl7.org/fhir/R4/list.html: a List that names a team becomes its list, and the entries of a List that is a list of ours come and go with it; any other List is kept as sent.</summary>
internal sealed class ListSlice(ListDoor door, Lazy<ListProjection> projection) : IResourceSlice
{
    public const string ListTeam = "https://healthteams.example/fhir/StructureDefinition/list-team";

    public string Type => "List";
    public int Order => 3;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var (id, resource, unheard) in written)
        {
            var known = !unheard && await door.Knows(tx, id);
            var team = !known && resource is { } asked ? Team(asked) : null;
            if (!known && team is null) continue;
            if (resource is not { } list) return Problem.Conflict("This List is a list of a team; it is removed on its page.", "list-of-team");
            var (references, refused) = References(list);
            if (refused is not null) return refused;
            var patients = await read(references);
            if (references.FirstOrDefault(r => !patients.ContainsKey(r)) is { } nobody) return Problem.Unprocessable($"{nobody} is not known here.", "List.entry.item", "not-found");
            var said = references.Select(r => PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, r, patients[r], null)).ToList();
            if (!known && FhirJson.Text(list, "status") != "current") continue; // retired before it was ever anybody's
            if (await (team is { } of ? door.Make(tx, id, of, FhirJson.Text(list, "title"), said) : door.Entries(tx, id, FhirJson.Text(list, "title"), said)) is { } no) return no;
            await projection.Value.GroupOnly(tx, id);
        }
        return null;
    }

    /// <summary>Whose list it is to become: a CareTeam with the team's id, in our extension.</summary>
    private static Guid? Team(JsonElement list)
    {
        var extension = FhirJson.Items(list, "extension").FirstOrDefault(e => FhirJson.Text(e, "url") == ListTeam);
        return extension.ValueKind == JsonValueKind.Object && FhirJson.Text(extension, "valueReference", "reference") is { } reference && Reference.Split(reference) is { Type: "CareTeam", Id: var id } && Guid.TryParse(id, out var team) ? team : null;
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
