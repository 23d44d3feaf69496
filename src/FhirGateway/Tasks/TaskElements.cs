using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>A task's row as elements of its Task, without those that the stored one says already. Pure.</summary>
internal static class TaskElements
{
    public static Dictionary<string, Action<Utf8JsonWriter>?> Of(CareTask task, JsonElement? stored, IReadOnlyList<(string Title, bool Done)> checks, string? patient)
    {
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
        if (facts?.Notes != task.Notes) elements["note"] = task.Notes is null ? null : w => Array(w, [x => { x.WriteStartObject(); x.WriteString("text", task.Notes); x.WriteEndObject(); }]);
        if (facts?.Patient is null ? patient is not null : task.Patient is null || (patient is not null && patient != facts.Patient)) elements["for"] = patient is null ? null : Reference(patient);
        if (Moment(facts?.Start) != Moment(task.StartDay, task.StartMinute, task.StartAt) || Moment(facts?.Due) != Moment(task.DueDay, task.DueMinute, task.DueAt)) elements["restriction"] = Restriction(task, stored);
        if (!(facts?.Checks ?? []).SequenceEqual(checks.Select(c => c.Title))) elements["input"] = Parts("input", stored, [.. checks.Select(c => ("checklist-item", c.Title))], "checklist-item");
        var outcome = checks.Where(c => c.Done).Select(c => ("checklist-item", c.Title)).Concat(Answers(task)).ToList();
        if (!Outputs(stored).SequenceEqual(outcome)) elements["output"] = Parts("output", stored, outcome, "checklist-item", "form-answer");
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

    private static IEnumerable<(string, string)> Answers(CareTask task)
    {
        var answers = task.AnswersByKey;
        return task.Questions.Where(q => answers.ContainsKey(q.Key)).Select(q => ("form-answer", $"{q.Text}: {answers[q.Key]}"));
    }

    private static IEnumerable<(string, string)> Outputs(JsonElement? stored) => stored is not { } s ? [] : FhirJson.Items(s, "output")
        .Where(o => FhirJson.Text(o, "type", "coding", "system") == TaskFacts.Part).Select(o => (FhirJson.Text(o, "type", "coding", "code") ?? "", FhirJson.Text(o, "valueString") ?? ""));

    private static Action<Utf8JsonWriter>? Parts(string list, JsonElement? stored, List<(string Code, string Text)> ours, params string[] codes)
    {
        var others = stored is { } s ? FhirJson.Items(s, list).Where(i => !codes.Any(c => TaskFacts.IsPart(i, c))).ToList() : [];
        return others.Count + ours.Count == 0 ? null : w => Array(w, others.Select(o => (Action<Utf8JsonWriter>)(x => FhirJson.Copy(x, o, null))).Concat(ours.Select(o => (Action<Utf8JsonWriter>)(x =>
        {
            x.WriteStartObject();
            x.WritePropertyName("type");
            Concept(x, o.Code, o.Code == "form-answer" ? "Answer of the form" : "Item of the checklist");
            x.WriteString("valueString", o.Text);
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
