using System.Text;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>Limits and shapes of what is said (MSG-09). Pure.</summary>
public static class ConversationRules
{
    /// <summary>Bytes of text in a message, as UTF-8.</summary>
    public const int TextLimit = 28 * 1024;
    public const int FileLimit = 10;
    public const int MentionLimit = 50;

    /// <summary>People in a group conversation; a channel has as many as its team.</summary>
    public const int PeopleLimit = 5000;
    public const int AddedAtOnce = 500;
    public const int TitleLimit = 250;

    /// <summary>Everything that is wrong with it.</summary>
    public static Problem? Check(PostSaid said)
    {
        var wrong = new List<Problem>();
        var bytes = Encoding.UTF8.GetByteCount(said.Text);
        if (string.IsNullOrWhiteSpace(said.Text) && said.Files.Count == 0) wrong.Add(Problem.Unprocessable("Write something, or attach a file.", "text", "message-empty"));
        if (bytes > TextLimit) wrong.Add(Problem.Unprocessable($"A message has at most {TextLimit / 1024} KB of text; this one has {(bytes + 1023) / 1024}.", "text", "message-long"));
        if (said.Text.Contains('\0', StringComparison.Ordinal)) wrong.Add(Problem.Unprocessable("The text holds a character that no text has (U+0000).", "text", "message-text"));
        if (said.Priority is not ("normal" or "important" or "urgent")) wrong.Add(Problem.Unprocessable("A message is normal, important or urgent.", "priority", "message-priority"));
        if (said.Files.Count > FileLimit) wrong.Add(Problem.Unprocessable($"A message has at most {FileLimit} files.", "file", "message-files"));
        if (said.Mentions.Count > MentionLimit) wrong.Add(Problem.Unprocessable($"A message names at most {MentionLimit} people, tags and teams.", "mention", "message-mentions"));
        if (said.Key is { Length: < 8 or > 100 }) wrong.Add(Problem.Unprocessable("A key has 8 to 100 characters.", "key", "message-key"));
        return wrong.Count == 0 ? null : Problem.All(wrong);
    }

    /// <summary>Two people and no patient are a direct conversation; any other set is a group of these people about this patient.</summary>
    public static (string Kind, string Roster) Of(IReadOnlyCollection<Guid> people, Guid? patient)
    {
        // As PostgreSQL orders uuids: by their bytes, which is how they are written.
        var sorted = people.Distinct().Select(p => p.ToString()).Order(StringComparer.Ordinal).ToList();
        return (patient is null && sorted.Count == 2 ? "direct" : "group", $"{(patient is { } p ? $"{p}:" : "")}{string.Join(',', sorted)}");
    }
}
