using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>Whom the mentions of a message mean, now: only ever people who are in the conversation.</summary>
internal static class MentionSql
{
    public const string OnShiftTag = "on-shift";

    public static async Task<IReadOnlyList<Guid>> People(Tx tx, ShiftDoor shifts, Conversation conversation, IReadOnlyList<Mention> mentions)
    {
        if (mentions.Count == 0) return [];
        var there = (await ConversationDoor.People(tx, conversation.Id)).ToHashSet();
        if (mentions.Any(m => m.Kind is "team" or "channel")) return [.. there];
        var named = mentions.Where(m => m.Kind == "person").Select(m => Guid.TryParse(m.Target, out var id) ? id : Guid.Empty).ToHashSet();
        if (conversation.Team is { } team)
        {
            // "On shift" is everybody at work now; any other tag is a role, a skill or a group of the roster (MSG-13).
            foreach (var tag in mentions.Where(m => m.Kind == "tag")) named.UnionWith((await shifts.OnShift(tx, team, tag.Target == OnShiftTag ? null : tag.Target, tx.Now)).Select(o => o.Person));
        }
        return [.. named.Intersect(there)];
    }

    /// <summary>Everything that may stand after an @ here.</summary>
    public static async Task<IReadOnlyList<Mention>> Names(Tx tx, ShiftDoor shifts, Guid conversation, Guid? team)
    {
        var names = (await ConversationReads.People(tx, conversation)).Select(p => new Mention("person", p.Id.ToString(), p.Name)).ToList();
        if (team is not { } of) return names;
        names.AddRange([new("team", "team", "team"), new("channel", "channel", "channel"), new("tag", OnShiftTag, OnShiftTag)]);
        names.AddRange((await shifts.OnShift(tx, of, null, tx.Now)).Select(o => o.Group).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase).Select(g => new Mention("tag", g, g)));
        return names;
    }
}

/// <summary>Names after an @ in plain text: what is written is what is meant, with or without a menu. Pure.</summary>
public static class MentionRules
{
    /// <summary>The longest name that fits at each @; "@Marie Curie" does not also name "@Marie".</summary>
    public static IReadOnlyList<Mention> Find(string text, IReadOnlyList<Mention> names)
    {
        var found = new List<Mention>();
        for (var at = text.IndexOf('@', StringComparison.Ordinal); at >= 0 && found.Count < ConversationRules.MentionLimit; at = text.IndexOf('@', at + 1))
        {
            if (at > 0 && char.IsLetterOrDigit(text[at - 1])) continue; // an e-mail address
            var rest = text[(at + 1)..];
            var fitting = names.Where(n => rest.StartsWith(n.Label, StringComparison.OrdinalIgnoreCase) && (rest.Length == n.Label.Length || !char.IsLetterOrDigit(rest[n.Label.Length]))).ToList();
            if (fitting.Count == 0) continue;
            var longest = fitting.Max(n => n.Label.Length);
            found.AddRange(fitting.Where(n => n.Label.Length == longest));
        }
        return [.. found.DistinctBy(m => (m.Kind, m.Target))];
    }
}
