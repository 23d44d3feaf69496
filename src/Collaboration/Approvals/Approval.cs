namespace HealthTeams.Collaboration.Approvals;

public enum ApprovalStatus { Pending, Completed, Cancelled }

/// <summary>First: one answer decides the step. All: everybody of the step answers.</summary>
public enum StepRule { First, All }

/// <summary>Passed: given to another (reassigned, away, escalated). Closed: decided without this answer.</summary>
public enum RequestState { Waiting, Open, Answered, Passed, Closed }

/// <summary>One word an approver may answer with.</summary>
/// <param name="Stops">It ends the whole at once, as a rejection does (AP-04).</param>
public sealed record AnswerWord(string Word, bool Stops)
{
    public static readonly IReadOnlyList<AnswerWord> Usual = [new("Approve", false), new("Reject", true)];
}

/// <summary>People asked at the same time.</summary>
public sealed record StepPlan(StepRule Rule, IReadOnlyList<Guid> Approvers);

/// <summary>One person's part, as the chain shows it.</summary>
public sealed record ApprovalRequest
{
    public Guid Id { get; init; }
    public int Step { get; init; }
    public Guid Approver { get; init; }
    public string Name { get; init; } = "";
    public RequestState State { get; init; }
    public Guid? PassedFrom { get; init; }
    public string? PassedWhy { get; init; }
    public DateTimeOffset? PassedAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? OpenedAt { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public int? AnswerNo { get; init; }
    public string? Answer { get; init; }
    public string? Comments { get; init; }
    public string? Signature { get; init; }
    public bool Live => State is RequestState.Waiting or RequestState.Open;
}

public sealed record ApprovalFile(string Name, string Hash, string Type, long Bytes);

/// <param name="Person">Whom it concerns beside who did it: to whom a request was passed.</param>
public sealed record ApprovalHappening(DateTimeOffset At, string Kind, string? By, string? Person, string? Text);
