namespace HealthTeams.Web.Frame;

/// <summary>What a refusal means for the person who reads it; the problem's own sentence, in French where it has no names or numbers in it.</summary>
internal static class ProblemWords
{
    public static string Say(Words words, Problem problem) => problem.Code switch
    {
        "visit-over" => words["This visit is over, so its room is closed. Book a new visit to meet again."],
        "not-found" => words["It is not here, or it belongs to another hospital. Go back and look for it again."],
        "forbidden" => words["Your role does not allow this. Ask a colleague who is part of it."],
        "conflict" => words["Somebody else changed this at the same moment. Look at it again and repeat."],
        "team-role" => words["Your role in this team does not allow this. Ask one of its owners."],
        "undo-late" => words["Ten seconds have passed, so this can no longer be undone here."],
        _ => problem.Said is { } said && said.Text == problem.Detail ? Say(words, said) : words[problem.Detail],
    };

    /// <summary>By its sentence with holes; a sentence within it is said alike, names and numbers as they are.</summary>
    private static string Say(Words words, ProblemText said) =>
        words[said.Args.Count == 0 ? said.Text : said.Format, [.. said.Args.Select(a => a is ProblemText within ? Say(words, within) : a)]];
}
