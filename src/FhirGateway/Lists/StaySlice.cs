using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>http://hl7.org/fhir/R4/encounter.html: who lies where, for census lists. What is a visit is EncounterSlice's to say.</summary>
internal sealed class StaySlice(ListDoor door) : IResourceSlice
{
    public string Type => "Encounter";
    public int Order => 2;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var resources = await read(written.Where(w => w.Resource is not null).SelectMany(w => EncounterToStay.References(w.Resource!.Value)));
        await door.Stays(tx, [.. written.Select(w => w.Resource is { } encounter ? EncounterToStay.Map(w.Id, encounter, resources) : EncounterToStay.Gone(w.Id)).OfType<StaySaid>()]);
        return null;
    }
}

/// <summary>http://hl7.org/fhir/R4/location.html: wards, rooms and beds, and what they are part of.</summary>
internal sealed class PlaceSlice(ListDoor door) : IResourceSlice
{
    public string Type => "Location";
    public int Order => 1;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        await door.Places(tx,
            [.. written.Where(w => w.Resource is not null).Select(w => EncounterToStay.Place(w.Id, w.Resource!.Value))],
            [.. written.Where(w => w.Resource is null).Select(w => w.Id)]);
        return null;
    }
}
