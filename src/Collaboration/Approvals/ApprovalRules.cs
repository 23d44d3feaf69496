namespace HealthTeams.Collaboration.Approvals;

/// <summary>What an answer leads to.</summary>
/// <param name="Close">Requests decided without their people.</param>
/// <param name="Open">The step whose people are asked now.</param>
/// <param name="Result">Set when it is complete: the answers in their order, joined by ";" (AP-03).</param>
public sealed record NextMove(IReadOnlyList<Guid> Close, int? Open, string? Result, bool Stopped);

/// <summary>The chain's rules, all kinds in one: first response is one step of the rule First, everyone one of All, sequential a step per person (AP-02 to AP-08). Pure.</summary>
public static class ApprovalRules
{
    public const int Steps = 50, Approvers = 200, Files = 50;

    /// <summary>After <paramref name="answered"/> (already among <paramref name="requests"/> as Answered).</summary>
    /// <param name="steps">By step number, from 1.</param>
    public static NextMove After(IReadOnlyDictionary<int, StepRule> steps, IReadOnlyList<ApprovalRequest> requests, Guid answered, IReadOnlyList<AnswerWord> words)
    {
        var one = requests.First(r => r.Id == answered);
        var live = requests.Where(r => r.Live).ToList();
        if (words.FirstOrDefault(w => w.Word == one.Answer)?.Stops == true) return new NextMove([.. live.Select(r => r.Id)], null, Result(requests), true);
        var here = live.Where(r => r.Step == one.Step).ToList();
        if (steps[one.Step] == StepRule.All && here.Count > 0) return new NextMove([], null, null, false);
        var closed = here.Select(r => r.Id).ToList();
        var next = steps.Keys.Where(s => s > one.Step).Order().Cast<int?>().FirstOrDefault();
        return next is null ? new NextMove(closed, null, Result(requests), false) : new NextMove(closed, next, null, false);
    }

    public static string Result(IEnumerable<ApprovalRequest> requests) =>
        string.Join(';', requests.Where(r => r.State == RequestState.Answered).OrderBy(r => r.AnswerNo).Select(r => r.Answer));

    /// <summary>Everything that is wrong with what is asked, at once.</summary>
    public static Problem? Check(string title, string? details, IReadOnlyList<StepPlan> steps, IReadOnlyList<AnswerWord> answers, DateTimeOffset? due, Guid? escalateTo, DateTimeOffset now)
    {
        var faults = new List<string>();
        if (title.Trim().Length is 0 or > 200) faults.Add("Say in 1 to 200 characters what is to be approved.");
        if (details?.Length > 10000) faults.Add("The details have at most 10,000 characters.");
        if (steps.Count == 0 || steps.Any(s => s.Approvers.Count == 0)) faults.Add("Every step asks at least one person.");
        if (steps.Count > Steps || steps.Sum(s => s.Approvers.Count) > Approvers) faults.Add($"At most {Steps} steps and {Approvers} approvers.");
        if (answers.Count is < 2 or > 5 || answers.Any(a => a.Word.Trim().Length is 0 or > 40 || a.Word.Contains(';', StringComparison.Ordinal))) faults.Add("There are 2 to 5 answers of 1 to 40 characters, without a semicolon.");
        if (answers.Select(a => a.Word.Trim().ToUpperInvariant()).Distinct().Count() != answers.Count) faults.Add("Two answers are the same.");
        if (answers.Count > 0 && answers.All(a => a.Stops)) faults.Add("One answer at least lets the request go on.");
        if (due <= now) faults.Add("The due time is in the past.");
        if (escalateTo is not null && due is null) faults.Add("Who it goes to when it is late needs a due time.");
        return faults.Count == 0 ? null : Problem.Unprocessable(string.Join(' ', faults), "title", "approval-broken");
    }

    /// <summary>What happens by itself next: a reminder a day before the due time where there is room for one, then the due time.</summary>
    public static DateTimeOffset? NextAt(DateTimeOffset? due, DateTimeOffset after) =>
        due is not { } at || at <= after ? null : at - TimeSpan.FromDays(1) is var reminder && reminder > after ? reminder : at;

    /// <summary>Who is asked in somebody's place: along the delegations until one is there; a circle, or the person already asked, leaves it with the first.</summary>
    public static Guid Stand(Guid person, IReadOnlyDictionary<Guid, Guid> away, IReadOnlySet<Guid> asked)
    {
        var seen = new HashSet<Guid> { person };
        var at = person;
        while (away.TryGetValue(at, out var next))
        {
            if (!seen.Add(next)) return person;
            at = next;
        }
        return at != person && asked.Contains(at) ? person : at;
    }
}
