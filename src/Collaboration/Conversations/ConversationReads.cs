using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>Which part of a conversation: its end, what is before a number, what changed since, or a thread.</summary>
public sealed record Stretch(int? Before = null, long? After = null, Guid? Thread = null, Guid? Around = null)
{
    public const int Size = 60;
}

/// <summary>What somebody is in a conversation.</summary>
public sealed record Seat
{
    public string Kind { get; init; } = "";
    public string Role { get; init; } = "";
    public int SeesFrom { get; init; }
    public int ReadSeq { get; init; }
    public int LastSeq { get; init; }
    public long LastChange { get; init; }
    public int Version { get; init; }
    public bool Archived { get; init; }
    public Guid? Team { get; init; }
    public bool Receipts { get; init; } = true;
    public string OffShift { get; init; } = "OnceOnChange";
}

public sealed record ChatFile(Guid Id, string Name, string Type, string Hash, long Bytes, Guid? Message);
public sealed record Reaction(Guid Message, string Kind, int Count, bool Mine, string Who);

/// <summary>A message as the reader may see it.</summary>
public sealed record ChatMessage
{
    public Guid Id { get; init; }
    public int Seq { get; init; }
    public long Change { get; init; }
    public string Sender { get; init; } = "";
    public Guid? SenderPerson { get; init; }
    public string Text { get; init; } = "";
    public string Priority { get; init; } = "normal";
    public DateTimeOffset SentAt { get; init; }
    public DateTimeOffset? EditedAt { get; init; }
    public int Edits { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public DateTimeOffset? PinnedAt { get; init; }
    public string? Lang { get; init; }
    public string? Happened { get; init; }
    public string? AboutNames { get; init; }
    public Guid? ReplyTo { get; init; }
    public string? ReplyBy { get; init; }
    public string? ReplyText { get; init; }
    public int Replies { get; init; }
    public string? RecordedAs { get; init; }

    /// <summary>Of those it rang: how many were asked, have read, have acknowledged.</summary>
    public int Asked { get; init; }
    public int AskedRead { get; init; }
    public int AskedDone { get; init; }

    /// <summary>The reader's own delivery, and whether it waits for their word.</summary>
    public Guid? Delivery { get; init; }
    public bool Acknowledged { get; init; }
    public IReadOnlyList<Mention> Mentions { get; init; } = [];
    public IReadOnlyList<Reaction> Reactions { get; init; } = [];
    public IReadOnlyList<ChatFile> Files { get; init; } = [];
}

/// <summary>One conversation on the screen.</summary>
/// <param name="More">There is more before the first.</param>
/// <param name="SeenBy">Of the last thing the reader said themselves: how many of how many have read it; null where nobody is to know.</param>
public sealed record ConversationPage(ConversationLine Line, Seat Seat, IReadOnlyList<ChatMessage> Messages, bool More, IReadOnlyList<ConversationPerson> People, IReadOnlyDictionary<Guid, Presence> Presence, (Guid Message, int Seen, int Of)? SeenBy);

public sealed record ConversationPerson(Guid Id, string Name, string Role, bool Asked);

internal static class ConversationReads
{
    public const int PeopleShown = 500;

    /// <summary>Null for who is not in it.</summary>
    public static Task<Seat?> Sees(Tx tx, Guid conversation, Guid me) => tx.OneOrNone<Seat>("""
        select c.kind, c.last_seq as LastSeq, c.last_change as LastChange, c.version, c.team, t.archived_at is not null as Archived, v.role as Role, v.sees_from as SeesFrom,
          coalesce(m.read_seq, 0) as ReadSeq, coalesce(f.receipts, true) as Receipts, coalesce(f.off_shift, 'OnceOnChange') as OffShift
        from collab.conversation c
        cross join lateral (select case when bool_or(p.role = 'Owner') then 'Owner' when bool_or(p.role = 'Member') then 'Member' else min(p.role) end as role, min(p.sees_from) as sees_from
          from collab.conversation_person p where p.tenant = @Tenant and p.conversation = c.id and p.person = @me) v
        left join collab.team t on t.tenant = c.tenant and t.id = c.team
        left join collab.conversation_member m on m.tenant = c.tenant and m.conversation = c.id and m.person = @me
        left join collab.chat_preference f on f.tenant = c.tenant and f.person = @me
        where c.tenant = @Tenant and c.id = @conversation and v.role is not null
        """, new { tx.Tenant, conversation, me });

