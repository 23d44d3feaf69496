using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>The public door of conversations: every message is said here, whether a page or FHIR brings it.</summary>
public sealed class ConversationDoor(ShiftDoor shifts, MessageDoor messages)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such conversation for you.", "conversation-unknown");

    /// <summary>
    /// Finds or makes the conversation, checks that the sender is in it, writes the message, moves the sender's read position
    /// and rings whom it must. What no person says is for the hospital's systems alone. A problem asks the caller to abandon the transaction.
    /// </summary>
    public async Task<Outcome<Posted>> Post(Tx tx, PostSaid said)
    {
        if (ConversationRules.Check(said) is { } broken) return broken;
        if (said.SenderPerson is null && tx.Actor.Kind != CallerKind.System) return Problem.Forbidden("A message is said by somebody.", "sender-missing");
        if (await Before(tx, said) is { } before) return before;
        var found = await ConversationSql.FindOrMake(tx, said);
        if (!found.Ok) return found.Problem;
        var (conversation, seq, change) = found.Value;
        // Under the conversation's lock: the same message sent twice at once waits here and is then found.
        if (await Before(tx, said) is { } meanwhile) return meanwhile;
        var root = said.ReplyTo is { } reply ? await Root(tx, conversation.Id, reply) : null;
        if (said.ReplyTo is not null && root is null) return Problem.Unprocessable("What this answers is not in this conversation.", "reply", "reply-unknown");
        var answers = said.ReplyTo;
        said = said with { ReplyTo = root };
        ConversationSql.Bump(tx, conversation.Id, 1);
        var id = tx.NewId();
        var sender = said.SenderPerson is { } person ? await ConversationSql.Name(tx, person) : said.Sender ?? "The EHR";
        await tx.Execute("""
            insert into collab.message (tenant, id, communication, priority, sender, sender_person, patient, text, sent_at, conversation, seq, change, reply_to, key, lang)
            values (@Tenant, @id, @Communication, @Priority, @sender, @SenderPerson, @patient, @Text, @Now, @conversation, @seq, @change, @ReplyTo, @Key, @Lang)
            """, new
        {
            tx.Tenant, tx.Now, id, said.Communication, said.Priority, sender, said.SenderPerson, patient = conversation.Patient ?? said.Patient, said.Text, conversation = conversation.Id, seq, change,
            said.ReplyTo, said.Key, said.Lang,
        });
        if (await Files(tx, said, conversation.Id, id) is { } lost) return lost;
        if (said.SenderPerson is { } me) await ConversationSql.Read(tx, conversation.Id, me, seq);
        await Mentioned(tx, said, conversation, id);
        if (await Ring(tx, said, conversation, id) is { } nobody) return nobody;
        if (answers is { } answered && said.SenderPerson is { } answering) await messages.Answered(tx, answered, answering);
        await messages.Show(tx, id);
        await Told(tx, "message.posted", conversation, id);
        return new Posted(conversation.Id, id, seq, false);
    }

    /// <summary>Whoever was asked next by escalation reads and answers there, from the urgent message on.</summary>
    public static async Task Include(Tx tx, Guid conversation, IReadOnlyCollection<Guid> people)
    {
        if (await ConversationSql.Next(tx, conversation) is not { } at) return;
        var from = await tx.Scalar<int?>("""
            select max(seq) from collab.message where tenant = @Tenant and conversation = @conversation and priority = 'urgent' and deleted_at is null
            """, new { tx.Tenant, conversation }) ?? at.Seq;
        var added = await tx.Query<Guid>("""
            insert into collab.conversation_member (tenant, conversation, person, seat, asked, sees_from, read_seq, joined_at)
            select @Tenant, @conversation, p, true, true, @from, @from - 1, @Now from unnest(@people) p
            where not exists (select from collab.conversation_person v where v.tenant = @Tenant and v.conversation = @conversation and v.person = p)
            on conflict (tenant, conversation, person) do update set seat = true, asked = true, sees_from = @from where not collab.conversation_member.seat
            returning person
            """, new { tx.Tenant, tx.Now, conversation, from, people = people.Distinct().ToArray() });
        if (added.Count == 0) return;
        ConversationSql.Bump(tx, conversation, 1);
        await ConversationSql.Happened(tx, at.Conversation, "asked", added);
        await Told(tx, "message.included", at.Conversation, null);
    }

    /// <summary>Whether this person reads and writes there now.</summary>
    public static Task<bool> IsIn(Tx tx, Guid conversation, Guid person) => tx.Scalar<bool>("""
        select exists (select from collab.conversation_person where tenant = @Tenant and conversation = @conversation and person = @person)
        """, new { tx.Tenant, conversation, person });

    /// <summary>Everybody who reads there now, without the sender.</summary>
    public static Task<IReadOnlyList<Guid>> People(Tx tx, Guid conversation, Guid? but = null) => tx.Query<Guid>("""
        select distinct person from collab.conversation_person where tenant = @Tenant and conversation = @conversation and person is distinct from @but order by person
        """, new { tx.Tenant, conversation, but });

    private static async Task<Posted?> Before(Tx tx, PostSaid said)
    {
        if (said.Communication is null && (said.Key is null || said.SenderPerson is null)) return null;
        var known = await tx.Query<(Guid Conversation, Guid Id, int Seq)>("""
            select conversation, id, seq from collab.message
            where tenant = @Tenant and conversation is not null and (communication = @Communication or sender_person = @SenderPerson and key = @Key) limit 1
            """, new { tx.Tenant, said.Communication, said.SenderPerson, said.Key });
        return known.Count == 0 ? null : new Posted(known[0].Conversation, known[0].Id, known[0].Seq, true);
    }

    /// <summary>An answer to an answer belongs to the first: threads are one deep.</summary>
    private static Task<Guid?> Root(Tx tx, Guid conversation, Guid reply) => tx.Scalar<Guid?>("""
        select coalesce(reply_to, id) from collab.message where tenant = @Tenant and conversation = @conversation and id = @reply and happened is null
        """, new { tx.Tenant, conversation, reply });

    private static async Task<Problem?> Files(Tx tx, PostSaid said, Guid conversation, Guid message)
    {
        if (said.Files.Count == 0) return null;
        var files = said.Files.Distinct().ToArray();
        var taken = await tx.Execute("""
            update collab.message_file set message = @message where tenant = @Tenant and conversation = @conversation and by = @SenderPerson and message is null and id = any(@files)
            """, new { tx.Tenant, conversation, message, said.SenderPerson, files });
        return taken == files.Length ? null : Problem.Unprocessable("A file of this message is not here any more. Attach it again.", "file", "file-unknown");
    }

    private async Task Mentioned(Tx tx, PostSaid said, Conversation conversation, Guid message)
    {
        var all = said.Mentions.DistinctBy(m => (m.Kind, m.Target)).ToList();
        if (all.Count == 0) return;
        await tx.Execute("""
            insert into collab.message_mention (tenant, message, kind, target, label)
            select @Tenant, @message, m.kind, m.target, m.label from unnest(@kinds, @targets, @labels) as m (kind, target, label)
            """, new { tx.Tenant, message, kinds = all.Select(m => m.Kind).ToArray(), targets = all.Select(m => m.Target).ToArray(), labels = all.Select(m => m.Label).ToArray() });
        var people = await MentionSql.People(tx, shifts, conversation, all);
        await Notices.Tell(tx, people, "message.mentioned", $"/messages/c/{conversation.Id}?m={message}", new { by = await ConversationSql.NameOrNone(tx, said.SenderPerson) }, $"mention:{message}");
    }

    /// <summary>Those named of the people there; what is meant by a role or a shift is found now.</summary>
    private async Task<Problem?> Ring(Tx tx, PostSaid said, Conversation conversation, Guid message)
    {
        if (said.Priority == "normal" && !said.Receipt) return null;
        var there = await People(tx, conversation.Id, said.SenderPerson);
        var to = said.Targets.Count > 0 ? said.Targets : [.. (said.To.Count == 0 ? there : [.. there.Intersect(said.To)]).Select(Target.Person)];
        if (to.Count == 0 && said.SenderPerson is null) return null;
        var rung = await messages.Raise(tx, new Raised(message, conversation.Id, said.Priority, conversation.Patient ?? said.Patient, to, said.AnyoneOfRole, said.Receipt, said.SenderPerson) { Team = conversation.Team });
        if (!rung.Ok) return rung.Problem;
        // Whom a role or a tag meant reads and answers here, too.
        await Include(tx, conversation.Id, [.. rung.Value.Select(c => c.Person)]);
        return null;
    }

    /// <summary>More readers than this are not named in the event: whoever has the conversation open hears of it at once, the others' counts at their next look.</summary>
    private const int Named = 1000;

    internal static async Task Told(Tx tx, string kind, Conversation conversation, Guid? message)
    {
        var people = await People(tx, conversation.Id);
        tx.Publish(kind, $"conversation/{conversation.Id}", conversation.Patient is { } p ? $"person/{p}" : null, new { message, recipients = people.Count <= Named ? people : [] });
    }
}
