using System.Text.Json.Nodes;

namespace EhrSim;

internal static class PatientCompartment
{
    public static bool Holds(JsonObject resource, string? patient)
    {
        if (patient is null) return false;
        // Relative, or written out in full: it is this EHR's patient either way.
        bool Is(JsonNode? named) => named.Text("reference") is { } r && (r == $"Patient/{patient}" || r.EndsWith($"/fhir/Patient/{patient}", StringComparison.Ordinal));
        return resource.Text("resourceType") switch
        {
            "Patient" => resource.Text("id") == patient,
            "Appointment" => resource.Objects("participant").Any(p => Is(p["actor"])),
            _ => Is(resource["subject"]) || Is(resource["patient"]),
        };
    }
}
