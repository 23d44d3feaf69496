using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Tasks;

internal sealed record SignedNote(string Text, DateTimeOffset? At, string? Author, string? Name);

/// <summary>What of a Task the product understands. http://hl7.org/fhir/R4/task.html. Pure.</summary>
internal sealed record TaskFacts
{
    public const string Part = "https://healthteams.example/fhir/CodeSystem/task-part";
    public const string CandidateList = "http://hl7.org/fhir/StructureDefinition/task-candidateList";

    public string Status { get; init; } = "ready";
    public string? Title { get; init; }
    public string? Notes { get; init; }

    /// <summary>Notes with an author or a time: comments.</summary>
    public IReadOnlyList<SignedNote> Comments { get; init; } = [];
    public short Priority { get; init; } = TaskRules.Medium;
    public (DateTimeOffset At, bool IsDay)? Start { get; init; }
    public (DateTimeOffset At, bool IsDay)? Due { get; init; }
    public string? Patient { get; init; }
    public string? Owner { get; init; }
    public IReadOnlyList<string> Candidates { get; init; } = [];
    public IReadOnlyList<string> Checks { get; init; } = [];
    public IReadOnlyList<string> Ticked { get; init; } = [];

    public static TaskFacts Of(JsonElement task)
    {
        var notes = string.Join("\n\n", FhirJson.Items(task, "note").Where(n => !IsComment(n)).Select(n => FhirJson.Text(n, "text")).OfType<string>());
        return new TaskFacts
        {
            Status = FhirJson.Text(task, "status") ?? "ready",
            Title = Cut(255, First(FhirJson.Text(task, "description"), FhirJson.Text(task, "code", "text"), FhirJson.Text(task, "code", "coding", "display"), FhirJson.Text(task, "code", "coding", "code"))),
            Notes = notes.Length == 0 ? null : Cut(10_000, notes),
            Comments = [.. FhirJson.Items(task, "note").Where(IsComment).Select(Note).OfType<SignedNote>()],
            Priority = PriorityOf(FhirJson.Text(task, "priority")),
            Start = Moment(FhirJson.Text(task, "restriction", "period", "start")),
            Due = Moment(FhirJson.Text(task, "restriction", "period", "end")),
            Patient = FhirJson.Text(task, "for", "reference"),
            Owner = FhirJson.Text(task, "owner", "reference"),
            Candidates = [.. FhirJson.Items(task, "extension").Where(e => FhirJson.Text(e, "url") == CandidateList).Select(e => FhirJson.Text(e, "valueReference", "reference")).OfType<string>()],
            Checks = [.. Parts(task, "input")],
            Ticked = [.. Parts(task, "output")],
        };
    }

    public static bool IsComment(JsonElement note) => note.TryGetProperty("time", out _) || note.TryGetProperty("authorReference", out _) || note.TryGetProperty("authorString", out _);

    public static SignedNote? Note(JsonElement note) => Cut(4000, FhirJson.Text(note, "text")?.Trim()) is not { Length: > 0 } text ? null
        : new(text, Moment(FhirJson.Text(note, "time")) is { IsDay: false } at ? at.At : null, FhirJson.Text(note, "authorReference", "reference"),
            Cut(255, First(FhirJson.Text(note, "authorString"), FhirJson.Text(note, "authorReference", "display"))));

    /// <summary>request-priority: stat is urgent, asap and urgent are important, routine is medium; low is ours alone and goes out as routine.</summary>
    public static short PriorityOf(string? fhir) => fhir switch { "stat" => TaskRules.Urgent, "asap" or "urgent" => TaskRules.Important, _ => TaskRules.Medium };

    public static string Priority4(short priority) => priority switch { TaskRules.Urgent => "stat", TaskRules.Important => "urgent", _ => "routine" };

    public static bool IsPart(JsonElement parameter, string code) =>
        FhirJson.Text(parameter, "type", "coding", "system") == Part && FhirJson.Text(parameter, "type", "coding", "code") == code;

    private static IEnumerable<string> Parts(JsonElement task, string list) =>
        FhirJson.Items(task, list).Where(i => IsPart(i, "checklist-item")).Select(i => FhirJson.Text(i, "valueString")?.Trim()).Where(t => t is { Length: > 0 and <= 255 }).OfType<string>();

    /// <summary>A day, or an instant; of a month or a year alone nobody can be reminded.</summary>
    private static (DateTimeOffset At, bool IsDay)? Moment(string? text)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return (new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), true);
        return text?.Contains('T', StringComparison.Ordinal) == true && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? (at, false) : null;
    }

    private static string? Cut(int most, string? text) => text?.Length > most ? text[..(most - 1)] + "…" : text;

    private static string? First(params string?[] texts) => texts.FirstOrDefault(t => !string.IsNullOrWhiteSpace(t))?.Trim();
}
