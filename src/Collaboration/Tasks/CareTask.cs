using HealthTeams.Collaboration.Forms;
using System.Text.Json;
using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Tasks;

/// <summary>TK-02, and what waiting for somebody's yes is called.</summary>
public enum Progress { NotStarted, InProgress, Waiting, Deferred, AwaitingApproval, Completed, Closed }

/// <summary>TK-06: what must be there before a task can be completed.</summary>
/// <param name="Approver">One person's word on the task's page.</param>
/// <param name="Chain">Or an approval asked by this template.</param>
public sealed record Needs(bool Checklist, bool Photo, Guid? Approver, string? Form, Guid? Chain = null)
{
    public static readonly Needs Nothing = new(false, false, null, null);
}

/// <summary>A task as lists, boards and its page show it.</summary>
public sealed record CareTask
{
    public Guid Id { get; init; }
    public string? FhirId { get; init; }
    public Guid? Team { get; init; }
    public string? TeamName { get; init; }
    public Guid? Board { get; init; }
    public string? BoardName { get; init; }
    public Guid? Bucket { get; init; }
    public string? BucketName { get; init; }
    public Guid? Owner { get; init; }
    public string Title { get; init; } = "";
    public string? Notes { get; init; }
    public short Priority { get; init; } = TaskRules.Medium;
    public string Status { get; init; } = "ready";
    public string? Hold { get; init; }
    public string? StatusBefore { get; init; }
    public DateOnly? StartDay { get; init; }
    public short? StartMinute { get; init; }
    public DateTimeOffset? StartAt { get; init; }
    public DateOnly? DueDay { get; init; }
    public short? DueMinute { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public int? RemindMinutes { get; init; }
    public string[] Labels { get; init; } = [];
    public Guid? Patient { get; init; }
    public string? Family { get; init; }
    public string? Given { get; init; }
    public string? Gender { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? PatientIdentifier { get; init; }
    public Guid? Visit { get; init; }
    public Guid? Message { get; init; }
    public bool NeedsChecklist { get; init; }
    public bool NeedsPhoto { get; init; }
    public Guid? Approver { get; init; }
    public Guid? Chain { get; init; }
    public Guid? Approval { get; init; }
    public DateTimeOffset? ApprovedAt { get; init; }
    public string? Form { get; init; }
    public string? Answers { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public Guid? AnsweredBy { get; init; }
    public string? ResponseId { get; init; }
    public Guid? Series { get; init; }
    public int? Occurrence { get; init; }
    public Guid? ListItem { get; init; }
    public Guid? List { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public Guid? CreatedBy { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public Guid? CompletedBy { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public int Version { get; init; }
    public int Checks { get; init; }
    public int Checked { get; init; }
    public int Comments { get; init; }
    public int Photos { get; init; }
    public Guid[] Assignees { get; init; } = [];
    public string[] AssigneeNames { get; init; } = [];
    public bool InMyDay { get; init; }

    public Progress Progress => TaskRules.ProgressOf(Status, Hold);
    public bool Open => TaskRules.IsOpen(Status);
    public Needs Needs => new(NeedsChecklist, NeedsPhoto, Approver, Form, Chain);
    public bool Late(DateTimeOffset now) => Open && DueAt < now;

    public PatientFacts? Facts => Patient is null ? null
        : new(new Person { Kind = PersonKind.Patient, Family = Family, Given = Given }.Display, BirthDate, Gender, PatientIdentifier);

    public IReadOnlyList<Question> Questions => Question.Of(Form);
    public IReadOnlyDictionary<string, string> AnswersByKey => Answers is null ? new Dictionary<string, string>() : JsonSerializer.Deserialize<Dictionary<string, string>>(Answers, JsonSerializerOptions.Web)!;
}

/// <summary>One item of a checklist, with who ticked it when.</summary>
public sealed record CheckItem(Guid Id, string Title, DateTimeOffset? CheckedAt, string? CheckedBy);

public sealed record TaskComment(Guid Id, string By, string Text, DateTimeOffset At);

public sealed record TaskLink(Guid Id, string Title, string Url);

public sealed record TaskPhoto(Guid Id, string Type, long Bytes, DateTimeOffset At, string By);

/// <param name="What">A word of <c>TaskWords.Happened</c>: "created", "title", "progress" ...</param>
public sealed record TaskHappening(DateTimeOffset At, string By, string What, string? Was, string? Became);

/// <summary>A task with everything that hangs on it.</summary>
public sealed record TaskDetails(
    CareTask Task, IReadOnlyList<CheckItem> Checks, IReadOnlyList<TaskComment> Comments, IReadOnlyList<TaskLink> Links, IReadOnlyList<TaskPhoto> Photos,
    IReadOnlyList<TaskHappening> History, string? ApproverName, string? CompletedByName, bool MayChange);
