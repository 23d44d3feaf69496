using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Encounters;

/// <summary>http://hl7.org/fhir/R4/encounter.html → a booking. Pure. "planned" says nothing that the appointment does not say better.</summary>
internal static class EncounterToVisit
{
    /// <param name="launched">A launch means this encounter, whatever its class; else only virtual ones and those with an appointment are visits.</param>
    public static VisitBooking? Map(JsonElement encounter, Guid source, string id, IReadOnlyDictionary<string, JsonElement> resources, TimeZoneInfo zone, bool launched = false)
    {
        var appointment = FhirJson.Items(encounter, "appointment").Select(a => FhirJson.Text(a, "reference")).OfType<string>()
            .Select(Reference.Split).FirstOrDefault(r => r.Type == "Appointment").Id;
        var isVirtual = FhirJson.Text(encounter, "class", "code") == "VR";
        if (appointment is null && !isVirtual && !launched) return null;
        var subject = encounter.TryGetProperty("subject", out var s) ? s : default;
        var reference = subject.ValueKind == JsonValueKind.Object ? FhirJson.Text(subject, "reference") : null;
        var patient = reference is not null && Reference.Split(reference).Type == "Patient"
            ? PersonFromFhir.Map(PersonKind.Patient, source, reference, resources.TryGetValue(reference, out var p) ? p : null, FhirJson.Text(subject, "display"))
            : null;
        var clinicians = FhirJson.Items(encounter, "participant")
            .Select(x => x.TryGetProperty("individual", out var i) ? i : default)
            .Where(i => i.ValueKind == JsonValueKind.Object && AppointmentToVisit.TypeOf(i, FhirJson.Text(i, "reference")) == "Practitioner")
            .Select(i => FhirJson.Text(i, "reference") is { } r
                ? PersonFromFhir.Map(PersonKind.Staff, source, r, resources.TryGetValue(r, out var known) ? known : null, FhirJson.Text(i, "display"))
                : PersonFromFhir.Map(PersonKind.Staff, source, null, null, FhirJson.Text(i, "display")))
            .Where(c => c.Reference is not null);
        var keys = new List<VisitKey> { new(source, "Encounter", id) };
        if (appointment is not null) keys.Insert(0, new VisitKey(source, "Appointment", appointment));
        return new VisitBooking(keys, PersonFromFhir.Identifiers(encounter), State(FhirJson.Text(encounter, "status")),
            appointment is null ? AppointmentToVisit.Instant(encounter, zone, "period", "start") : null,
            appointment is null ? AppointmentToVisit.Instant(encounter, zone, "period", "end") : null,
            AppointmentToVisit.Concept(encounter, "reasonCode"), AppointmentToVisit.Concept(encounter, "serviceType"),
            FhirJson.Text(encounter, "location", "location", "display"), patient, [.. clinicians]);
    }

    public static IEnumerable<string> References(JsonElement encounter) =>
        new[] { FhirJson.Text(encounter, "subject", "reference") }
            .Concat(FhirJson.Items(encounter, "participant").Select(p => FhirJson.Text(p, "individual", "reference"))).OfType<string>();

    private static BookingState? State(string? status) => status switch
    {
        "arrived" or "triaged" => BookingState.Arrived,
        "in-progress" or "onleave" => BookingState.InProgress,
        "finished" => BookingState.Finished,
        "cancelled" or "entered-in-error" => BookingState.Cancelled,
        _ => null,
    };
}
