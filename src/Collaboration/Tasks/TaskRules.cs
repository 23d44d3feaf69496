namespace HealthTeams.Collaboration.Tasks;

/// <summary>What a task's words mean and what may follow on what. Pure.</summary>
public static class TaskRules
{
    /// <summary>TK-01: 0-1 urgent, 2-4 important, 5-7 medium, 8-10 low; written 1, 3, 5, 9.</summary>
    public const short Urgent = 1, Important = 3, Medium = 5, Low = 9;

    public static readonly TimeSpan UndoFor = TimeSpan.FromSeconds(10);

    /// <summary>Deleted is hidden; after this it is gone.</summary>
    public static readonly TimeSpan KeepDeletedFor = TimeSpan.FromDays(30);

    public static short? PriorityOf(int number) => number switch { 0 or 1 => Urgent, >= 2 and <= 4 => Important, >= 5 and <= 7 => Medium, >= 8 and <= 10 => Low, _ => null };

    private static readonly string[] Ended = ["rejected", "failed", "completed", "cancelled", "entered-in-error"];

    public static bool IsOpen(string status) => !Ended.Contains(status);

    public static Progress ProgressOf(string status, string? hold) => (status, hold) switch
    {
        ("completed", _) => Progress.Completed,
        ("on-hold", "deferred") => Progress.Deferred,
        ("on-hold", "approval") => Progress.AwaitingApproval,
        ("on-hold", _) => Progress.Waiting,
        ("in-progress", _) => Progress.InProgress,
        _ when IsOpen(status) => Progress.NotStarted,
        _ => Progress.Closed,
    };

    /// <summary>What a page's choice of progress is in R4 words; completion and approval have acts of their own.</summary>
    public static (string Status, string? Hold)? StatusOf(Progress progress) => progress switch
    {
        Progress.NotStarted => ("ready", null),
        Progress.InProgress => ("in-progress", null),
        Progress.Waiting => ("on-hold", "waiting"),
        Progress.Deferred => ("on-hold", "deferred"),
        Progress.Closed => ("cancelled", null),
        _ => null,
    };

    /// <summary>http://hl7.org/fhir/R4/task.html#statemachine: states may be skipped forward, never walked back, but for "ready": what was begun may be put down.</summary>
    public static IReadOnlyList<string> After(string status) => status switch
    {
        "draft" => ["requested", "received", "accepted", "rejected", "ready", "in-progress", "on-hold", "failed", "completed", "cancelled", "entered-in-error"],
        "requested" => ["received", "accepted", "rejected", "ready", "in-progress", "on-hold", "failed", "completed", "cancelled", "entered-in-error"],
        "received" => ["accepted", "rejected", "ready", "in-progress", "on-hold", "failed", "completed", "cancelled", "entered-in-error"],
        "accepted" => ["ready", "in-progress", "on-hold", "failed", "completed", "cancelled", "entered-in-error"],
        "ready" or "in-progress" or "on-hold" => ["ready", "in-progress", "on-hold", "failed", "completed", "cancelled", "entered-in-error"],
        "entered-in-error" => [],
        _ => ["entered-in-error"],
    };

    public static bool May(string from, string to) => from == to || After(from).Contains(to);

    /// <summary>TK-06: everything that still stands in the way, not only the first.</summary>
    public static IReadOnlyList<ProblemText> Unmet(Needs needs, int checks, int ticked, int photos, bool answered)
    {
        var unmet = new List<ProblemText>();
        if (needs.Checklist && ticked < checks) unmet.Add(Text($"{checks - ticked} of {checks} checklist items are open"));
        if (needs.Form is not null && !answered) unmet.Add(ProblemText.Plain("the form is not answered"));
        if (needs.Photo && photos == 0) unmet.Add(ProblemText.Plain("a photo is missing"));
        return unmet;
    }

    private static ProblemText Text(ProblemText text) => text;

    /// <summary>Labels as typed, "a, b": trimmed, each once, at most 20 of 50 characters.</summary>
    public static Outcome<string[]> Labels(string? typed)
    {
        var labels = (typed ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        if (labels.Length > 20) return Problem.Invalid("A task has at most 20 labels.", "labels");
        return labels.FirstOrDefault(l => l.Length > 50) is { } longest ? Problem.Invalid($"A label has at most 50 characters; \"{longest}\" has {longest.Length}.", "labels") : labels;
    }
}
