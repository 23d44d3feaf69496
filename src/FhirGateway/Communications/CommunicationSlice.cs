using System.Text.Json;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Communications;

/// <summary>http://hl7.org/fhir/R4/communication.html: a Communication to staff is a message to them, stored and sent in one transaction.</summary>
internal sealed class CommunicationSlice(MessageDoor door) : IResourceSlice
{
    public string Type => "Communication";
    public int Order => 3;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var (id, resource, _) in written)
        {
            if (resource is { } communication && await Send(tx, id, communication, read) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> Send(Tx tx, string id, JsonElement resource, ReadReferences read)
    {
        var status = FhirJson.Text(resource, "status");
        if (status is "stopped" or "entered-in-error" or "not-done") await door.Withdraw(tx, id);
        if (status is not ("in-progress" or "completed")) return null;
        var references = FhirJson.Items(resource, "recipient").Select(LogicalReference.Of)
            .Append(FhirJson.Text(resource, "subject", "reference")).Append(FhirJson.Text(resource, "sender", "reference")).OfType<string>();
        var resources = await read(references);
        var (recipients, problem) = await Recipients(resource, resources, read);
        // What is completed has been told already somewhere: it is kept, whoever it went to.
        if (problem is not null && status == "completed") return null;
        if (problem is not null || recipients.Count == 0) return problem;
        var text = string.Join("\n\n", FhirJson.Items(resource, "payload").Select(p => FhirJson.Text(p, "contentString") ?? FhirJson.Text(p, "contentReference", "display")).OfType<string>());
        var patient = FhirJson.Text(resource, "subject", "reference");
        var sent = await door.Send(tx, new MessageSaid(id, MessageRules.PriorityOf(FhirJson.Text(resource, "priority")), Sender(resource, resources), null,
            patient is not null && resources.TryGetValue(patient, out var p) ? PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, patient, p, null) : null,
            text, AppointmentToVisit.Instant(resource, TimeZoneInfo.Utc, "sent"), recipients));
        return sent.Ok ? null : sent.Problem;
    }

    /// <summary>A message to somebody who is not there is refused: silence would be taken for delivery.</summary>
    private static async Task<(List<PersonSaid>, Problem?)> Recipients(JsonElement resource, Dictionary<string, JsonElement> resources, ReadReferences read)
    {
        var recipients = new List<PersonSaid>();
        var position = -1;
        foreach (var recipient in FhirJson.Items(resource, "recipient"))
        {
            position++;
            var reference = LogicalReference.Of(recipient);
            var type = AppointmentToVisit.TypeOf(recipient, reference);
            JsonElement? known = reference is not null && resources.TryGetValue(reference, out var found) ? found : null;
            if (type == "PractitionerRole" && known is { } role && FhirJson.Text(role, "practitioner", "reference") is { } behind)
            {
                (reference, type) = (behind, "Practitioner");
                known = (await read([behind])).TryGetValue(behind, out var practitioner) ? practitioner : null;
            }
            if (type is "Patient" or "RelatedPerson" or "Organization" or "Device" or "Group" or "CareTeam" or "HealthcareService") continue;
            if (type != "Practitioner" || known is null)
            {
                return ([], Problem.Unprocessable($"The recipient {reference ?? "without reference"} is not known here, so nobody would get the message.", $"Communication.recipient[{position}]", "not-found"));
            }
            recipients.Add(PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, LogicalReference.Key(reference, type, known), known, FhirJson.Text(recipient, "display")));
        }
        return (recipients, null);
    }

    private static string Sender(JsonElement resource, Dictionary<string, JsonElement> resources)
    {
        var reference = FhirJson.Text(resource, "sender", "reference");
        if (reference is not null && resources.TryGetValue(reference, out var sender))
        {
            var said = PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, reference, sender, null);
            if (said.Family is not null) return new Person { Kind = PersonKind.Staff, Family = said.Family, Given = said.Given, Title = said.Title }.Display;
        }
        return FhirJson.Text(resource, "sender", "display") ?? "The EHR";
    }
}
