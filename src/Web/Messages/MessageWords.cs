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

    private static string Times(Words words, int times) =>
        times == 1 ? words["Notified once"] : words["Notified {0} times", times];
}
