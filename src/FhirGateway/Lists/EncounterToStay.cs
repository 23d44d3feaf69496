using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>http://hl7.org/fhir/R4/encounter.html → a stay. Pure. A virtual encounter is a visit and no stay.</summary>
internal static class EncounterToStay
{
    /// <summary>R4 has no expected discharge; this is R5's element as an extension.</summary>
    public const string PlannedEnd = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate";

    public static StaySaid? Map(string id, JsonElement encounter, IReadOnlyDictionary<string, JsonElement> resources)
    {
        var kind = FhirJson.Text(encounter, "class", "code");
        if (kind == "VR") return null;
        var subject = FhirJson.Text(encounter, "subject", "reference");
        var here = Here(encounter);
        var place = FhirJson.Text(here, "location", "reference") is { } reference && Reference.Split(reference) is { Type: "Location" } at ? at.Id : null;
        var attending = Attending(encounter);
        return new StaySaid(id,
            subject is not null && Reference.Split(subject).Type == "Patient" ? Person(PersonKind.Patient, subject, resources, FhirJson.Text(encounter, "subject", "display")) : null,
            FhirJson.Text(encounter, "status") ?? "unknown", kind, place, Bed(here), AppointmentToVisit.Concept(encounter, "reasonCode"),
            FhirJson.Text(attending, "individual", "reference") is { } who ? Person(PersonKind.Staff, who, resources, FhirJson.Text(attending, "individual", "display")) : null,
            AppointmentToVisit.Instant(encounter, TimeZoneInfo.Utc, "period", "start"), AppointmentToVisit.Instant(encounter, TimeZoneInfo.Utc, "period", "end"), Planned(encounter));
    }

    /// <summary>A deleted Encounter: whoever was here by it is not any more.</summary>
    public static StaySaid Gone(string id) => new(id, null, "entered-in-error", null, null, null, null, null, null, null, null);

    public static PlaceSaid Place(string id, JsonElement location) => new(id, FhirJson.Text(location, "name") ?? FhirJson.Text(location, "alias") ?? "Location " + id,
        FhirJson.Text(location, "partOf", "reference") is { } reference && Reference.Split(reference) is { Type: "Location" } whole ? whole.Id : null, FhirJson.Text(location, "physicalType", "coding", "code"));

    public static IEnumerable<string> References(JsonElement encounter) =>
        new[] { FhirJson.Text(encounter, "subject", "reference"), FhirJson.Text(Attending(encounter), "individual", "reference") }.OfType<string>();

    private static PersonSaid Person(PersonKind kind, string reference, IReadOnlyDictionary<string, JsonElement> resources, string? display) =>
        PersonFromFhir.Map(kind, Guid.Empty, reference, resources.TryGetValue(reference, out var known) ? known : null, display);

    /// <summary>Where the patient is now: an active place, else the last one that did not end.</summary>
    private static JsonElement Here(JsonElement encounter)
    {
        var places = FhirJson.Items(encounter, "location").Where(l => FhirJson.Text(l, "status") is null or "active" && FhirJson.Text(l, "period", "end") is null).ToList();
        return places.Find(l => FhirJson.Text(l, "status") == "active") is { ValueKind: JsonValueKind.Object } active ? active : places.LastOrDefault();
    }

    /// <summary>"Ward 4, bed 1" → "bed 1": for EHRs that name beds and keep no Locations of them.</summary>
    private static string? Bed(JsonElement here) =>
        FhirJson.Text(here, "location", "display") is { } display && display.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma ? display[(comma + 1)..].Trim() : null;

    /// <summary>Who attends (ATND), else who is primary (PPRF).</summary>
    private static JsonElement Attending(JsonElement encounter)
    {
        var all = FhirJson.Items(encounter, "participant").Where(p => FhirJson.Text(p, "individual", "reference") is { } r && Reference.Split(r).Type == "Practitioner" && FhirJson.Text(p, "period", "end") is null).ToList();
        bool Is(JsonElement p, string code) => FhirJson.Items(p, "type").Any(t => FhirJson.Items(t, "coding").Any(c => FhirJson.Text(c, "code") == code));
        return all.Find(p => Is(p, "ATND")) is { ValueKind: JsonValueKind.Object } attending ? attending : all.Find(p => Is(p, "PPRF"));
    }

    private static DateOnly? Planned(JsonElement encounter)
    {
        var said = FhirJson.Items(encounter, "extension").Where(e => FhirJson.Text(e, "url") == PlannedEnd).Select(e => FhirJson.Text(e, "valueDateTime")).FirstOrDefault();
        return said is { Length: >= 10 } && DateOnly.TryParseExact(said[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
    }
}
