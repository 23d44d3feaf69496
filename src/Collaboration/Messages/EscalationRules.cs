namespace HealthTeams.Collaboration.Messages;

public enum StepKind { People, OnShift, Role, Owners, Sender }

/// <summary>One step after nobody has acknowledged for so long.</summary>
/// <param name="AfterMinutes">From sending.</param>
/// <param name="Name">The group or the role of the roster; for <see cref="StepKind.OnShift"/> without a name whoever is on shift.</param>
public sealed record EscalationStep(int AfterMinutes, StepKind Kind, string? Name, IReadOnlyList<Guid> People);

public sealed record EscalationPolicy(Guid? Team, bool Anyone, IReadOnlyList<EscalationStep> Steps, int Version = 0);

/// <summary>Escalation (ours; ARCHITECTURE, "Urgent, in one place"): begins 4 minutes after sending and stops only at an acknowledgement. Pure.</summary>
public static class EscalationRules
{
    public const int MostSteps = 8, LatestMinute = 240;

    /// <summary>Late by more than that, the steps behind move by it: whoever is asked gets the time the rules gave them.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    /// <summary>What holds where nobody said otherwise.</summary>
    public static readonly EscalationPolicy Standard = new(null, false,
    [
        new(4, StepKind.OnShift, null, []),
        new(8, StepKind.Role, "charge nurse", []),
        new(12, StepKind.Owners, null, []),
        new(16, StepKind.Sender, null, []),
    ]);

    /// <summary>All that is wrong with rules somebody wrote.</summary>
    public static IReadOnlyList<Problem> Wrong(EscalationPolicy policy)
    {
        var wrong = new List<Problem>();
        var steps = policy.Steps;
        if (steps.Count is 0 or > MostSteps) wrong.Add(Problem.Unprocessable($"Give 1 to {MostSteps} steps.", "steps", "escalation-steps"));
        for (var i = 0; i < steps.Count; i++)
        {
            var number = i + 1;
            if (steps[i].AfterMinutes is < 1 or > LatestMinute) wrong.Add(Problem.Unprocessable($"Step {number}: give 1 to {LatestMinute} minutes.", $"minutes[{i}]", "escalation-minutes"));
            if (i > 0 && steps[i].AfterMinutes <= steps[i - 1].AfterMinutes) wrong.Add(Problem.Unprocessable($"Step {number} must come later than the step before it.", $"minutes[{i}]", "escalation-order"));
            if (steps[i].Kind == StepKind.People && steps[i].People.Count == 0) wrong.Add(Problem.Unprocessable($"Step {number}: name the people who are asked.", $"people[{i}]", "escalation-people"));
            if (steps[i].Kind == StepKind.Role && string.IsNullOrWhiteSpace(steps[i].Name)) wrong.Add(Problem.Unprocessable($"Step {number}: name the role that is asked.", $"name[{i}]", "escalation-role"));
            if (steps[i].Name is { Length: > 80 }) wrong.Add(Problem.Unprocessable($"Step {number}: a name has at most 80 characters.", $"name[{i}]", "escalation-role"));
        }
        // A chain that ends in silence is what this product is not for.
        if (steps.Count > 0 && steps[^1].Kind != StepKind.Sender) wrong.Add(Problem.Unprocessable("The last step tells the sender: nobody must believe that somebody has it.", "steps", "escalation-end"));
        return wrong;
    }

    /// <summary>When the next step is due, after one that was planned for <paramref name="planned"/> ran at <paramref name="now"/>.</summary>
    /// <param name="nobody">The step found nobody to ask: no minute is lost.</param>
    public static DateTimeOffset Next(DateTimeOffset planned, DateTimeOffset nextPlanned, DateTimeOffset now, bool nobody) =>
        nobody ? now : now - planned > Late ? now + (nextPlanned - planned) : nextPlanned;
}
