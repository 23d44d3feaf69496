using System.Text.Json;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Forms;

/// <summary>
/// http://hl7.org/fhir/R4/questionnaireresponse.html: a completed one that names a task of ours fills its form, with the
/// rules of the page (TK-06). Drafts, and what names no task of ours, are kept as sent. What an approval was asked with is
/// never changed.
/// </summary>
internal sealed class FormResponseSlice(TaskDoor door) : IResourceSlice
{
    public string Type => "QuestionnaireResponse";

    /// <summary>After the Tasks of the same bundle.</summary>
    public int Order => 5;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (await ApprovalReads.Asked(tx, one.Id)) return Problem.Conflict("This is what an approval was asked with: it stays as it is.", "business-rule");
            if ((one.Resource is { } response ? await Fill(tx, one.Id, response, read) : await Removed(tx, one.Id)) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> Fill(Tx tx, string id, JsonElement response, ReadReferences read)
    {
        var facts = ResponseFacts.Of(response);
        // Of a page's own response the task is known, whatever the copy that comes back says.
        var ours = await TaskDoor.OfResponse(tx, id);
        var tasks = new List<Guid>();
        foreach (var named in facts.Tasks)
        {
            if (await TaskDoor.Known(tx, named) is { } task && await TaskDoor.Form(tx, task) is not null) tasks.Add(task);
        }
        if (ours is { } own && (tasks is not [var same] || same != own)) return Problem.Unprocessable("Whose form this response fills stays as it was.", "QuestionnaireResponse.extension", "business-rule");
        if (tasks.Count > 1) return Problem.Unprocessable("A response fills the form of one task.", "QuestionnaireResponse.basedOn", "business-rule");
        if (tasks is not [var filled]) return null;
        if (facts.Status is not ("completed" or "amended"))
            return ours is null ? null : Problem.Unprocessable("A form that was filled is filled again, not taken back: send it as completed or amended.", "QuestionnaireResponse.status", "business-rule");
        var questions = (await TaskDoor.Form(tx, filled))!;
        if (facts.Questionnaire is { } said && said != FormToFhir.Canonical(questions) && !said.EndsWith($"Questionnaire/{FormToFhir.Id(questions)}", StringComparison.Ordinal))
            return Problem.Unprocessable($"This task's form is {FormToFhir.Canonical(questions)}.", "QuestionnaireResponse.questionnaire", "business-rule");
        var unknown = facts.Answers.Keys.Except(questions.Select(q => q.Key)).Concat(facts.Unreadable).Distinct().ToList();
        if (unknown.Count > 0) return Problem.Unprocessable($"Items that are no question of this form, or have no single answer: {string.Join(", ", unknown)}.", "QuestionnaireResponse.item", "business-rule");
        var author = facts.Author is { } who && who.StartsWith("Practitioner/", StringComparison.Ordinal) && (await read([who])).TryGetValue(who, out var known) ? PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, who, known, null) : null;
        return await door.Fill(tx, filled, id, facts.Answers, author) is { } refused ? refused with { Where = "QuestionnaireResponse", Code = refused.Status == 422 ? "business-rule" : refused.Code } : null;
    }

    private static async Task<Problem?> Removed(Tx tx, string id) =>
        await TaskDoor.OfResponse(tx, id) is null ? null : Problem.Conflict("This response fills a task's form: fill it again instead of deleting it.", "business-rule");
}
