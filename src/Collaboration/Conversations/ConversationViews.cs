using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Visits;
using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>A conversation in somebody's list.</summary>
public sealed record ConversationLine
{
    public Guid Id { get; init; }
    public string Kind { get; init; } = "";
    public string? Title { get; init; }
    public string? Team { get; init; }
    public Guid? TeamId { get; init; }
    public string? Channel { get; init; }
    public IReadOnlyList<string> Others { get; init; } = [];
    public Guid? Other { get; init; }
    public PatientFacts? Patient { get; init; }
    public Guid? PatientId { get; init; }
    public int Unread { get; init; }
    public bool Mentioned { get; init; }
    public bool Muted { get; init; }
    public string? LastBy { get; init; }

    /// <summary>Null while it is urgent and not read: the list is not the message (MSG-03).</summary>
    public string? LastText { get; init; }
    public bool Urgent { get; init; }
    public DateTimeOffset LastAt { get; init; }
}

/// <summary>Something said that was looked for.</summary>
public sealed record FoundMessage(Guid Conversation, Guid Message, string By, string Text, DateTimeOffset At, ConversationLine Where);

/// <summary>What a message says, and what it said before it was changed.</summary>
public sealed record MessageWordsThen(Guid Message, string Text, int Edits, IReadOnlyList<(string Text, DateTimeOffset At)> Before);

/// <summary>Conversations as those who are in them see them.</summary>
public sealed class ConversationViews(Db db, ShiftDoor shifts, VisitDoor visits, AccessLog audit)
{
    public const int Shown = 300;

    /// <summary>The caller's, those with something new first by time.</summary>
    public async Task<IReadOnlyList<ConversationLine>> Mine(Caller caller, CancellationToken stop)
    {
        if (caller.Person is not { } me) return [];
        var lines = await db.In(caller.Tenant, caller.Actor, tx => ConversationLines.Read(tx, me, null), stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", "conversations", null, 200), lines.Select(l => l.PatientId is { } p ? $"person/{p}" : null), stop);
        return lines;
    }

    /// <summary>How many messages wait, muted conversations left out.</summary>
    public async Task<int> Unread(Caller caller, CancellationToken stop) => caller.Person is not { } me ? 0
        : (await db.In(caller.Tenant, caller.Actor, tx => ConversationLines.Read(tx, me, null), stop)).Where(l => !l.Muted).Sum(l => l.Unread);

    /// <summary>What was said in the caller's conversations, in these words; by age.</summary>
    public async Task<IReadOnlyList<FoundMessage>> Search(Caller caller, string? words, CancellationToken stop)
    {
        if (caller.Person is not { } me || string.IsNullOrWhiteSpace(words) || words.Contains('\0', StringComparison.Ordinal)) return [];
        var found = await db.In<IReadOnlyList<FoundMessage>>(caller.Tenant, caller.Actor, async tx =>
        {
            var rows = await tx.Query<(Guid Conversation, Guid Message, string By, string Text, DateTimeOffset At)>("""
                with mine as (select conversation, min(sees_from) as sees_from from collab.conversation_person where tenant = @Tenant and person = @me group by conversation)
                select m.conversation, m.id, m.sender, m.text, m.sent_at from mine
                join collab.message m on m.tenant = @Tenant and m.conversation = mine.conversation and m.seq >= mine.sees_from
                where m.deleted_at is null and m.happened is null and to_tsvector('simple', m.text) @@ websearch_to_tsquery('simple', @words)
                order by m.sent_at desc, m.id desc limit 100
                """, new { tx.Tenant, me, words = words.Length > 500 ? words[..500] : words });
            if (rows.Count == 0) return [];
            var lines = (await ConversationLines.Read(tx, me, [.. rows.Select(r => r.Conversation).Distinct()])).ToDictionary(l => l.Id);
            return [.. rows.Where(r => lines.ContainsKey(r.Conversation)).Select(r => new FoundMessage(r.Conversation, r.Message, r.By, r.Text, r.At, lines[r.Conversation]))];
        }, stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", "messages", null, 200), found.Select(f => f.Where.PatientId is { } p ? $"person/{p}" : null), stop);
        return found;
    }

    /// <summary>One conversation and a stretch of it.</summary>
    public async Task<Outcome<ConversationPage>> Open(Caller caller, Guid conversation, Stretch stretch, CancellationToken stop)
    {
        var opened = await db.In<Outcome<ConversationPage>>(caller.Tenant, caller.Actor, async tx =>
        {
            if (caller.Person is not { } me || await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
            var line = (await ConversationLines.Read(tx, me, [conversation]))[0];
            var (messages, more) = await ConversationReads.Messages(tx, conversation, me, seat, stretch);
            var people = stretch.After is null && stretch.Before is null ? await ConversationReads.People(tx, conversation) : [];
            var presence = people.Count == 0 ? new Dictionary<Guid, Presence>() : await PresenceSql.Of(tx, shifts, visits, [.. people.Take(ConversationReads.PeopleShown).Select(p => p.Id)]);
            return new ConversationPage(line, seat, messages, more, people, presence, await ConversationReads.Seen(tx, conversation, me, seat));
        }, stop);
        if (opened.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"conversation/{conversation}", opened.Value.Line.PatientId is { } p ? $"person/{p}" : null, 200), stop);
        return opened;
    }

    /// <summary>Who has read a message of the caller's, at any number of people (MSG-06, FEATURES 16 #10).</summary>
    public Task<Outcome<SeenByAll>> Seen(Caller caller, Guid conversation, Guid message, CancellationToken stop) => db.In<Outcome<SeenByAll>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me || await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
        if (await tx.Scalar<int?>("select seq from collab.message where tenant = @Tenant and conversation = @conversation and id = @message and seq >= @SeesFrom", new { tx.Tenant, conversation, message, seat.SeesFrom }) is not { } seq) return ConversationDoor.Unknown;
        return await ReceiptSql.By(tx, conversation, me, seq);
    }, stop);

    /// <summary>What a message says and said before.</summary>
    public Task<Outcome<MessageWordsThen>> Words(Caller caller, Guid conversation, Guid message, CancellationToken stop) => db.In<Outcome<MessageWordsThen>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me || await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
        var now = await tx.OneOrNone<(string Text, int Edits)?>("""
            select text, edits from collab.message where tenant = @Tenant and conversation = @conversation and id = @message and seq >= @SeesFrom and deleted_at is null and happened is null
            """, new { tx.Tenant, conversation, message, seat.SeesFrom });
        if (now is not { } known) return Problem.NotFound("There is no such message for you.", "message-unknown");
        return new MessageWordsThen(message, known.Text, known.Edits, await tx.Query<(string, DateTimeOffset)>("select text, at from collab.message_edit where tenant = @Tenant and message = @message order by edit", new { tx.Tenant, message }));
    }, stop);

    /// <summary>A file of a message, for who sees the message.</summary>
    public Task<ChatFile?> File(Caller caller, Guid conversation, Guid file, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
        caller.Person is { } me && await ConversationReads.Sees(tx, conversation, me) is { } seat ? await tx.OneOrNone<ChatFile>("""
            select f.id, f.name, f.type, f.hash, f.bytes, f.message from collab.message_file f left join collab.message m on m.tenant = f.tenant and m.id = f.message
            where f.tenant = @Tenant and f.conversation = @conversation and f.id = @file and (f.message is null and f.by = @me or m.seq >= @SeesFrom and m.deleted_at is null)
            """, new { tx.Tenant, conversation, file, me, seat.SeesFrom }) : null, stop);
}
