using System.Text;
using System.Text.Json;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Forms;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Forms;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Approvals;

/// <summary>
/// http://hl7.org/fhir/R4/task.html: an approval is a Task of code approve; each person asked has a Task of their own, part of
/// it (AP-01, AP-03, AP-05); a signed answer has a Provenance (AP-13). Who passed a request on keeps a cancelled Task, and
/// the one it went to replaces it (standard extension task-replaces).
/// </summary>
internal sealed class ApprovalProjection(ProjectedResources resources, WriteEngine engine) : IProjection
{
    public const string TaskCode = "http://hl7.org/fhir/CodeSystem/task-code";
    public const string Order = "https://healthteams.example/fhir/CodeSystem/approval-order";
    private const string Replaces = "http://hl7.org/fhir/StructureDefinition/task-replaces";

    public string Kind => "approval";

    public async Task Project(Tx tx, Guid id)
    {
        var a = (await tx.OneOrNone<Row>("""
            select task, focus, form::text as Form, form_answers::text as FormAnswers, title, details, owner, status, result, stopped, due_at as DueAt, created_at as CreatedAt, completed_at as CompletedAt,
              (select k.reference from collab.person_key k where k.tenant = a.tenant and k.source = @own and k.person = a.patient and k.reference like 'Patient/%' order by k.reference limit 1) as Patient,
              greatest(created_at, coalesce(completed_at, created_at), coalesce((select max(e.at) from collab.approval_event e where e.tenant = a.tenant and e.approval = a.id), created_at)) as Changed
            from collab.approval a where tenant = @Tenant and id = @id
            """, new { tx.Tenant, id, own = Guid.Empty }))! with { Words = await ApprovalReads.Words(tx, id) };
        var requests = await ApprovalReads.Requests(tx, id);
        var steps = await ApprovalReads.Steps(tx, id);
        var files = await tx.Query<ApprovalFile>("select name, hash, type, bytes from collab.approval_file where tenant = @Tenant and approval = @id order by name", new { tx.Tenant, id });
        var people = await StaffPractitioner.Of(tx, engine, [.. requests.Select(r => r.Approver).Append(a.Owner)]);
        var parent = a.Task ?? id.ToString();
        var saved = new List<ProjectedResources.Resource> { Parent(parent, id, a, requests, steps, files, people) };
        if (a.Questions.Count > 0)
        {
            saved.Add(FormToFhir.Questionnaire(a.Questions));
            saved.Add(FormToFhir.Response(id.ToString(), a.Questions, JsonSerializer.Deserialize<Dictionary<string, string>>(a.FormAnswers ?? "{}", JsonSerializerOptions.Web)!, $"Task/{parent}", a.Patient, people[a.Owner], a.CreatedAt, valid: true));
        }
        saved.AddRange(requests.Select(r => Child(parent, a, r, people)));
        saved.AddRange(requests.Where(r => r.Signature is not null).Select(r => Provenance(r, people)));
        await resources.Save(tx, saved);
    }

