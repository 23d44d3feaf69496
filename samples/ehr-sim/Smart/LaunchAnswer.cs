// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>What the token answer says about the launch, thinned out by the fault switches.</summary>
internal static class LaunchAnswer
{
    public static JsonObject Of(Ehr ehr, LaunchContext context)
    {
        var faults = ehr.Faults.Now;
        var answer = new JsonObject
        {
            ["need_patient_banner"] = !context.Framed,
            ["intent"] = "virtual-visit",
            ["tenant"] = "demo",
            ["smart_style_url"] = ehr.BaseUrl + "/smart-style.json",
        };
        if (context.Patient is not null && !faults.NoPatient) answer["patient"] = context.Patient;
        if (context.Encounter is not null && !faults.NoEncounter) answer["encounter"] = context.Encounter;
        if (context.Appointment is not null && !faults.NoAppointmentContext)
            answer["fhirContext"] = new JsonArray(new JsonObject { ["reference"] = $"Appointment/{context.Appointment}" });
        return answer;
    }
}
