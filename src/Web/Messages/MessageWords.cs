namespace HealthTeams.Web.Messages;

internal static class MessageWords
{
    public static string Priority(Words words, string priority) => priority switch
    {
        "urgent" => words["Urgent"],
        "important" => words["Important"],
        _ => words["Normal"],
    };

    public static (string Icon, string Tone) Badge(string priority) => priority switch
    {
        "urgent" => ("warning", "red"),
        "important" => ("bell", "amber"),
        _ => ("messages", "grey"),
    };

    /// <summary>"Notified 3 times, next 10:24"; nothing once the repeats ended without need of words.</summary>
    public static string? Repeats(Words words, MessageRow row, string zone, DateTimeOffset now) => row switch
    {
        { Priority: not "urgent" } or { Notified: 0 } => null,
        { Open: true, NextAt: { } next } => words["{0}, next {1}", Times(words, row.Notified), words.Moment(next, zone, now)],
        _ => Times(words, row.Notified),
    };

    public static string State(Words words, MessageRow row) => row switch
    {
        { Acknowledged: true } => words["Acknowledged"],
        { Read: true } => words["Read"],
        _ => words["Not read"],
    };

    public static string Heading(Words words, IReadOnlyList<MessageRow> rows)
    {
        var urgent = rows.Count(row => row is { Priority: "urgent", Acknowledged: false });
        var unread = rows.Count(row => !row.Read);
        return (urgent, unread) switch
        {
            (0, 0) => words["Everything is read"],
            (0, 1) => words["1 message is not read"],
            (0, _) => words["{0} messages are not read", unread],
            (1, _) => words["1 urgent message waits for you"],
            _ => words["{0} urgent messages wait for you", urgent],
        };
    }

    public static string Settled(Words words, string? settled, string priority) => settled switch
    {
        "acknowledged" => words["Acknowledged"],
        "withdrawn" => words["Taken back"],
        "unanswered" => words["Nobody has acknowledged"],
        _ => priority == "urgent" ? words["Waits for an acknowledgement"] : "",
    };

    /// <summary>One sentence on top: whether somebody has it, else who is asked next and when.</summary>
    public static string Outcome(Words words, SentView view, string zone, DateTimeOffset now) => view switch
    {
        { Settled: "acknowledged" } => words["{0} has acknowledged", view.Receipts.FirstOrDefault(r => r.AcknowledgedAt is not null)?.Display ?? ""],
        { Settled: "withdrawn" } => words["Taken back"],
        { Settled: "unanswered" } => words["Nobody has acknowledged: act now"],
        { Next: { } next } => words["Not acknowledged yet. Next: {0}, {1}", Step(words, next.Kind, next.Name), words.Moment(next.DueAt!.Value, zone, now)],
        _ => words["{0} of {1} read, {2} acknowledged", view.Receipts.Count(r => r.ReadAt is not null), view.Receipts.Count, view.Receipts.Count(r => r.AcknowledgedAt is not null)],
    };

    public static string Step(Words words, StepKind kind, string? name) => kind switch
    {
        StepKind.People => words["Named people"],
        StepKind.OnShift => name is null ? words["Everybody on shift"] : words["On shift: {0}", name],
        StepKind.Role => words["On shift with the role {0}", Role(words, name)],
        StepKind.Owners => words["The team's owners"],
        _ => words["The sender is told"],
    };

    public static string Role(Words words, string? name) => string.Equals(name, "charge nurse", StringComparison.OrdinalIgnoreCase) ? words["charge nurse"] : name ?? "";

    public static string StepOutcome(Words words, PlannedStep step) => step.Outcome switch
    {
        "asked" => words["asked {0}", string.Join(", ", step.Asked)],
        "nobody" => words["nobody new to ask; went on at once"],
        "told" => words["done"],
        "stopped" => words["not needed"],
        _ => words["planned"],
    };

    public static string? Closed(Words words, string? closed) => closed switch
    {
        "unread" => words["not read in 20 minutes"],
        "passed" => words["handed over"],
        "taken" => words["somebody else has it"],
        "withdrawn" => words["taken back"],
        _ => null,
    };

    public static string Rung(Words words, Receipt r, string zone, DateTimeOffset now) => r switch
    {
        { Notified: 0 } => words["not yet"],
        { NextAt: { } next } => words["{0}, next {1}", Times(words, r.Notified), words.Moment(next, zone, now)],
        _ => Times(words, r.Notified),
    };

    public static string When(Words words, DateTimeOffset? at, string zone, DateTimeOffset now) => at is { } t ? words.Moment(t, zone, now) : "–";

    /// <summary>"E-mail sent 09:02", "Device: failed".</summary>
    public static string Way(Words words, WayOut way, string zone, DateTimeOffset now)
    {
        var kind = Kind(words, way.Kind);
        return way.State switch
        {
            "sent" => words["{0}: sent {1}", kind, When(words, way.At, zone, now)],
            "waiting" => way.Error is null ? words["{0}: on its way", kind] : words["{0}: failed, trying again", kind],
            "quiet" => words["{0}: held, do not disturb", kind],
            "gone" => words["{0}: the device is gone", kind],
            "needless" => words["{0}: read before it went out", kind],
            _ => words["{0}: failed", kind],
        };
    }

    public static string Reach(Words words, Reach reach) => reach switch
    {
        { Kind: TargetKind.Role } => words["On shift with the role {0}", Role(words, reach.Name)],
        { Kind: TargetKind.Team } => words["All members, on shift or not"],
        { Name: { } group } => words["On shift: {0}", group],
        _ => words["Everybody on shift"],
    };

    public static string Few(Words words, IReadOnlyList<string> names) =>
        names.Count <= 5 ? string.Join(", ", names) : words["{0} and {1} more", string.Join(", ", names.Take(4)), names.Count - 4];

    public static string Problem(Words words, Problem problem) => ProblemWords.Say(words, problem);

    public static string StepKindName(Words words, StepKind kind) => kind switch
    {
        StepKind.People => words["Named people"],
        StepKind.OnShift => words["On shift now (a group, or everybody)"],
        StepKind.Role => words["On shift now with a role"],
        StepKind.Owners => words["The team's owners"],
        _ => words["The sender is told"],
    };

    public static string Kind(Words words, string kind) => kind switch { "push" => words["Device"], "email" => words["E-mail"], _ => words["Text message"] };

    private static string Times(Words words, int times) =>
        times == 1 ? words["Notified once"] : words["Notified {0} times", times];
}
