using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Tasks;

namespace HealthTeams.FhirGateway.Communications;

internal sealed record MessageFace
{
    public Guid Id { get; init; }
    public string? Communication { get; init; }
    public string Priority { get; init; } = "";
    public string Sender { get; init; } = "";
    public Guid? SenderPerson { get; init; }
    public string? Text { get; init; }
    public DateTimeOffset SentAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public string? Settled { get; init; }
    public Guid? Conversation { get; init; }
    public int? Seq { get; init; }
    public Guid? Root { get; init; }
    public string? RootCommunication { get; init; }
    public string? Patient { get; init; }
    public string FhirId => Communication ?? Id.ToString();
}

internal sealed record ReceiptFace
{
    public Guid Id { get; init; }
    public Guid Recipient { get; init; }
    public string Priority { get; init; } = "";
    public DateTimeOffset SentAt { get; init; }
    public DateTimeOffset? NotifiedAt { get; init; }
    public DateTimeOffset? ReadAt { get; init; }
    public DateTimeOffset? AcknowledgedAt { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public int? Escalated { get; init; }
    public string? Closed { get; init; }
}

/// <summary>http://hl7.org/fhir/R4/communication.html and task.html. Pure.</summary>
internal static class MessageToFhir
{
    public const string Codes = "https://healthteams.example/fhir/CodeSystem/message";

    /// <summary>FHIR request-priority out: normal → routine, important → urgent, urgent → stat.</summary>
    public static string Priority(string priority) => priority switch { "urgent" => "stat", "important" => "urgent", _ => "routine" };

    /// <summary>When the last of those who still have it has read.</summary>
    public static DateTimeOffset? Received(IReadOnlyList<ReceiptFace> receipts)
    {
        var theirs = receipts.Where(r => r.Closed != "passed").ToList();
        return theirs.Count > 0 && theirs.All(r => r.ReadAt is not null) ? theirs.Max(r => r.ReadAt) : null;
    }

    public static ProjectedResources.Resource Communication(MessageFace said, IReadOnlyList<ReceiptFace> receipts, IReadOnlyList<string> recipients, string? sender)
    {
        var received = Received(receipts);
        var status = said.DeletedAt is not null ? "entered-in-error" : said.Settled == "withdrawn" ? "stopped" : receipts.Count == 0 || received is not null ? "completed" : "in-progress";
        return new("Communication", said.FhirId, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["inResponseTo"] = said.Root is { } root ? w => TaskElements.Array(w, [TaskElements.Reference($"Communication/{said.RootCommunication ?? root.ToString()}")]) : null,
            ["status"] = w => w.WriteStringValue(status),
            ["priority"] = w => w.WriteStringValue(Priority(said.Priority)),
            ["subject"] = said.Patient is { } patient ? TaskElements.Reference(patient) : null,
            ["sent"] = w => w.WriteStringValue(FhirJson.Instant(said.SentAt)),
            ["received"] = received is { } at ? w => w.WriteStringValue(FhirJson.Instant(at)) : null,
            ["recipient"] = recipients.Count > 0 ? w => TaskElements.Array(w, recipients.Select(TaskElements.Reference)) : null,
            ["sender"] = sender is null ? null : TaskElements.Reference(sender),
            ["payload"] = said.Text is { Length: > 0 } text ? w => TaskElements.Array(w, [v => { v.WriteStartObject(); v.WriteString("contentString", text); v.WriteEndObject(); }]) : null,
        });
    }

    /// <summary>Open → requested, read → received, acknowledged → completed, twenty minutes unread → failed, passed on, taken by another or withdrawn → cancelled.</summary>
    public static (string Status, string Business) State(ReceiptFace r) => r switch
    {
        { AcknowledgedAt: not null } => ("completed", r.AnsweredAt is not null ? "answered" : "acknowledged"),
        { Closed: "withdrawn" } => ("cancelled", "withdrawn"),
        { Closed: "passed" } => ("cancelled", "passed"),
        { Closed: "taken" } => ("cancelled", "taken"),
        { AnsweredAt: not null } => ("received", "answered"),
        { ReadAt: not null } => ("received", "read"),
        { Closed: "unread" } => ("failed", "unread"),
        { Escalated: not null } => ("requested", "escalated"),
        _ => ("requested", "notified"),
    };

    public static ProjectedResources.Resource Receipt(MessageFace said, ReceiptFace r, string owner)
    {
        var (status, business) = State(r);
        return new("Task", r.Id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["basedOn"] = w => TaskElements.Array(w, [TaskElements.Reference($"Communication/{said.FhirId}")]),
            ["status"] = w => w.WriteStringValue(status),
            ["businessStatus"] = w => Concept(w, business),
            ["intent"] = w => w.WriteStringValue("order"),
            ["priority"] = w => w.WriteStringValue(Priority(r.Priority)),
            ["code"] = w => Concept(w, r.Escalated is null ? "message-receipt" : "escalated-delivery"),
            ["focus"] = TaskElements.Reference($"Communication/{said.FhirId}"),
            // The message says whom it is about: by the receipt alone it would be in the patient's compartment, and who was rung is not theirs to read.
            ["for"] = null,
            ["executionPeriod"] = w =>
            {
                w.WriteStartObject();
                w.WriteString("start", FhirJson.Instant(r.SentAt));
                if (r.AcknowledgedAt is { } end) w.WriteString("end", FhirJson.Instant(end));
                w.WriteEndObject();
            },
            ["authoredOn"] = w => w.WriteStringValue(FhirJson.Instant(r.SentAt)),
            ["owner"] = TaskElements.Reference(owner),
        });
    }

    private static void Concept(Utf8JsonWriter w, string code)
    {
        w.WriteStartObject();
        w.WriteStartArray("coding");
        w.WriteStartObject();
        w.WriteString("system", Codes);
        w.WriteString("code", code);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    }
}
