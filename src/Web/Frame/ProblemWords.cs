namespace HealthTeams.Web.Frame;

/// <summary>What a refusal means for the person who reads it; the problem's own English sentence where we know no better.</summary>
internal static class ProblemWords
{
    public static string Say(Words words, Problem problem) => problem.Code switch
    {
        "visit-over" => words["This visit is over, so its room is closed. Book a new visit to meet again."],
        "not-found" => words["It is not here, or it belongs to another hospital. Go back and look for it again."],
        "forbidden" => words["Your role does not allow this. Ask a colleague who is part of it."],
        "conflict" => words["Somebody else changed this at the same moment. Look at it again and repeat."],
        "undo-late" => words["Ten seconds have passed, so this can no longer be undone here."],
        _ => problem.Detail,
    };
}
