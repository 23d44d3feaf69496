using HealthTeams.Collaboration.Conversations;
using HealthTeams.Web.Activity;
using Microsoft.Extensions.DependencyInjection;

namespace HealthTeams.Web.Conversations;

internal static class ConversationPages
{
    public static void AddConversationPages(this IServiceCollection services) =>
        services.AddSingleton(new NoticeSentence("message.mentioned", "messages", (w, n) => w["{0} named you in a conversation", n.Of("by")]));
}

internal static class ConversationWords
{
    public static string Title(Words w, ConversationLine line) => line switch
    {
        { Kind: "channel" } => $"{line.Channel} · {line.Team}",
        { Kind: "patient" } => line.Patient!.Name,
        { Title: { } title } => title,
        { Others.Count: 0, Patient: { } patient } => patient.Name,
        { Others.Count: 0 } => w["Only you"],
        { Others.Count: > 3 } => w["{0} and others", string.Join(", ", line.Others.Take(3))],
        _ => string.Join(", ", line.Others),
    };

    /// <summary>What it is, under its name.</summary>
    public static string Kind(Words w, ConversationLine line) => line.Kind switch
    {
        "direct" => w["Direct"],
        "channel" => w["Channel"],
        "patient" => w["About a patient · {0}", line.Team],
        _ => line.Patient is { } p ? w["Group · {0}", p.Name] : w["Group"],
    };

    public static string Icon(ConversationLine line) => line.Kind switch { "direct" => "person", "channel" => "teams", "patient" => "bed", _ => "people" };

    public static string Last(Words w, ConversationLine line) => line switch
    {
        { Urgent: true } => w["Urgent message: open it to read"],
        { LastText: { Length: > 0 } text } => $"{line.LastBy}: {Short(text, 90)}",
        { LastBy: { Length: > 0 } by } => by,
        _ => w["Nothing was said yet"],
    };

    public static string Short(string text, int most)
    {
        var one = text.ReplaceLineEndings(" ");
        return one.Length <= most ? one : string.Concat(one.AsSpan(0, most - 1), "…");
    }

    public static string Happened(Words w, ChatMessage m) => m.Happened switch
    {
        "added" => w["{0} added {1}", m.Sender, m.AboutNames],
        "removed" => w["{0} removed {1}", m.Sender, m.AboutNames],
        "left" => w["{0} left", m.AboutNames],
        "named" => m.Text.Length > 0 ? w["{0} named the conversation “{1}”", m.Sender, m.Text] : w["{0} took the name off", m.Sender],
        "asked" => w["{0} was asked next and reads from the urgent message on", m.AboutNames],
        _ => m.Sender,
    };

    public static string Reaction(Words w, string kind) => kind switch { "ok" => w["Agreed"], "thanks" => w["Thank you"], "heart" => w["Heart"], "seen" => w["Looking at it"], "question" => w["Question"], _ => w["Careful"] };

    public static string Sign(string kind) => kind switch { "ok" => "👍", "thanks" => "🙏", "heart" => "❤️", "seen" => "👀", "question" => "❓", _ => "⚠️" };

    public static string Card(Words w, string kind) => kind switch { "visits" => w["Visit"], "tasks" => w["Task"], "approvals" => w["Approval"], "lists" => w["List"], "teams" => w["Team"], _ => w["Handover"] };

    public static string Said(Words w, Presence presence) => presence switch { Presence.Available => w["Available"], Presence.Busy => w["In a visit"], Presence.OffShift => w["Off shift"], _ => w["Away"] };

    public static string Tone(Presence presence) => presence switch { Presence.Available => "green", Presence.Busy => "red", Presence.OffShift => "grey", _ => "amber" };

    public static string Size(long bytes) => bytes < 1024 * 1024 ? $"{(bytes + 1023) / 1024} KB" : $"{bytes / 1024.0 / 1024.0:0.0} MB";
}
