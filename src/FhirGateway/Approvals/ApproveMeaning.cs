using System.Text.Json;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;

namespace HealthTeams.FhirGateway.Approvals;

/// <summary>
/// A Task of code approve that an application posts is a request to the people its input names (FEATURES 15.2). An answer is
/// a person's own: by FHIR it takes that person's token (their Task to completed or rejected); cancelling takes the requester's,
/// or the client's that asked.
/// </summary>
internal sealed class ApproveMeaning(AskApproval ask, AnswerApproval answer, VisitDoor door, ProjectFhir project) : ITaskMeaning
{
    public int Order => 1;

    public bool Means(JsonElement task) =>
        task.TryGetProperty("code", out var code) && FhirJson.Items(code, "coding").Any(c => FhirJson.Text(c, "code") == "approve" && FhirJson.Text(c, "system") is ApprovalProjection.TaskCode or null);

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var (id, resource, _) in written)
        {
            var known = await tx.Query<(Guid Approval, Guid? Request)>("""
                select id, null::uuid from collab.approval where tenant = @Tenant and (task = @id or id::text = @id)
                union all
                select approval, id from collab.approval_request where tenant = @Tenant and id::text = @id
                """, new { tx.Tenant, id });
            var refused = resource is not { } task ? known.Count == 0 ? null : Problem.Conflict("An approval is kept: cancel it instead of deleting its Task.", "business-rule")
                : known is [var (approval, request)] ? await Change(tx, approval, request, task)
                : FhirJson.Items(task, "partOf").Any() ? null : await Ask(tx, id, task, read);
            if (refused is not null) return refused;
        }
        return null;
    }

    private async Task<Problem?> Ask(Tx tx, string id, JsonElement task, ReadReferences read)
    {
        if (FhirJson.Text(task, "status") is not ("requested" or "ready" or "received")) return null;
        var asked = FhirJson.Items(task, "input").Where(i => Code(i)?.StartsWith("approver", StringComparison.Ordinal) == true).Select(i => (Code: Code(i)!, Reference: FhirJson.Text(i, "valueReference", "reference")))
            .Append(("approver", FhirJson.Text(task, "owner", "reference"))).Where(a => a.Item2 is not null).DistinctBy(a => a.Item2).Select(a => (Code: a.Item1, Reference: a.Item2!)).ToList();
        if (asked.Count == 0) return Problem.Unprocessable("Nobody is asked: give an owner, or inputs of type approver.", "Task.input", "required");
        var requester = FhirJson.Text(task, "requester", "reference");
        var references = asked.Select(a => a.Reference).Append(requester).OfType<string>().Distinct().ToList();
        var here = await read(references.Append(FhirJson.Text(task, "for", "reference")).OfType<string>());
        if (references.FirstOrDefault(r => !r.StartsWith("Practitioner/", StringComparison.Ordinal) || !here.ContainsKey(r)) is { } missing)
            return Problem.Unprocessable($"{missing} is no Practitioner here, so nobody would be asked.", "Task.input", "not-found");
        var people = (await door.People(tx, [.. references.Select(r => PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, r, here[r], null))])).Zip(references).ToDictionary(p => p.Second, p => p.First.Id);
        var owner = requester is not null ? people[requester] : tx.Actor.Caller?.Person;
        // A system of the hospital's speaks for whoever it names; a person's own app for that person.
        if (tx.Actor.Kind != CallerKind.System && owner != tx.Actor.Caller?.Person) return Problem.Forbidden("Nobody asks for an approval in another's name.", "not-yours") with { Where = "Task.requester" };
        if (owner is not { } by) return Problem.Unprocessable("Who asks is not said: give a requester.", "Task.requester", "required");
        var patient = FhirJson.Text(task, "for", "reference") is { } p && here.TryGetValue(p, out var said) ? (await door.Person(tx, PersonFromFhir.Map(PersonKind.Patient, Guid.Empty, p, said, null))).Id : (Guid?)null;
        var made = await ask.Ask(tx, by, new NewApproval(Title(task), Detail(task), Steps(task, asked, people)) { Patient = patient, Task = id, Due = DateTimeOffset.TryParse(FhirJson.Text(task, "restriction", "period", "end"), System.Globalization.CultureInfo.InvariantCulture, out var due) ? due : null });
        if (!made.Ok) return made.Problem with { Where = "Task", Code = "business-rule" };
        await project(tx, "approval", made.Value);
        return null;
    }

    /// <summary>input of type order: sequential, everyone or first (the default); or approver-1-first, approver-2-all ... for mixes.</summary>
    private static List<StepPlan> Steps(JsonElement task, List<(string Code, string Reference)> asked, Dictionary<string, Guid> people)
    {
        var order = FhirJson.Items(task, "input").Where(i => Code(i) == "order").Select(i => FhirJson.Text(i, "valueString")).FirstOrDefault();
        if (order == "sequential") return [.. asked.Select(a => new StepPlan(StepRule.First, [people[a.Reference]]))];
        if (asked.Any(a => a.Code.Contains('-', StringComparison.Ordinal)))
            return [.. asked.Where(a => a.Code.Contains('-', StringComparison.Ordinal)).GroupBy(a => a.Code).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new StepPlan(g.Key.EndsWith("-all", StringComparison.Ordinal) ? StepRule.All : StepRule.First, [.. g.Select(a => people[a.Reference])]))];
        return [new StepPlan(order == "everyone" ? StepRule.All : StepRule.First, [.. asked.Select(a => people[a.Reference])])];
    }

    private async Task<Problem?> Change(Tx tx, Guid approval, Guid? request, JsonElement task)
    {
        var status = FhirJson.Text(task, "status");
        var me = tx.Actor.Caller?.Person;
        if (request is { } part)
        {
            if (status is not ("completed" or "rejected")) return await AsItIs(tx, approval);
            if (await tx.Scalar<bool>("select exists (select from collab.approval_request where tenant = @Tenant and id = @part and state = 'Answered')", new { tx.Tenant, part })) return await AsItIs(tx, approval);
            if (me is null || !await tx.Scalar<bool>("select exists (select from collab.approval_request where tenant = @Tenant and id = @part and approver = @me)", new { tx.Tenant, part, me }))
                return Problem.Forbidden("An approval is answered by the person asked, with their own token.");
            var words = await ApprovalReads.Words(tx, approval);
            var word = FhirJson.Items(task, "output").Select(o => FhirJson.Text(o, "valueString")).FirstOrDefault() ?? words.FirstOrDefault(w => w.Stops == (status == "rejected"))?.Word;
            var answered = await answer.AnswerIn(tx, approval, me.Value, word ?? "", FhirJson.Text(task, "note", "text"));
            return answered.Problem is { } refused ? refused with { Where = "Task.status", Code = refused.Status == 403 ? "forbidden" : "business-rule" } : null;
        }
        if (status != "cancelled") return await AsItIs(tx, approval);
        var cancelled = await answer.CancelIn(tx, approval, me);
        return cancelled.Problem is { } no ? no with { Where = "Task.status", Code = no.Status == 403 ? "forbidden" : "business-rule" } : null;
    }

    /// <summary>What nobody decided is not decided by saying so: the next version tells the truth again.</summary>
    private async Task<Problem?> AsItIs(Tx tx, Guid approval)
    {
        await project(tx, "approval", approval);
        return null;
    }

    private static string? Code(JsonElement input) => FhirJson.Text(input, "type", "coding", "code") ?? FhirJson.Text(input, "type", "text");
    private static string Title(JsonElement task) => FhirJson.Text(task, "description") is { } d ? d.Length > 200 ? d[..200] : d : FhirJson.Text(task, "focus", "display") ?? FhirJson.Text(task, "focus", "reference") ?? "";
    private static string? Detail(JsonElement task) => FhirJson.Items(task, "input").Where(i => Code(i) == "details").Select(i => FhirJson.Text(i, "valueString")).FirstOrDefault();
}
