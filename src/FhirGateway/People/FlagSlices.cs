using System.Text.Json;
using HealthTeams.Collaboration.PatientLists;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.People;

/// <summary>
/// http://hl7.org/fhir/R4/flag.html and allergyintolerance.html: what holds now is shown beside the patient in lists and
/// handovers (section 9). What is over, refuted or entered in error is not.
/// </summary>
internal sealed class FlagSlice(string type) : IResourceSlice
{
    public string Type => type;
    public int Order => 2;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var patients = await read(written.Where(w => w.Resource is not null).Select(w => Subject(w.Resource!.Value)).OfType<string>());
        var said = written.Select(w => w.Resource is { } resource ? Map(type, w.Id, resource, patients) : null).OfType<FlagSaid>().ToList();
        // Made in this write: nothing can have been known of it.
        var gone = written.Where(w => !w.Unheard).Select(w => $"{type}/{w.Id}").Except(said.Select(s => s.Resource)).ToList();
        if (said.Count + gone.Count > 0) await ListDoor.LookAgain(tx, await PatientFlags.Put(tx, said, gone));
        return null;
    }

    internal static string? Subject(JsonElement resource) => FhirJson.Text(resource, "subject", "reference") ?? FhirJson.Text(resource, "patient", "reference");

    internal static FlagSaid? Map(string type, string id, JsonElement resource, IReadOnlyDictionary<string, JsonElement> patients)
    {
        if (Subject(resource) is not { } subject || Reference.Split(subject).Type != "Patient") return null;
        var holds = type == "Flag" ? FhirJson.Text(resource, "status") == "active"
            : FhirJson.Text(resource, "clinicalStatus", "coding", "code") is null or "active" && FhirJson.Text(resource, "verificationStatus", "coding", "code") is not ("refuted" or "entered-in-error");
        if (!holds || AppointmentToVisit.Concept(resource, "code") is not { Length: > 0 } text) return null;
        var serious = FhirJson.Text(resource, "criticality") == "high" || FhirJson.Items(resource, "reaction").Any(r => FhirJson.Text(r, "severity") == "severe");
        return new FlagSaid($"{type}/{id}", PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, subject, patients.TryGetValue(subject, out var patient) ? patient : null, FhirJson.Text(resource, type == "Flag" ? "subject" : "patient", "display")), type == "Flag" ? "flag" : "allergy", text, serious);
    }
}
