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
}
