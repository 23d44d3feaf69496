namespace HealthTeams.Web.Tasks;

/// <summary>What a refusal of a task means to its reader; the problem's own sentence where it says more than we could.</summary>
internal static class TaskProblems
{
    public static string Say(Words words, Problem problem) => problem.Code switch
    {
        "task-unknown" or "board-unknown" or "series-unknown" or "team-unknown" => words["It is not here for you: it was deleted, or its team does not include you."],
        "task-stale" => words["Somebody changed this task at the same moment. What you typed is still here; look at what changed and save again."],
        "board-name" => words["This team has a board of that name."],
        "task-title" => words["A task needs a title of at most 255 characters."],
        _ => ProblemWords.Say(words, problem),
    };
}
