using HealthTeams.Collaboration.Approvals;

namespace HealthTeams.Web.Approvals;

internal static class ApprovalWords
{
    /// <summary>The usual words in the reader's language; words of one's own as they were written.</summary>
    public static string Answer(Words words, string? answer) => answer switch
    {
        "Approve" => words["Approve"],
        "Reject" => words["Reject"],
        null => "",
        _ => answer,
    };

    public static (string Icon, string Tone, string Text) State(Words words, ApprovalStatus status, string? result, bool? stopped) => status switch
    {
        ApprovalStatus.Cancelled => ("cancelled", "", words["Cancelled"]),
        ApprovalStatus.Pending => ("clock", "blue", words["Waiting"]),
        _ when stopped == true => ("close", "red", Usual(result) ? words["Rejected"] : result!.Split(';')[^1]),
        _ => ("done", "green", Usual(result) ? words["Approved"] : result!.Replace(";", "; ", StringComparison.Ordinal)),
    };

    public static (string Icon, string Tone, string Text) Part(Words words, ApprovalRequest request, IReadOnlyList<AnswerWord> answers) => request.State switch
    {
        RequestState.Waiting => ("clock", "", words["not yet asked"]),
        RequestState.Open => ("bell", "blue", words["is asked"]),
        RequestState.Answered => (answers.FirstOrDefault(a => a.Word == request.Answer)?.Stops == true ? "close" : "done", answers.FirstOrDefault(a => a.Word == request.Answer)?.Stops == true ? "red" : "green", Answer(words, request.Answer)),
        RequestState.Passed => ("swap", "", words["passed on"]),
        _ => ("cancelled", "", words["decided without"]),
    };

    public static string Passed(Words words, string? why, string from) => why switch
    {
        "away" => words["for {0}, who is away", from],
        "escalated" => words["because {0} did not answer in time", from],
        _ => words["passed on by {0}", from],
    };

    public static string Rule(Words words, StepRule rule, int people) => people == 1 ? "" : rule == StepRule.First ? words["one of them is enough"] : words["everybody answers"];

    public static string Happened(Words words, ApprovalHappening e) => e.Kind switch
    {
        "created" => words["{0} asked for it", e.By],
        "answered" => words["{0} answered: {1}", e.By, Answer(words, e.Text)],
        "signed" => words["{0} answered and signed: {1}", e.By, Answer(words, e.Text)],
        "reassigned" => words["{0} passed it on to {1}", e.By, e.Person],
        "away" => words["{0} is away: it went to {1}", e.By, e.Person],
        "escalated" => words["It went to {0} because it was late", e.Person],
        "late" => words["The time to answer was over"],
        "cancelled" => words["{0} cancelled it", e.By],
        "completed" => words["It was decided: {0}", string.Join("; ", (e.Text ?? "").Split(';').Select(a => Answer(words, a)))],
        _ => e.Kind,
    };

    /// <summary>How a trip to the hospital's provider ended, by its code; a code nobody knows is no message of ours.</summary>
    public static Problem NotSigned(string code) => new(422, code is "signature-stale" or "signature-other" ? code : "provider-answer", "Nothing was signed.");

    public static string Wrong(Words words, Problem problem) => problem.Code switch
    {
        "approval-signature" => words["This answer is signed: give your password, or sign in again with the hospital’s account."],
        "signature-stale" => words["The hospital’s account did not show again, just now, who you are for this answer: nothing was signed."],
        "signature-other" => words["Another account than yours answered: nothing was signed."],
        "provider-refused" or "provider-state" or "provider-answer" or "provider-unreachable" or "provider-unknown" or "signature-provider" => words["The hospital’s account could not be asked: nothing was signed. Try again."],
        "signature-password" => words["The password is wrong: nothing was signed."],
        "approval-answered" => words["Your part of this is done."],
        "approval-not-yet" => words["It is not your turn yet."],
        "approval-over" => words["It is decided already. Look at it again."],
        "approval-asked-already" => words["This person is asked in the same step already."],
        "approval-file-name" => words["Two files have one name. Rename one of them."],
        "delegation-overlap" => words["You named somebody for this time already. End that first."],
        "approval-unknown" => words["It is not here, or you are not part of it."],
        _ => Teams.TeamWords.Wrong(words, problem),
    };

    private static bool Usual(string? result) => result is not null && result.Split(';').All(a => a is "Approve" or "Reject");
}
