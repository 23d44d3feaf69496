using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Appointments;

/// <summary>http://hl7.org/fhir/R4/appointment.html → a booking. Pure; the resources it refers to are given.</summary>
internal static class AppointmentToVisit
{
    /// <returns>Null when there is nothing to visit yet: proposed, on a waiting list, or only held.</returns>
    public static VisitBooking? Map(JsonElement appointment, Guid source, string id, IReadOnlyDictionary<string, JsonElement> resources, TimeZoneInfo zone)
    {
        if (State(FhirJson.Text(appointment, "status")) is not { } state || Scheduling.SlotFacts.Hold(appointment) is not null) return null;
        PersonSaid? patient = null;
        var clinicians = new List<PersonSaid>();
        string? location = null;
        foreach (var participant in FhirJson.Items(appointment, "participant"))
        {
            if (!participant.TryGetProperty("actor", out var actor) || FhirJson.Text(participant, "status") == "declined") continue;
            var (reference, display) = (LogicalReference.Of(actor), FhirJson.Text(actor, "display"));
            JsonElement? resource = reference is not null && resources.TryGetValue(reference, out var known) ? known : null;
            switch (TypeOf(actor, reference))
            {
                case "Patient": patient ??= PersonFromFhir.Map(PersonKind.Patient, source, LogicalReference.Key(reference, "Patient", resource), resource, display); break;
                case "Practitioner" when LogicalReference.Key(reference, "Practitioner", resource) is { } target: clinicians.Add(PersonFromFhir.Map(PersonKind.Staff, source, target, resource, display)); break;
                case "Location": location ??= display ?? (resource is { } l ? FhirJson.Text(l, "name") : null); break;
            }
        }
        return new VisitBooking([new VisitKey(source, "Appointment", id)], PersonFromFhir.Identifiers(appointment), state,
            Instant(appointment, zone, "start"), Instant(appointment, zone, "end"),
            Concept(appointment, "reasonCode") ?? FhirJson.Text(appointment, "description"), Concept(appointment, "serviceType") ?? Concept(appointment, "appointmentType"),
            location, patient, clinicians);
    }

    public static IEnumerable<string> References(JsonElement appointment) =>
        FhirJson.Items(appointment, "participant").Select(p => p.TryGetProperty("actor", out var actor) ? LogicalReference.Of(actor) : null).OfType<string>();

    internal static string? TypeOf(JsonElement actor, string? reference) =>
        reference is not null && !LogicalReference.Is(reference) ? Reference.Split(reference).Type ?? FhirJson.Text(actor, "type") : FhirJson.Text(actor, "type");

    /// <summary>A time that the EHR sent without a zone is the hospital's own time.</summary>
    internal static DateTimeOffset? Instant(JsonElement element, TimeZoneInfo zone, params ReadOnlySpan<string> path) =>
        FhirJson.Text(element, path) is { } text ? DateRange.Parse(text, zone)?.Lo : null;

    internal static string? Concept(JsonElement element, string name) =>
        FhirJson.Text(element, name, "text") ?? FhirJson.Text(element, name, "coding", "display");

    private static BookingState? State(string? status) => status switch
    {
        "booked" or "pending" => BookingState.Booked,
        "arrived" or "checked-in" => BookingState.Arrived,
        "fulfilled" => BookingState.Finished,
        "noshow" => BookingState.NoShow,
        "cancelled" or "entered-in-error" => BookingState.Cancelled,
        _ => null,
    };
}
