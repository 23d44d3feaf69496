// https://github.com/cerner/fhir.cerner.com/blob/main/content/millennium/r4/base/workflow/appointment.md and management/encounter.md
namespace EhrSim;

/// <summary>By which words Oracle Health lets appointments and encounters be searched, and which of them it demands.</summary>
internal static class OracleSearch
{
    private static readonly string[] OnAppointment = ["_id", "patient", "practitioner", "location", "date", "status", "_count"];
    private static readonly string[] OnEncounter = ["_id", "patient", "subject", "identifier", "date", "status", "_count", "_lastUpdated"];

    public static FhirAnswer? Refusal(string type, IReadOnlyList<SearchTerm> terms)
    {
        if (type is not ("Appointment" or "Encounter")) return null;
        var known = type == "Appointment" ? OnAppointment : OnEncounter;
        if (terms.FirstOrDefault(t => !known.Contains(t.Name)) is { } unknown) return Wrong($"{type} is not searched by {unknown.Name}");
        var has = terms.Select(t => t.Name).ToHashSet();
        if (type == "Encounter") return has.Overlaps(["_id", "patient", "subject", "identifier"]) ? null : Wrong("_id, patient, subject or identifier is required");
        if (has.Contains("_id")) return null;
        return !has.Overlaps(["patient", "practitioner", "location"]) ? Wrong("_id, patient, practitioner or location is required")
            : has.Contains("date") ? null : Wrong("date is required");
    }

    private static FhirAnswer Wrong(string what) => FhirAnswer.Problem(400, "required", what);
}
