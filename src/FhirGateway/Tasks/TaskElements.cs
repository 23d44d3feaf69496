using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Forms;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>What hangs on a task, in the words of FHIR.</summary>
/// <param name="Comments">With the reference of who wrote it, or a name.</param>
internal sealed record TaskHangs(string? Patient, IReadOnlyList<(string Title, bool Done)> Checks, IReadOnlyList<SignedNote> Comments, IReadOnlyList<Guid> Photos);

/// <summary>A task's row as elements of its Task, without those that the stored one says already. Pure.</summary>
internal static class TaskElements
{
    public static Dictionary<string, Action<Utf8JsonWriter>?> Of(CareTask task, JsonElement? stored, TaskHangs hangs)
    {
        var (patient, checks) = (hangs.Patient, hangs.Checks);
        var facts = stored is { } s ? TaskFacts.Of(s) : null;
        var elements = new Dictionary<string, Action<Utf8JsonWriter>?>();
        var status = task.DeletedAt is null ? task.Status : "entered-in-error";
        if (facts?.Status != status) elements["status"] = w => w.WriteStringValue(status);
        BusinessStatus(task, stored, elements);
        if (facts is null)
        {
            elements["intent"] = w => w.WriteStringValue("order");
            elements["authoredOn"] = w => w.WriteStringValue(FhirJson.Instant(task.CreatedAt));
            if (task.Series is { } series) elements["groupIdentifier"] = w => Identifier(w, series);
        }
        if (facts is null || (facts.Priority != task.Priority && TaskFacts.Priority4(task.Priority) != FhirJson.Text(stored!.Value, "priority"))) elements["priority"] = w => w.WriteStringValue(TaskFacts.Priority4(task.Priority));
        if ((facts?.Title ?? (facts is null ? null : "Task")) != task.Title) elements["description"] = w => w.WriteStringValue(task.Title);
        if (facts?.Notes != task.Notes || !SameComments(facts?.Comments ?? [], hangs.Comments)) elements["note"] = Notes(task, stored, facts, hangs.Comments);
        if (facts?.Patient is null ? patient is not null : task.Patient is null || (patient is not null && patient != facts.Patient)) elements["for"] = patient is null ? null : Reference(patient);
        if (Moment(facts?.Start) != Moment(task.StartDay, task.StartMinute, task.StartAt) || Moment(facts?.Due) != Moment(task.DueDay, task.DueMinute, task.DueAt)) elements["restriction"] = Restriction(task, stored);
        List<Part> input = [.. checks.Select(c => new Part("checklist-item", c.Title)), .. task.Form is null ? (Part[])[] : [new Part("form", FormToFhir.Canonical(task.Questions), "valueCanonical")]];
        if (!Known(stored, "input").SequenceEqual(input)) elements["input"] = Parts("input", stored, input);
        List<Part> output =
        [
            .. checks.Where(c => c.Done).Select(c => new Part("checklist-item", c.Title)), .. Answers(task),
            .. task is { Form: not null, AnsweredAt: not null } ? (Part[])[new Part("form-response", $"QuestionnaireResponse/{task.ResponseId ?? task.Id.ToString()}", "valueReference")] : [],
            .. hangs.Photos.Select(p => new Part("photo", $"DocumentReference/{p}", "valueReference")),
        ];
        if (!Known(stored, "output").SequenceEqual(output)) elements["output"] = Parts("output", stored, output);
        return elements;
    }

    public static Action<Utf8JsonWriter> Reference(string reference) => w =>
    {
        w.WriteStartObject();
        w.WriteString("reference", reference);
        w.WriteEndObject();
    };

    public static void Array(Utf8JsonWriter w, IEnumerable<Action<Utf8JsonWriter>> items)
    {
        w.WriteStartArray();
        foreach (var item in items) item(w);
        w.WriteEndArray();
    }

    /// <summary>TK-02: why it is on hold; a word of ours only, the chart's own stays.</summary>
    private static void BusinessStatus(CareTask task, JsonElement? stored, Dictionary<string, Action<Utf8JsonWriter>?> elements)
    {
        var said = stored is { } s && s.TryGetProperty("businessStatus", out var b) ? b : (JsonElement?)null;
        if (said is { } theirs && FhirJson.Text(theirs, "coding", "system") != TaskFacts.Part) return;
        var hold = task.DeletedAt is null ? task.Hold : null;
        if ((said is { } ours ? FhirJson.Text(ours, "coding", "code") : null) == hold) return;
        elements["businessStatus"] = hold is null ? null : w => Concept(w, hold, hold switch { "deferred" => "Deferred", "approval" => "Awaiting approval", _ => "Waiting on others" });
    }

    private static Action<Utf8JsonWriter>? Restriction(CareTask task, JsonElement? stored)
    {
        var others = stored is { } s && s.TryGetProperty("restriction", out var r) && r.ValueKind == JsonValueKind.Object ? r.EnumerateObject().Where(p => p.Name != "period").ToList() : [];
        var (start, due) = (Moment(task.StartDay, task.StartMinute, task.StartAt), Moment(task.DueDay, task.DueMinute, task.DueAt));
        if (others.Count == 0 && start is null && due is null) return null;
        return w =>
        {
            w.WriteStartObject();
            foreach (var p in others)
            {
                w.WritePropertyName(p.Name);
                FhirJson.Copy(w, p.Value, null);
            }
            if (start is not null || due is not null)
            {
                w.WriteStartObject("period");
                if (start is not null) w.WriteString("start", start);
                if (due is not null) w.WriteString("end", due);
                w.WriteEndObject();
            }
            w.WriteEndObject();
        };
    }