    public static async Task<(IReadOnlyList<ChatMessage>, bool More)> Messages(Tx tx, Guid conversation, Guid me, Seat seat, Stretch of)
    {
        var before = of.Before;
        if (of.Around is { } around && await tx.Scalar<int?>("select seq from collab.message where tenant = @Tenant and conversation = @conversation and id = @around", new { tx.Tenant, conversation, around }) is { } at)
            before = at + Stretch.Size / 2;
        var rows = await tx.Query<ChatMessage>($"""
            select m.id, m.seq, m.change, m.sender, m.sender_person as SenderPerson, case when m.deleted_at is null then m.text else '' end as Text, m.priority, m.sent_at as SentAt, m.edited_at as EditedAt,
              m.edits, m.deleted_at as DeletedAt, m.pinned_at as PinnedAt, m.lang, m.happened, m.reply_to as ReplyTo,
              (select string_agg(concat_ws(' ', p.title, p.given, p.family), ', ' order by p.family) from collab.person p where p.tenant = m.tenant and p.id = any(m.about)) as AboutNames,
              q.sender as ReplyBy, case when q.deleted_at is null and q.seq >= @SeesFrom then left(q.text, 160) end as ReplyText,
              (select count(*)::int from collab.message r where r.tenant = m.tenant and r.reply_to = m.id and r.deleted_at is null) as Replies,
              (select r.document from collab.message_record r where r.tenant = m.tenant and m.id = any(r.messages) order by r.at desc limit 1) as RecordedAs,
              coalesce(d.asked, 0) as Asked, coalesce(d.read, 0) as AskedRead, coalesce(d.done, 0) as AskedDone, o.id as Delivery, o.acknowledged_at is not null as Acknowledged
            from collab.message m
            left join collab.message q on q.tenant = m.tenant and q.id = m.reply_to
            left join lateral (select count(*)::int as asked, count(read_at)::int as read, count(acknowledged_at)::int as done from collab.message_delivery x where x.tenant = m.tenant and x.message = m.id) d on m.priority <> 'normal' or m.communication is not null
            left join collab.message_delivery o on o.tenant = m.tenant and o.message = m.id and o.recipient = @me
            where m.tenant = @Tenant and m.conversation = @conversation and m.seq >= @SeesFrom
              and (@before::int is null or m.seq < @before) and (@After::bigint is null or m.change > @After) and (@Thread::uuid is null or m.id = @Thread or m.reply_to = @Thread)
            order by {(of.After is null ? "m.seq desc" : "m.change")} limit {(of.After is null ? Stretch.Size + 1 : 500)}
            """, new { tx.Tenant, conversation, me, seat.SeesFrom, before, of.After, of.Thread });
        var more = of.After is null && rows.Count > Stretch.Size;
        var page = rows.Take(of.After is null ? Stretch.Size : 500).OrderBy(m => m.Seq).ToList();
        return (await With(tx, me, page), more);
    }

    private static async Task<IReadOnlyList<ChatMessage>> With(Tx tx, Guid me, List<ChatMessage> page)
    {
        var ids = page.Where(m => m.DeletedAt is null && m.Happened is null).Select(m => m.Id).ToArray();
        if (ids.Length == 0) return page;
        var (reactions, files) = await tx.Query<(Guid Message, string Kind, int Count, bool Mine, string Who), ChatFile>(("""
            select r.message, r.reaction, count(*)::int, bool_or(r.person = @me), string_agg(concat_ws(' ', p.title, p.given, p.family), ', ' order by r.at)
            from collab.message_reaction r join collab.person p on p.tenant = r.tenant and p.id = r.person
            where r.tenant = @Tenant and r.message = any(@ids) group by r.message, r.reaction order by min(r.at)
            """, new { tx.Tenant, me, ids }), ("select id, name, type, hash, bytes, message from collab.message_file where tenant = @Tenant and message = any(@ids) order by at, id", new { tx.Tenant, ids }));
        var mentions = (await tx.Query<(Guid Message, string Kind, string Target, string Label)>("select message, kind, target, label from collab.message_mention where tenant = @Tenant and message = any(@ids)", new { tx.Tenant, ids })).ToLookup(m => m.Message);
        var (ofReactions, ofFiles) = (reactions.ToLookup(r => r.Message), files.ToLookup(f => f.Message));
        return [.. page.Select(m => m with
        {
            Reactions = [.. ofReactions[m.Id].Select(r => new Reaction(r.Message, r.Kind, r.Count, r.Mine, r.Who))], Files = [.. ofFiles[m.Id]],
            Mentions = [.. mentions[m.Id].Select(x => new Mention(x.Kind, x.Target, x.Label))],
        })];
    }

    public static async Task<IReadOnlyList<ConversationPerson>> People(Tx tx, Guid conversation) => [.. (await tx.Query<Row>("""
        select p.id, p.kind, p.family, p.given, p.title, min(v.role) as Role, coalesce(bool_or(m.asked), false) as Asked
        from collab.conversation_person v join collab.person p on p.tenant = v.tenant and p.id = v.person
        left join collab.conversation_member m on m.tenant = v.tenant and m.conversation = v.conversation and m.person = v.person
        where v.tenant = @Tenant and v.conversation = @conversation group by p.id, p.kind, p.family, p.given, p.title order by lower(p.family), lower(p.given), p.id
        """, new { tx.Tenant, conversation })).Select(p => new ConversationPerson(p.Id, p.Display, p.Role, p.Asked))];

    /// <summary>Of the last thing that the reader said.</summary>
    public static async Task<(Guid, int, int)?> Seen(Tx tx, Guid conversation, Guid me, Seat seat)
    {
        var last = await tx.OneOrNone<(Guid Id, int Seq)?>("""
            select id, seq from collab.message where tenant = @Tenant and conversation = @conversation and sender_person = @me and happened is null and deleted_at is null and seq >= @SeesFrom order by seq desc limit 1
            """, new { tx.Tenant, conversation, me, seat.SeesFrom });
        if (last is not { } own) return null;
        var all = await ReceiptSql.By(tx, conversation, me, own.Seq);
        return all.Shown ? (own.Id, all.Seen.Count, all.Seen.Count + all.NotYet.Count) : null;
    }

    private sealed record Row : Person
    {
        public string Role { get; init; } = "";
        public bool Asked { get; init; }
    }
}
