namespace HealthTeams.Web.Launch;

/// <summary>What went wrong, and what to do, per code of a launch that failed.</summary>
internal sealed record LaunchWords(string What, string Do)
{
    public static LaunchWords Of(Words words, string? code)
    {
        var again = words["Close this and start again from the visit in your chart."];
        var support = words["Start again from your chart. If it stays, tell your IT support and quote the code."];
        return code switch
        {
            "iss-invalid" => new(words["The address this start came with lacks the chart's own address, or has a wrong one."], support),
            "iss-unknown" => new(words["This chart is not registered with us, so we cannot trust the visit it points to."],
                words["Ask your IT support to register the chart's address, and quote the code below."]),
            "discovery-failed" => new(words["The chart did not tell us how to sign in: its address answered wrongly or not at all."], support),
            "state-unknown" => new(words["This start is not known here any more: it took too long, or began in another window."], again),
            "launch-expired" => new(words["This start took longer than ten minutes, so it is no longer valid."], again),
            "choice-unknown" => new(words["This choice is gone: it was made before, took too long, or belongs to another browser."], again),
            "too-many-launches" => new(words["Too many visits were started at once from your network."], words["Wait a minute, then start again from your chart."]),
            "state-used" => new(words["This start was used already. Each one opens once."], again),
            "other-browser" => new(words["This start began in another browser or window than this one."],
                words["Go back to the window it began in, or start again from your chart here."]),
            "access-denied" => new(words["The chart, or you on its page, did not allow the visit to open here."],
                words["Start again from your chart and allow access. If you were not asked, your IT support has to allow it."]),
            "ehr-refused" => new(words["The chart's sign-in answered with an error of its own."], support),
            "user-unknown" => new(words["The chart did not say who you are in a way we can use."], support),
            "context-invalid" => new(words["What the chart says about this visit cannot be read."], support),
            "chart-unreadable" => new(words["The chart did not let us read the appointment or the patient."], support),
            "seat-refused" => new(words["The visit did not give you a place."],
                words["Close other windows of this visit, then start again from your chart."]),
            "token-refused" => new(words["The chart took back its permission before we could use it."], support),
            "id-token-invalid" => new(words["The chart's statement about who you are could not be verified, so we did not let it in."], support),
            "no-patient" => new(words["The chart did not say which patient this is about."],
                words["Open the patient's chart first, then start the visit from there."]),
            "ehr-unreachable" => new(words["The chart does not answer at the moment."], words["Wait a minute, then start again from your chart."]),
            "ehr-session-over" => new(words["Your session in the chart ended before the visit could open."], words["Sign in to your chart again, then start the visit from there."]),
            "visit-over" => new(words["This visit is over, so its room is closed."], words["Book a new visit to meet again."]),
            "cookies-blocked" => new(words["This browser keeps no cookies for us inside the chart, so we cannot remember who you are."],
                words["Allow cookies for this site, or open the visit in a window of its own."]),
            _ => new(words["The visit could not be opened, and we do not know why yet."], support),
        };
    }
}