    private static string? Moment(DateOnly? day, short? minute, DateTimeOffset? at) => day is not { } d ? null : minute is null ? TaskProjection.Day(d) : FhirJson.Instant(at!.Value);
    private static string? Moment((DateTimeOffset At, bool IsDay)? said) => said is not { } m ? null : m.IsDay ? TaskProjection.Day(DateOnly.FromDateTime(m.At.UtcDateTime)) : FhirJson.Instant(m.At);

    /// <summary>Both ways alike: what is stored is compared as it is understood.</summary>
    private static bool SameComments(IReadOnlyList<SignedNote> stored, IReadOnlyList<SignedNote> ours) =>
        stored.Count == ours.Count && stored.Select(Key).Order().SequenceEqual(ours.Select(Key).Order());

    private static (string, long?) Key(SignedNote n) => (n.Text, n.At?.ToUnixTimeMilliseconds());

    /// <summary>The task's own notes have no author; comments have. A note that stands already stays as it was sent.</summary>
    private static Action<Utf8JsonWriter>? Notes(CareTask task, JsonElement? stored, TaskFacts? facts, IReadOnlyList<SignedNote> comments)
    {
        var all = stored is { } s ? FhirJson.Items(s, "note").ToList() : [];
        var said = all.Where(TaskFacts.IsComment).ToList();
        var notes = facts?.Notes == task.Notes ? all.Where(n => !TaskFacts.IsComment(n)).Select(n => (Action<Utf8JsonWriter>)(x => FhirJson.Copy(x, n, null)))
            : task.Notes is null ? [] : [x => { x.WriteStartObject(); x.WriteString("text", task.Notes); x.WriteEndObject(); }];
        var signed = comments.Select(c => (Action<Utf8JsonWriter>)(x =>
        {
            if (said.FirstOrDefault(n => TaskFacts.Note(n) is { } known && Key(known) == Key(c)) is { ValueKind: JsonValueKind.Object } stands) FhirJson.Copy(x, stands, null);
            else Signed(x, c);
        }));
        var written = notes.Concat(signed).ToList();
        return written.Count == 0 ? null : w => Array(w, written);
    }

    private static void Signed(Utf8JsonWriter w, SignedNote c)
    {
        w.WriteStartObject();
        if (c.Author is not null) FhirWrite.Reference(w, "authorReference", c.Author, c.Name);
        else if (c.Name is not null) w.WriteString("authorString", c.Name);
        w.WriteString("time", FhirJson.Instant(c.At!.Value));
        w.WriteString("text", c.Text);
        w.WriteEndObject();
    }

    /// <summary>An input or output of ours.</summary>
    private sealed record Part(string Code, string Value, string Type = "valueString");

    private static readonly Dictionary<string, string> PartNames = new()
    {
        ["checklist-item"] = "Item of the checklist", ["form"] = "Form", ["form-answer"] = "Answer of the form", ["form-response"] = "The filled form", ["photo"] = "Photo",
    };

    private static IEnumerable<Part> Answers(CareTask task)
    {
        var answers = task.AnswersByKey;
        return task.Questions.Where(q => answers.ContainsKey(q.Key)).Select(q => new Part("form-answer", $"{q.Text}: {answers[q.Key]}"));
    }

    private static bool Ours(JsonElement part) => PartNames.Keys.Any(c => TaskFacts.IsPart(part, c));

    private static IEnumerable<Part> Known(JsonElement? stored, string list) => stored is not { } s ? [] : FhirJson.Items(s, list).Where(Ours)
        .Select(p => FhirJson.Text(p, "valueCanonical") is { } canonical ? new Part(FhirJson.Text(p, "type", "coding", "code")!, canonical, "valueCanonical")
            : FhirJson.Text(p, "valueReference", "reference") is { } reference ? new Part(FhirJson.Text(p, "type", "coding", "code")!, reference, "valueReference")
            : new Part(FhirJson.Text(p, "type", "coding", "code")!, FhirJson.Text(p, "valueString")?.Trim() ?? ""))
        .Where(p => list == "output" || p.Code != "checklist-item" || p.Value.Length is > 0 and <= 255);

    private static Action<Utf8JsonWriter>? Parts(string list, JsonElement? stored, List<Part> ours)
    {
        var others = stored is { } s ? FhirJson.Items(s, list).Where(i => !Ours(i)).ToList() : [];
        return others.Count + ours.Count == 0 ? null : w => Array(w, others.Select(o => (Action<Utf8JsonWriter>)(x => FhirJson.Copy(x, o, null))).Concat(ours.Select(o => (Action<Utf8JsonWriter>)(x =>
        {
            x.WriteStartObject();
            x.WritePropertyName("type");
            Concept(x, o.Code, PartNames[o.Code]);
            if (o.Type == "valueReference") FhirWrite.Reference(x, o.Type, o.Value);
            else x.WriteString(o.Type, o.Value);
            x.WriteEndObject();
        }))));
    }

    private static void Concept(Utf8JsonWriter w, string code, string text)
    {
        w.WriteStartObject();
        Array(w, "coding", x => { x.WriteStartObject(); x.WriteString("system", TaskFacts.Part); x.WriteString("code", code); x.WriteEndObject(); });
        w.WriteString("text", text);
        w.WriteEndObject();
    }

    private static void Array(Utf8JsonWriter w, string name, Action<Utf8JsonWriter> only)
    {
        w.WriteStartArray(name);
        only(w);
        w.WriteEndArray();
    }

    private static void Identifier(Utf8JsonWriter w, Guid series)
    {
        w.WriteStartObject();
        w.WriteString("system", "urn:ietf:rfc:3986");
        w.WriteString("value", $"urn:uuid:{series}");
        w.WriteEndObject();
    }
}
