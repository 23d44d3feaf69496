using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Forms;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Blobs;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>
/// A task of a page as the next version of its Task. What the stored one already says in its own words (asap, a code
/// instead of a description, a PractitionerRole as owner) stays so; only what differs is written.
/// </summary>
internal sealed class TaskProjection(ProjectedResources resources, WriteEngine engine, BlobStore blobs) : IProjection
{
    public string Kind => "task";

    public async Task Project(Tx tx, Guid id)
    {
        if (await TaskSql.Find(tx, id) is not { Owner: null } task) return;
        var fhirId = task.FhirId ?? id.ToString();
        var stored = await ResourceReads.Body(tx, $"Task/{fhirId}", toChange: true);
        var checks = await tx.Query<(string Title, bool Done)>("select title, checked_at is not null from collab.task_check where tenant = @Tenant and task = @id order by place, id", new { tx.Tenant, id });
        var comments = await tx.Query<(Guid? Person, string? SaidBy, string Text, DateTimeOffset At, string Name)>("""
            select c.person, c.said_by, c.text, c.at, concat_ws(' ', s.title, s.given, s.family) from collab.task_comment c left join collab.person s on s.tenant = c.tenant and s.id = c.person
            where c.tenant = @Tenant and c.task = @id order by c.at, c.id
            """, new { tx.Tenant, id });
        var photos = await tx.Query<TaskPhotos.Photo>("select id, hash, type, bytes, at, by from collab.task_photo where tenant = @Tenant and task = @id order by at, id", new { tx.Tenant, id });
        var known = await StaffPractitioner.Of(tx, engine, [.. new[] { task.AnsweredBy }.Concat(comments.Select(c => c.Person)).Concat(photos.Select(p => p.By)).OfType<Guid>().Distinct()]);
        var hangs = new TaskHangs(await Patient(tx, task), checks,
            [.. comments.Select(c => new SignedNote(c.Text, c.At, c.Person is { } p ? known[p] : null, c.SaidBy ?? (c.Name.Length > 0 ? c.Name : null)))], [.. photos.Select(p => p.Id)]);
        await Filled(tx, task, fhirId, hangs.Patient, known);
        await TaskPhotos.Save(tx, resources, blobs, task, fhirId, hangs.Patient, photos, known);
        var elements = TaskElements.Of(task, stored, hangs);
        if (!await SamePeople(tx, task, stored)) await People(tx, task, stored, elements);
        if (stored is null && task.CreatedBy is { } by) elements["requester"] = TaskElements.Reference((await StaffPractitioner.Of(tx, engine, [by]))[by]);
        if (elements.Count == 0) return;
        elements["lastModified"] = w => w.WriteStringValue(FhirJson.Instant(task.UpdatedAt));
        await resources.Save(tx, new ProjectedResources.Resource("Task", fhirId, elements));
    }

    /// <summary>Its form as a Questionnaire, and what a page filled in as a QuestionnaireResponse of the task's id.</summary>
    private async Task Filled(Tx tx, CareTask task, string fhirId, string? patient, Dictionary<Guid, string> known)
    {
        if (task.Form is null) return;
        await resources.Save(tx, FormToFhir.Questionnaire(task.Questions));
        if (task is not { AnsweredAt: { } at, ResponseId: null }) return;
        await resources.Save(tx, FormToFhir.Response(task.Id.ToString(), task.Questions, task.AnswersByKey, $"Task/{fhirId}", patient, task.AnsweredBy is { } by ? known[by] : null, at, task.DeletedAt is null));
    }

    /// <summary>One person is the owner; of several the team is, and they are its candidates (standard extension task-candidateList).</summary>
    private async Task People(Tx tx, CareTask task, JsonElement? stored, Dictionary<string, Action<Utf8JsonWriter>?> elements)
    {
        var known = await StaffPractitioner.Of(tx, engine, task.Assignees);
        var references = task.Assignees.Select(a => known[a]).ToList();
        var owner = references.Count == 1 ? references[0] : task.Team is { } team ? $"CareTeam/{team}" : references.FirstOrDefault();
        elements["owner"] = owner is null ? null : TaskElements.Reference(owner);
        var candidates = references.Count > 1 ? references : [];
        var others = stored is { } s ? FhirJson.Items(s, "extension").Where(e => FhirJson.Text(e, "url") != TaskFacts.CandidateList).ToList() : [];
        if (candidates.Count + others.Count == 0 && (stored is not { } before || !before.TryGetProperty("extension", out _))) return;
        elements["extension"] = candidates.Count + others.Count == 0 ? null : w => TaskElements.Array(w, others.Select(o => (Action<Utf8JsonWriter>)(x => FhirJson.Copy(x, o, null)))
            .Concat(candidates.Select(c => (Action<Utf8JsonWriter>)(x =>
            {
                x.WriteStartObject();
                x.WriteString("url", TaskFacts.CandidateList);
                x.WritePropertyName("valueReference");
                TaskElements.Reference(c)(x);
                x.WriteEndObject();
            }))));
    }

    private static async Task<bool> SamePeople(Tx tx, CareTask task, JsonElement? stored)
    {
        if (stored is not { } s) return false;
        var facts = TaskFacts.Of(s);
        var said = facts.Candidates.Prepend(facts.Owner).OfType<string>().ToArray();
        if (said.Any(r => r.StartsWith("PractitionerRole/", StringComparison.Ordinal)) && task.Assignees.Length == 1) return true;
        var people = await tx.Query<Guid>("select distinct person from collab.person_key where tenant = @Tenant and source = @own and reference = any(@said)", new { tx.Tenant, own = Guid.Empty, said });
        return people.ToHashSet().SetEquals(task.Assignees) && (people.Count > 0 || said.Length > 0);
    }

    private static async Task<string?> Patient(Tx tx, CareTask task) => task.Patient is null ? null : await tx.Scalar<string>(
        "select reference from collab.person_key where tenant = @Tenant and source = @own and person = @Patient and reference like 'Patient/%' order by reference limit 1", new { tx.Tenant, own = Guid.Empty, task.Patient });

    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
