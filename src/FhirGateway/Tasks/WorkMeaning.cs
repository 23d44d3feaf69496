using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>A Task that nobody else claims is work: with a Practitioner we know, or a team of ours, as its owner it is on their page at once.</summary>
internal sealed class WorkMeaning(TaskDoor door) : ITaskMeaning
{
    public int Order => int.MaxValue;

    public bool Means(JsonElement task) => true;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (one.Resource is { } said && await Stranger(tx, said, one.Before) is { } foreign) return foreign;
            if ((one.Resource is { } task ? await Hear(tx, one.Id, task, read) : await door.Forget(tx, one.Id)) is { } refused) return refused;
        }
        return null;
    }

    /// <summary>A person's own app says of a Task that this person asked for it, or nothing new; a system of the hospital's speaks for whoever it names.</summary>
    private static async Task<Problem?> Stranger(Tx tx, JsonElement task, byte[]? before)
    {
        if (tx.Actor.Kind == CallerKind.System || tx.Actor.Caller is not { } caller || FhirJson.Text(task, "requester", "reference") is not { } requester) return null;
        if (before is not null)
        {
            using var last = JsonDocument.Parse(before);
            if (FhirJson.Text(last.RootElement, "requester", "reference") == requester) return null;
        }
        return caller.Person is { } me && await tx.Scalar<bool>("select exists (select from collab.person_key where tenant = @Tenant and source = @own and person = @me and reference = @requester)", new { tx.Tenant, own = Guid.Empty, me, requester })
            ? null : Problem.Forbidden("Nobody asks for a task in another's name.", "not-yours") with { Where = "Task.requester" };
    }

    private async Task<Problem?> Hear(Tx tx, string id, JsonElement task, ReadReferences read)
    {
        var facts = TaskFacts.Of(task);
        // Drafts, proposals and plans are nobody's work yet; what is a task already stays one.
        var idle = facts.Status == "draft" || FhirJson.Text(task, "intent") is "proposal" or "plan" or "option";
        if (idle && await TaskDoor.Known(tx, id) is null) return null;
        var owner = FhirJson.Text(task, "owner", "reference") is null && task.TryGetProperty("owner", out var logical) ? LogicalReference.Of(logical) : facts.Owner;
        var resources = await read(new[] { owner, facts.Patient }.Concat(facts.Candidates).Concat(facts.Comments.Select(c => c.Author)).OfType<string>());
        var people = new List<PersonSaid>();
        foreach (var reference in facts.Candidates.Prepend(owner).OfType<string>())
        {
            if (await Practitioner(reference, resources, read) is { } person) people.Add(person);
        }
        return await door.Hear(tx, new TaskHeard(id, facts.Status, facts.Title, facts.Notes, facts.Priority, facts.Start?.At, facts.Start?.IsDay ?? false, facts.Due?.At, facts.Due?.IsDay ?? false,
            facts.Patient is { } p && p.StartsWith("Patient/", StringComparison.Ordinal) && resources.TryGetValue(p, out var patient) ? PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, p, patient, null) : null,
            await Team(tx, owner), people, facts.Checks, facts.Ticked)
        {
            Comments = [.. facts.Comments.Select(c => new CommentHeard(c.Text, c.At, c.Author is { } who && who.StartsWith("Practitioner/", StringComparison.Ordinal) && resources.TryGetValue(who, out var author)
                ? PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, who, author, null) : null, c.Name))],
        });
    }

    private static async Task<PersonSaid?> Practitioner(string reference, Dictionary<string, JsonElement> resources, ReadReferences read)
    {
        if (!resources.TryGetValue(reference, out var found)) return null;
        var type = FhirJson.Text(found, "resourceType");
        if (type == "PractitionerRole" && FhirJson.Text(found, "practitioner", "reference") is { } behind)
        {
            return (await read([behind])).TryGetValue(behind, out var who) ? PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, behind, who, null) : null;
        }
        return type == "Practitioner" ? PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, LogicalReference.Key(reference, type, found), found, null) : null;
    }

    /// <summary>A team is a CareTeam, or an Organization, with the team's id.</summary>
    private static async Task<Guid?> Team(Tx tx, string? owner)
    {
        if (owner is null || Reference.Split(owner) is not { Type: "CareTeam" or "Organization", Id: var text } || !Guid.TryParse(text, out var id)) return null;
        return await tx.Scalar<Guid?>("select id from collab.team where tenant = @Tenant and id = @id and archived_at is null", new { tx.Tenant, id });
    }
}
