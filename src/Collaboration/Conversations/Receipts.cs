using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Policies;

namespace HealthTeams.Collaboration.Conversations;

public sealed record SeenBy(Guid Person, string Name, DateTimeOffset? At);

/// <summary>Who has read a message, who has not, and how many do not tell.</summary>
/// <param name="Shown">False: a policy keeps receipts from everybody here.</param>
public sealed record SeenByAll(bool Shown, IReadOnlyList<SeenBy> Seen, IReadOnlyList<SeenBy> NotYet, int Silent);

/// <summary>Receipts out of read positions: any number of people, channels too. Urgent and important messages have their own, which nobody switches off (MSG-05).</summary>
internal static class ReceiptSql
{
    public static async Task<SeenByAll> By(Tx tx, Guid conversation, Guid me, int seq)
    {
        var policy = (await new PolicyDoor().Effective(tx, me)).ReadReceipts;
        if (policy == "None") return new(false, [], [], 0);
        var rows = await tx.Query<Row>("""
            select distinct on (p.id) p.id, p.kind, p.family, p.given, p.title, case when m.read_seq >= @seq then m.read_at end as ReadAt, coalesce(f.receipts, true) as Tells, v.sees_from as SeesFrom
            from collab.conversation_person v join collab.person p on p.tenant = v.tenant and p.id = v.person
            left join collab.conversation_member m on m.tenant = v.tenant and m.conversation = v.conversation and m.person = v.person
            left join collab.chat_preference f on f.tenant = v.tenant and f.person = v.person
            where v.tenant = @Tenant and v.conversation = @conversation and v.person <> @me and v.sees_from <= @seq order by p.id
            """, new { tx.Tenant, conversation, me, seq });
        var telling = rows.Where(r => policy == "Everyone" || r.Tells).Select(r => new SeenBy(r.Id, r.Display, r.ReadAt)).OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase).ToList();
        return new(true, [.. telling.Where(r => r.At is not null)], [.. telling.Where(r => r.At is null)], rows.Count - telling.Count);
    }

    private sealed record Row : Person
    {
        public DateTimeOffset? ReadAt { get; init; }
        public bool Tells { get; init; }
        public int SeesFrom { get; init; }
    }
}
