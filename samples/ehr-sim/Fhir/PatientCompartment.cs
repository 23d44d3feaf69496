using System.Text.Json.Nodes;

namespace EhrSim;

internal static class PatientCompartment
{
    public static bool Holds(JsonObject resource, string? patient)
    {
        if (patient is null) return false;
        var reference = $"Patient/{patient}";
        return resource.Text("resourceType") switch
        {
            "Patient" => resource.Text("id") == patient,
            "Appointment" => resource.Objects("participant").Any(p => p["actor"].Text("reference") == reference),
            _ => resource["subject"].Text("reference") == reference || resource["patient"].Text("reference") == reference,
        };
    }
}
