using System.Text.Json;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Policies;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Communications;

/// <summary>http://hl7.org/fhir/R4/communication.html: a Communication to staff is a message to them, stored and sent in one transaction.</summary>
internal sealed class CommunicationSlice(MessageDoor door, ConversationDoor conversations, PolicyDoor policies) : IResourceSlice
{
    public string Type => "Communication";
    public int Order => 3;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var (id, resource, _) in written)
        {
            if (Guid.TryParse(id, out var own) && await tx.Scalar<bool>("select exists (select from collab.message where tenant = @Tenant and id = @own and communication is null)", new { tx.Tenant, own }))
                return Problem.Unprocessable("This message was written on a page. It is changed and taken back there, by whoever wrote it.", "Communication", "business-rule");
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
        var (to, problem) = await Recipients(tx, resource, resources, read);
        // What is completed has been told already somewhere: it is kept, whoever it went to.
        if (problem is not null && status == "completed") return null;
        if (problem is not null || to.Count == 0) return problem;
        var text = string.Join("\n\n", FhirJson.Items(resource, "payload").Select(p => FhirJson.Text(p, "contentString") ?? FhirJson.Text(p, "contentReference", "display")).OfType<string>());
        var patient = FhirJson.Text(resource, "subject", "reference");
        var called = await door.WhoNow(tx, to);
        if (called.Count == 0) return Problem.Unprocessable("Nobody is in these teams now, so nobody would get the message.", "Communication.recipient", "not-found");
        var priority = MessageRules.PriorityOf(FhirJson.Text(resource, "priority"));
        // An app in somebody's hands may no more than they may on a page (MSG-05).
        if (priority == "urgent" && tx.Actor.Caller is { } caller && (await policies.Of(tx, caller)).Refuse(nameof(EffectivePolicy.AllowPriorityMessages)) is { } not) return not with { Where = "Communication.priority" };
        var sent = await conversations.Post(tx, new PostSaid
        {
            Communication = id, Priority = priority, Sender = Sender(resource, resources), SenderPerson = await SenderPerson(tx, resource, resources),
            Patient = patient is not null && resources.TryGetValue(patient, out var p) ? await MessageDoor.Person(tx, PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, patient, p, null)) : null,
            Text = text.Length > 0 ? text : AppointmentToVisit.Concept(resource, "topic") ?? AppointmentToVisit.Concept(resource, "reasonCode") ?? "No text.",
            People = [.. called.Select(c => c.Person)], Targets = to, Receipt = true,
        });
        return sent.Problem is { } refused ? refused with { Where = refused.Where is "text" ? "Communication.payload" : "Communication" } : null;
    }

    /// <summary>A message to somebody who is not there is refused: silence would be taken for delivery.</summary>
    private static async Task<(List<Target>, Problem?)> Recipients(Tx tx, JsonElement resource, Dictionary<string, JsonElement> resources, ReadReferences read)
    {
        var to = new List<Target>();
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
            if (type is "CareTeam" or "Organization" or "Group" or "HealthcareService")
            {
                to.AddRange(await Team(tx, reference, known, read));
                continue;
            }
            if (type is "Patient" or "RelatedPerson" or "Device") continue;
            if (type != "Practitioner" || known is null)
            {
                return ([], Problem.Unprocessable($"The recipient {reference ?? "without reference"} is not known here, so nobody would get the message.", $"Communication.recipient[{position}]", "not-found"));
            }
            to.Add(Target.Person(await MessageDoor.Person(tx, PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, LogicalReference.Key(reference, type, known), known, FhirJson.Text(recipient, "display")))));
        }
        return (to, null);
    }

    /// <summary>A team of ours: by its id (CareTeam, Group), or by the name that an organisation or a service shares with it. Else the staff a CareTeam names; what we do not know is left to others, as before.</summary>
    private static async Task<IEnumerable<Target>> Team(Tx tx, string? reference, JsonElement? known, ReadReferences read)
    {
        var id = reference is not null && Guid.TryParse(reference.AsSpan(reference.IndexOf('/', StringComparison.Ordinal) + 1), out var own) ? own : (Guid?)null;
        var name = known is { } k ? FhirJson.Text(k, "name") : null;
        var team = await tx.Scalar<Guid?>("""
            select id from collab.team where tenant = @Tenant and archived_at is null and (id = @id or lower(name) = lower(@name)) order by id = @id desc nulls last limit 1
            """, new { tx.Tenant, id, name });
        if (team is { } ours) return [Target.Everyone(ours)];
        if (known is not { } careTeam) return [];
        var members = FhirJson.Items(careTeam, "participant").Select(p => FhirJson.Text(p, "member", "reference")).OfType<string>().Where(m => m.StartsWith("Practitioner/", StringComparison.Ordinal)).ToList();
        var people = new List<Target>();
        foreach (var (member, resource) in await read(members)) people.Add(Target.Person(await MessageDoor.Person(tx, PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, member, resource, null))));
        return people;
    }

    /// <summary>A member of staff writes in their own name; a system says whom it writes for.</summary>
    private static async Task<Guid?> SenderPerson(Tx tx, JsonElement resource, Dictionary<string, JsonElement> resources)
    {
        if (tx.Actor.Caller is { Kind: CallerKind.Staff, Person: { } me }) return me;
        return FhirJson.Text(resource, "sender", "reference") is { } reference && reference.StartsWith("Practitioner/", StringComparison.Ordinal) && resources.TryGetValue(reference, out var sender)
            ? await MessageDoor.Person(tx, PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, reference, sender, null)) : null;
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