    private static ProjectedResources.Resource Parent(string fhirId, Guid id, Row a, IReadOnlyList<ApprovalRequest> requests, IReadOnlyDictionary<int, StepRule> steps, IReadOnlyList<ApprovalFile> files, Dictionary<Guid, string> people)
    {
        var elements = new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["status"] = w => w.WriteStringValue(a.Status switch { "Cancelled" => "cancelled", "Completed" => a.Stopped == true ? "failed" : "completed", _ => requests.Any(r => r.State == RequestState.Answered) ? "in-progress" : "requested" }),
            ["businessStatus"] = a.Result is null ? null : w => Text(w, a.Result),
            ["intent"] = w => w.WriteStringValue("order"),
            ["code"] = w => FhirWrite.Concept(w, null, TaskCode, "approve"),
            ["description"] = w => w.WriteStringValue(a.Title),
            ["focus"] = a.Focus is null ? null : w => FhirWrite.Reference(w, null, a.Focus),
            ["for"] = a.Patient is null ? null : w => FhirWrite.Reference(w, null, a.Patient),
            ["authoredOn"] = w => w.WriteStringValue(FhirJson.Instant(a.CreatedAt)),
            ["lastModified"] = w => w.WriteStringValue(FhirJson.Instant(a.Changed)),
            ["requester"] = w => FhirWrite.Reference(w, null, people[a.Owner]),
            ["restriction"] = a.DueAt is null ? null : w => Restriction(w, a.DueAt.Value),
            ["input"] = w => Inputs(w, id, a, requests, steps, files, people),
            ["output"] = a.Result is null ? null : w => Output(w, "result", a.Result),
        };
        // What came by FHIR keeps the words it came with.
        if (a.Task is not null) foreach (var kept in new[] { "intent", "code", "description", "focus", "for", "authoredOn", "requester", "restriction", "input", "lastModified" }) elements.Remove(kept);
        return new ProjectedResources.Resource("Task", fhirId, elements);
    }

    private static ProjectedResources.Resource Child(string parent, Row a, ApprovalRequest r, Dictionary<Guid, string> people) => new("Task", r.Id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["extension"] = r.PassedFrom is not { } from ? null : w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            w.WriteString("url", Replaces);
            FhirWrite.Reference(w, "valueReference", $"Task/{from}");
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["partOf"] = w =>
        {
            w.WriteStartArray();
            FhirWrite.Reference(w, null, $"Task/{parent}");
            w.WriteEndArray();
        },
        ["status"] = w => w.WriteStringValue(r.State switch
        {
            RequestState.Waiting => "draft",
            RequestState.Open => "requested",
            RequestState.Answered => a.Words.FirstOrDefault(x => x.Word == r.Answer)?.Stops == true ? "rejected" : "completed",
            _ => "cancelled",
        }),
        ["statusReason"] = r.State switch
        {
            RequestState.Passed => w => Text(w, "passed on"),
            RequestState.Closed => w => Text(w, "decided without this answer"),
            _ => null,
        },
        ["businessStatus"] = r.PassedWhy is null ? null : w => Text(w, r.PassedWhy),
        ["intent"] = w => w.WriteStringValue("order"),
        ["code"] = w => FhirWrite.Concept(w, null, TaskCode, "approve"),
        ["description"] = w => w.WriteStringValue(a.Title),
        ["for"] = a.Patient is null ? null : w => FhirWrite.Reference(w, null, a.Patient),
        ["authoredOn"] = w => w.WriteStringValue(FhirJson.Instant(r.CreatedAt)),
        ["requester"] = w => FhirWrite.Reference(w, null, people[a.Owner]),
        ["owner"] = w => FhirWrite.Reference(w, null, people[r.Approver], r.Name),
        ["note"] = r.Comments is null ? null : w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            FhirWrite.Reference(w, "authorReference", people[r.Approver]);
            w.WriteString("time", FhirJson.Instant(r.AnsweredAt!.Value));
            w.WriteString("text", r.Comments);
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["output"] = r.Answer is null ? null : w => Output(w, "answer", r.Answer),
    });

    /// <summary>http://hl7.org/fhir/R4/provenance.html: the answer as signed; data is the compact JWS, its key at /auth/jwks.</summary>
    private static ProjectedResources.Resource Provenance(ApprovalRequest r, Dictionary<Guid, string> people) => new("Provenance", r.Id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["target"] = w =>
        {
            w.WriteStartArray();
            FhirWrite.Reference(w, null, $"Task/{r.Id}");
            w.WriteEndArray();
        },
        ["recorded"] = w => w.WriteStringValue(FhirJson.Instant(r.AnsweredAt!.Value)),
        ["agent"] = w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            FhirWrite.Reference(w, "who", people[r.Approver]);
            w.WriteEndObject();
            w.WriteEndArray();
        },
        ["signature"] = w =>
        {
            w.WriteStartArray();
            w.WriteStartObject();
            w.WriteStartArray("type");
            w.WriteStartObject();
            w.WriteString("system", "urn:iso-astm:E1762-95:2013");
            w.WriteString("code", "1.2.840.10065.1.12.1.5");
            w.WriteString("display", "Verification Signature");
            w.WriteEndObject();
            w.WriteEndArray();
            w.WriteString("when", FhirJson.Instant(r.AnsweredAt!.Value));
            FhirWrite.Reference(w, "who", people[r.Approver]);
            w.WriteString("sigFormat", "application/jose");
            w.WriteString("data", Convert.ToBase64String(Encoding.ASCII.GetBytes(r.Signature!)));
            w.WriteEndObject();
            w.WriteEndArray();
        },
    });

    private static void Inputs(Utf8JsonWriter w, Guid id, Row a, IReadOnlyList<ApprovalRequest> requests, IReadOnlyDictionary<int, StepRule> steps, IReadOnlyList<ApprovalFile> files, Dictionary<Guid, string> people)
    {
        w.WriteStartArray();
        foreach (var (step, rule) in steps.OrderBy(s => s.Key))
        {
            foreach (var r in requests.Where(r => r.Step == step && r.PassedFrom is null)) Input(w, $"approver-{step}-{(rule == StepRule.First ? "first" : "all")}", x => FhirWrite.Reference(x, "valueReference", people[r.Approver]));
        }
        foreach (var word in a.Words) Input(w, word.Stops ? "answer-that-stops" : "answer", x => x.WriteString("valueString", word.Word));
        if (a.Details is { Length: > 0 }) Input(w, "details", x => x.WriteString("valueString", a.Details));
        if (a.Questions.Count > 0)
        {
            Input(w, "form", x => x.WriteString("valueCanonical", FormToFhir.Canonical(a.Questions)));
            Input(w, "form-response", x => FhirWrite.Reference(x, "valueReference", $"QuestionnaireResponse/{id}"));
        }
        foreach (var f in files)
        {
            Input(w, "file", x =>
            {
                x.WriteStartObject("valueAttachment");
                x.WriteString("contentType", f.Type);
                x.WriteString("url", $"/approvals/{id}/files/{Uri.EscapeDataString(f.Name)}");
                x.WriteNumber("size", f.Bytes);
                x.WriteString("title", f.Name);
                x.WriteEndObject();
            });
        }
        w.WriteEndArray();
    }

    private static void Input(Utf8JsonWriter w, string code, Action<Utf8JsonWriter> value)
    {
        w.WriteStartObject();
        FhirWrite.Concept(w, "type", Order, code);
        value(w);
        w.WriteEndObject();
    }

    private static void Output(Utf8JsonWriter w, string code, string value)
    {
        w.WriteStartArray();
        Input(w, code, x => x.WriteString("valueString", value));
        w.WriteEndArray();
    }

    private static void Restriction(Utf8JsonWriter w, DateTimeOffset due)
    {
        w.WriteStartObject();
        w.WriteStartObject("period");
        w.WriteString("end", FhirJson.Instant(due));
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter w, string text)
    {
        w.WriteStartObject();
        w.WriteString("text", text);
        w.WriteEndObject();
    }

    private sealed record Row
    {
        public string? Task { get; init; }
        public string? Focus { get; init; }
        public string? Form { get; init; }
        public string? FormAnswers { get; init; }
        public IReadOnlyList<Question> Questions => Question.Of(Form);
        public string Title { get; init; } = "";
        public string? Details { get; init; }
        public Guid Owner { get; init; }
        public string Status { get; init; } = "";
        public string? Result { get; init; }
        public bool? Stopped { get; init; }
        public DateTimeOffset? DueAt { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? CompletedAt { get; init; }
        public string? Patient { get; init; }
        public DateTimeOffset Changed { get; init; }
        public IReadOnlyList<AnswerWord> Words { get; init; } = AnswerWord.Usual;
    }
}
