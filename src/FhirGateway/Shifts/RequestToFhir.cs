using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>
/// http://hl7.org/fhir/R4/task.html: a request of the roster (FEATURES 12.3). pending/recipient = requested, pending/manager =
/// accepted with businessStatus awaiting-manager, approved = completed, declined = rejected, withdrawn = cancelled. Pure both ways.
/// </summary>
internal static class RequestToFhir
{
    public const string Codes = RosterToFhir.Base + "/CodeSystem/shift-request";
    public const string States = RosterToFhir.Base + "/CodeSystem/shift-request-state";
    public const string Inputs = RosterToFhir.Base + "/CodeSystem/shift-request-input";

    private static readonly (string Kind, string Code, string Display)[] Kinds =
        [("swap", "swap", "Swap of shifts"), ("offer", "offer", "Offer of a shift"), ("claim", "open-shift", "Claim of an open shift"), ("off", "time-off", "Time off")];

    /// <summary>The kind a Task's code says, or null: then it is none of ours.</summary>
    public static string? Kind(JsonElement task)
    {
        if (!task.TryGetProperty("code", out var code)) return null;
        var said = FhirJson.Items(code, "coding").Where(c => FhirJson.Text(c, "system") == Codes).Select(c => FhirJson.Text(c, "code")).FirstOrDefault();
        return Kinds.Where(k => k.Code == said).Select(k => k.Kind).FirstOrDefault();
    }

    /// <summary>What the product decides of a Task, whoever made it.</summary>
    public static Dictionary<string, Action<Utf8JsonWriter>?> Decided(ShiftRequest r, string owner, JsonElement? stored) => RosterToFhir.Elements(new()
    {
        ["status"] = ShiftTaskDoor.Status(r),
        ["statusReason"] = r.State == "declined" ? Concept(States, r.AssignedTo, r.Why) : null,
        ["businessStatus"] = r is { State: "pending", AssignedTo: "manager" } ? Concept(States, "awaiting-manager", null) : null,
        ["owner"] = RosterToFhir.Reference(owner),
        ["lastModified"] = FhirJson.Instant(r.ChangedAt),
        ["note"] = Notes(r, stored),
    });

    /// <summary>A request that was made on a page.</summary>
    public static Dictionary<string, Action<Utf8JsonWriter>?> Whole(ShiftRequest r, string requester, string owner, string? reason)
    {
        var input = new JsonArray();
        if (r.OtherShift is { } other) input.Add(Input("other-shift", "valueReference", RosterToFhir.Reference($"Slot/{other}")));
        if (reason is not null) input.Add(Input("reason", "valueString", reason));
        if (r is { StartsAt: { } from, EndsAt: { } to }) input.Add(Input("period", "valuePeriod", new JsonObject { ["start"] = FhirJson.Instant(from), ["end"] = FhirJson.Instant(to) }));
        var (_, code, display) = Kinds.First(k => k.Kind == r.Kind);
        var made = RosterToFhir.Elements(new()
        {
            ["intent"] = "order",
            ["code"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Codes, ["code"] = code, ["display"] = display }) },
            ["focus"] = r.Shift is { } shift ? RosterToFhir.Reference($"Slot/{shift}") : null,
            ["authoredOn"] = FhirJson.Instant(r.MadeAt),
            ["requester"] = RosterToFhir.Reference(requester),
            ["input"] = input,
        });
        foreach (var (name, value) in Decided(r, owner, null)) made[name] = value;
        return made;
    }

    /// <summary>The messages of the request, after what the Task says already.</summary>
    private static JsonArray Notes(ShiftRequest r, JsonElement? stored)
    {
        var notes = new JsonArray();
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var note in stored is { } s ? FhirJson.Items(s, "note") : [])
        {
            notes.Add(JsonNode.Parse(note.GetRawText()));
            if (FhirJson.Text(note, "text") is { } text) said.Add(text);
        }
        foreach (var message in new[] { r.Message, r.RecipientMessage, r.ManagerMessage }.Where(m => m.Length > 0 && said.Add(m))) notes.Add(new JsonObject { ["text"] = message });
        return notes;
    }

    private static JsonObject Concept(string system, string code, string? text)
    {
        var concept = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) };
        if (text is not null) concept["text"] = text;
        return concept;
    }

    private static JsonObject Input(string type, string name, JsonNode value) =>
        new() { ["type"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Inputs, ["code"] = type }) }, [name] = value };

    /// <summary>The other way: what a Task asks for. Who its references mean is looked up by the caller.</summary>
    public static ShiftAsk Ask(string kind, JsonElement task, Guid? recipient)
    {
        var other = Value(task, "other-shift", "valueReference");
        var period = Value(task, "period", "valuePeriod");
        var owner = FhirJson.Text(task, "owner", "reference");
        return new ShiftAsk(kind, Id(FhirJson.Text(task, "focus", "reference"), "Slot/"), Id(other is { } o ? FhirJson.Text(o, "reference") : null, "Slot/"), kind == "offer" ? recipient : null,
            kind == "off" ? Id(owner, "HealthcareService/") ?? Id(owner, "CareTeam/") : null, Moment(period, "start"), Moment(period, "end"), null, Message(task));
    }

    public static string? Reason(JsonElement task) => Value(task, "reason", "valueString") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static string Message(JsonElement task) => FhirJson.Items(task, "note").Select(n => FhirJson.Text(n, "text")).LastOrDefault() is { } text ? text[..Math.Min(text.Length, 500)] : "";

    private static JsonElement? Value(JsonElement task, string type, string name) => FhirJson.Items(task, "input")
        .Where(i => i.TryGetProperty("type", out var t) && FhirJson.Items(t, "coding").Any(c => FhirJson.Text(c, "system") == Inputs && FhirJson.Text(c, "code") == type))
        .Select(i => i.TryGetProperty(name, out var v) ? (JsonElement?)v : null).FirstOrDefault();

    private static Guid? Id(string? reference, string prefix) =>
        reference is not null && reference.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParse(reference.AsSpan(prefix.Length), out var id) ? id : null;

    private static DateTimeOffset? Moment(JsonElement? period, string name) => period is { } p
        && DateTimeOffset.TryParse(FhirJson.Text(p, name), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
