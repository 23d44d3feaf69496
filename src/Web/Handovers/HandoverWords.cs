using HealthTeams.Collaboration.Handovers;

namespace HealthTeams.Web.Handovers;

/// <summary>A handover's states, severities and history in the reader's words; never by colour alone.</summary>
public static class HandoverWords
{
    public static (string Icon, string Tone, string Text) State(Words w, Handover h, DateTimeOffset now) => h.State switch
    {
        "accepted" when h.ReplacedBy is not null => ("history", "grey", w["Replaced"]),
        "accepted" => ("done", "green", w["Accepted"]),
        "declined" => ("close", "red", w["Declined"]),
        "cancelled" => ("cancelled", "grey", w["Cancelled"]),
        _ when h.EscalatedAt is not null || h.EndsAt < now => ("warning", "red", h.State == "draft" ? w["Late, not signed"] : w["Late, not accepted"]),
        "offered" => ("clock", "amber", w["Waits"]),
        _ => ("edit", "blue", w["Draft"]),
    };

    public static (string Icon, string Tone, string Text) Severity(Words w, string severity) => severity switch
    {
        "Unstable" => ("warning", "red", w["Unstable"]),
        "Watcher" => ("activity", "amber", w["Watcher"]),
        "Stable" => ("done", "green", w["Stable"]),
        _ => ("info", "grey", w["severity unknown"]),
    };

    public static string Section(Words w, string section) => section switch
    {
        "severity" => w["Illness severity"],
        "summary" => w["Patient summary"],
        "actions" => w["Action list"],
        _ => w["If this, then that"],
    };

    public static string Item(Words w, string kind) => kind switch { "task" => w["Task"], "message" => w["Urgent message"], "visit" => w["Visit"], _ => w["Flag"] };

    public static string Icon(string kind) => kind switch { "task" => "tasks", "message" => "messages", "visit" => "visits", _ => "flag" };

    public static string? Link(HandoverItem item) => item.Kind == "task" ? $"/tasks/{item.Ref}" : null;

    public static string To(Words w, Handover h) => h.State == "accepted" ? h.ReceiverName ?? "" : h.ToNames.Length == 0 ? w["anyone of {0}", h.TeamName] : string.Join(", ", h.ToNames);

    public static string Happened(Words w, HandoverEvent e) => e.Kind switch
    {
        "begun" => w["began the draft"],
        "added" => w["added {0}", e.Patient],
        "removed" => w["took {0} out", e.Patient],
        "offered" => e.Detail == "FHIR" ? w["signed it in another system"] : w["signed and offered it"],
        "taken-back" => w["took it back to change it"],
        "read-back" => w["read back {0}", e.Patient],
        "asked" => w["asked about {0}", e.Patient],
        "answered" => w["answered about {0}", e.Patient],
        "redirected" => w["sent it to others"],
        "accepted" => w["accepted it"],
        "declined" => w["declined it"],
        "cancelled" => w["cancelled it"],
        "amended" => w["began an amendment"],
        "escalated" => w["The owners of the team were told"],
        "passed" => w["took over tasks and urgent messages ({0})", e.Detail],
        "resent" => w["The other system sent {0} again", e.Patient],
        _ => e.Kind,
    };

    public static string Problem(Words w, Problem problem) => problem.Code switch
    {
        "handover-unknown" => w["It is not here for you: its team does not include you."],
        "handover-unread" => w["Not every patient is read back by you yet, or one changed after you did. Read back those that are open."],
        "handover-taken" => w["Somebody else has accepted this handover and is responsible now."],
        "handover-not-ready" => w["Not yet: every patient needs an illness severity, and who is Watcher or Unstable needs a line of what to do if it gets worse."],
        "handover-patients" => w["A handover has at most 120 patients. Take only those that name you."],
        "handover-to" => w["Choose members of the team, at most 20, and not yourself."],
        _ => ProblemWords.Say(w, problem),
    };
}
