using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>The little this EHR insists on: a real EHR refuses a status it does not know, so a wrong write-back must show here.</summary>
internal static class ResourceRules
{
    // https://hl7.org/fhir/R4/valueset-appointmentstatus.html
    private static readonly HashSet<string> AppointmentStatuses =
        ["proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in", "waitlist"];

    // https://hl7.org/fhir/R4/valueset-encounter-status.html
    private static readonly HashSet<string> EncounterStatuses =
        ["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"];

    public static FhirAnswer? Check(string type, JsonObject resource)
    {
        if (resource.Text("resourceType") != type)
            return FhirAnswer.Problem(400, "invalid", $"The body is a {resource.Text("resourceType") ?? "nothing"}, the URL says {type}");
        var allowed = type switch
        {
            "Appointment" => AppointmentStatuses,
            "Encounter" => EncounterStatuses,
            _ => null,
        };
        if (allowed is null || resource.Text("status") is { } status && allowed.Contains(status)) return null;
        return FhirAnswer.Problem(422, "code-invalid", $"{type}.status is not one of {string.Join(", ", allowed)}");
    }
}
