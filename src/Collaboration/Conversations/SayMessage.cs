using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>What a page posts.</summary>
/// <param name="OffShiftAccepted">The writer was told that the other one is off shift, and writes all the same (MSG-14).</param>
public sealed record SayAsked(string? Text, string Priority, bool Receipt, Guid? ReplyTo, string? Key, string? Lang, IReadOnlyCollection<Guid> Files, bool OffShiftAccepted);

/// <summary>Saying something on a page, and changing it: by the policies of who does it.</summary>
public sealed class SayMessage(Db db, ConversationDoor door, MessageDoor rings, PolicyDoor policies, ShiftDoor shifts)
{
    /// <summary>A deleted message can be brought back this long by who deleted it.</summary>
    public static readonly TimeSpan UndoFor = TimeSpan.FromMinutes(1);

    public Task<Outcome<Posted>> Say(Caller caller, Guid conversation, SayAsked asked, CancellationToken stop) => In<Posted>(caller, async (tx, me) =>
    {
        if (await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
        var policy = await policies.Of(tx, caller);
        var text = (asked.Text ?? "").ReplaceLineEndings("\n").Trim();
        var mentions = text.Contains('@', StringComparison.Ordinal) ? MentionRules.Find(text, await MentionSql.Names(tx, shifts, conversation, seat.Team)) : [];
        var refused = new List<Problem?>
        {
            seat.Kind switch { "direct" => policy.Refuse(nameof(policy.AllowUserChat)), "group" => policy.Refuse(nameof(policy.AllowChatWithGroup)), _ => null },
            asked.Priority == "urgent" ? policy.Refuse(nameof(policy.AllowPriorityMessages)) : null,
            asked.Files.Count > 0 ? policy.Refuse(nameof(policy.AllowFiles)) : null,
            await Addressed(tx, seat, mentions),
        }.OfType<Problem>().ToList();
        if (refused.Count > 0) return Problem.All(refused);
        if (asked.Priority != "urgent" && !asked.OffShiftAccepted && await OffShift(tx, conversation, me, seat) is { } off) return off;
        if (asked.OffShiftAccepted && seat.Kind == "direct") await Accepted(tx, conversation, me);
        var posted = await door.Post(tx, new PostSaid
        {
            Conversation = conversation, SenderPerson = me, Text = text, Priority = asked.Priority, Receipt = asked.Receipt, ReplyTo = asked.ReplyTo, Key = asked.Key,
            Lang = asked.Lang, Mentions = mentions, Files = asked.Files,
        });
        if (posted.Ok) await PresenceSql.Here(tx, me);
        return posted;
    }, stop);

    public Task<Outcome<bool>> Edit(Caller caller, Guid conversation, Guid message, string? text, int edits, CancellationToken stop) => Own(caller, conversation, message, nameof(EffectivePolicy.AllowUserEditMessage), "allowUserEditMessages", async (tx, m, change) =>
    {
        var said = (text ?? "").ReplaceLineEndings("\n").Trim();
        if (ConversationRules.Check(new PostSaid { Text = said, Files = m.Files > 0 ? [Guid.Empty] : [] }) is { } broken) return broken;
        if (m.Recorded) return Problem.Conflict("This message is in the record: it stays as it was. Say what is new in another one.", "message-recorded");
        if (m.Edits != edits) return Problem.Conflict("You changed this message on another page meanwhile. Look at it again and repeat.", "message-stale");
        if (m.Text == said) return true;
        await tx.Execute("""
            insert into collab.message_edit (tenant, message, edit, text, at, by) select tenant, id, edits, text, coalesce(edited_at, sent_at), sender_person from collab.message where tenant = @Tenant and id = @message;
            update collab.message set text = @said, edited_at = @Now, edits = edits + 1, change = @change where tenant = @Tenant and id = @message
            """, new { tx.Tenant, tx.Now, message, said, change });
        await rings.Show(tx, message);
        return true;
    }, "message.edited", stop);

    /// <summary>A tombstone stays; the words are kept for who must look later, and nobody here sees them.</summary>
    public Task<Outcome<bool>> Delete(Caller caller, Guid conversation, Guid message, CancellationToken stop) => Own(caller, conversation, message, nameof(EffectivePolicy.AllowUserDeleteMessage), "allowUserDeleteMessages", async (tx, m, change) =>
    {
        if (m.Recorded) return Problem.Conflict("This message is in the record: it stays as it was. Say what is new in another one.", "message-recorded");
        await tx.Execute("update collab.message set deleted_at = @Now, deleted_by = @by, pinned_at = null, change = @change where tenant = @Tenant and id = @message", new { tx.Tenant, tx.Now, by = caller.Person, message, change });
        await rings.Withdraw(tx, message);
        await rings.Show(tx, message);
        return true;
    }, "message.deleted", stop, owners: true);

    public Task<Outcome<bool>> Restore(Caller caller, Guid conversation, Guid message, CancellationToken stop) => Changed(caller, conversation, message, async (tx, me, _, m, change) =>
    {
        if (await tx.Execute("""
            update collab.message set deleted_at = null, deleted_by = null, change = @change where tenant = @Tenant and id = @message and deleted_by = @me and deleted_at > @since
            """, new { tx.Tenant, message, me, change, since = tx.Now - UndoFor }) == 0) return Problem.Conflict("It is too late to bring this message back.", "message-gone");
        await rings.Show(tx, message);
        return true;
    }, "message.restored", stop, deleted: true);

    public Task<Outcome<bool>> React(Caller caller, Guid conversation, Guid message, string reaction, CancellationToken stop) => Changed(caller, conversation, message, async (tx, me, _, _, change) =>
    {
        if (!ChatReactions.All.Contains(reaction)) return Problem.Unprocessable("There is no such reaction.", "reaction", "reaction-unknown");
        if (await tx.Execute("delete from collab.message_reaction where tenant = @Tenant and message = @message and person = @me and reaction = @reaction", new { tx.Tenant, message, me, reaction }) == 0)
            await tx.Execute("insert into collab.message_reaction (tenant, message, person, reaction, at) values (@Tenant, @message, @me, @reaction, @Now) on conflict do nothing", new { tx.Tenant, tx.Now, message, me, reaction });
        await tx.Execute("update collab.message set change = @change where tenant = @Tenant and id = @message", new { tx.Tenant, message, change });
        return true;
    }, "message.reacted", stop);

    public Task<Outcome<bool>> Pin(Caller caller, Guid conversation, Guid message, bool pinned, CancellationToken stop) => Changed(caller, conversation, message, async (tx, me, seat, _, change) =>
    {
        if (seat.Role == "Guest") return Problem.Forbidden("Members pin messages, guests do not.", "team-role");
        if (pinned && await tx.Scalar<int>("select count(*)::int from collab.message where tenant = @Tenant and conversation = @conversation and pinned_at is not null", new { tx.Tenant, conversation }) >= 50)
            return Problem.Unprocessable("A conversation has at most 50 pinned messages.", "message", "pins-full");
        await tx.Execute("update collab.message set pinned_at = case when @pinned then @Now end, pinned_by = case when @pinned then @me end, change = @change where tenant = @Tenant and id = @message", new { tx.Tenant, tx.Now, me, message, pinned, change });
        return true;
    }, "message.pinned", stop);

    /// <summary>@team and @channel only where the team's settings let members (TC-03).</summary>
    private static async Task<Problem?> Addressed(Tx tx, Seat seat, IReadOnlyList<Mention> mentions)
    {
        if (seat.Team is not { } team || !mentions.Any(m => m.Kind is "team" or "channel")) return null;
        var settings = await tx.OneOrNone<(bool Team, bool Channel)>("select coalesce((settings ->> 'allowTeamMentions')::boolean, true), coalesce((settings ->> 'allowChannelMentions')::boolean, true) from collab.team where tenant = @Tenant and id = @team", new { tx.Tenant, team });
        return seat.Role != "Owner" && (mentions.Any(m => m.Kind == "team") && !settings.Team || mentions.Any(m => m.Kind == "channel") && !settings.Channel)
            ? Problem.Forbidden("In this team only owners address everybody.", "mention-role") : null;
    }

    private async Task<Problem?> OffShift(Tx tx, Guid conversation, Guid me, Seat seat)
    {
        if (seat.Kind != "direct" || seat.OffShift == "Never") return null;
        var others = await ConversationDoor.People(tx, conversation, me);
        if ((await shifts.Off(tx, others, tx.Now)) is not [var off, ..]) return null;
        if (seat.OffShift == "OnceOnChange" && await tx.Scalar<DateTimeOffset?>("select at from collab.off_shift_accepted where tenant = @Tenant and conversation = @conversation and person = @me", new { tx.Tenant, conversation, me }) is { } accepted
            && !await shifts.Worked(tx, off.Person, accepted, tx.Now)) return null;
        return Problem.Conflict($"{await ConversationSql.Name(tx, off.Person)} is off shift. What you write is read later; urgent messages ring all the same.", "off-shift");
    }

    private static async Task Accepted(Tx tx, Guid conversation, Guid me)
    {
        await tx.Execute("""
            insert into collab.off_shift_accepted (tenant, conversation, person, at) values (@Tenant, @conversation, @me, @Now) on conflict (tenant, conversation, person) do update set at = excluded.at
            """, new { tx.Tenant, tx.Now, conversation, me });
        tx.Publish("message.off-shift-accepted", $"conversation/{conversation}", data: new { person = me, recipients = Array.Empty<Guid>() });
    }

    private Task<Outcome<bool>> Own(Caller caller, Guid conversation, Guid message, string policy, string setting, Func<Tx, Known, long, Task<Outcome<bool>>> act, string kind, CancellationToken stop, bool owners = false) =>
        Changed(caller, conversation, message, async (tx, me, seat, m, change) =>
        {
            var rules = await policies.Of(tx, caller);
            if (m.Sender != me)
            {
                if (!owners || seat.Role != "Owner") return Problem.Forbidden("Only who wrote a message changes it.", "message-others");
                return rules.Refuse(nameof(rules.AllowOwnerDeleteMessage)) is { } no ? no : await act(tx, m, change);
            }
            if (rules.Refuse(policy) is { } refused) return refused;
            if (seat.Team is { } team && seat.Role != "Owner" && await tx.Scalar<bool?>("select (settings ->> @setting)::boolean from collab.team where tenant = @Tenant and id = @team", new { tx.Tenant, team, setting }) == false)
                return Problem.Forbidden("The team's settings keep this to owners.", "team-setting");
            return await act(tx, m, change);
        }, kind, stop);

    private Task<Outcome<bool>> Changed(Caller caller, Guid conversation, Guid message, Func<Tx, Guid, Seat, Known, long, Task<Outcome<bool>>> act, string kind, CancellationToken stop, bool deleted = false) => In<bool>(caller, async (tx, me) =>
    {
        if (await ConversationReads.Sees(tx, conversation, me) is not { } seat || await ConversationSql.Next(tx, conversation) is not { } place) return ConversationDoor.Unknown;
        if (seat.Archived) return Problem.Conflict("The team is archived: it can be read, not changed.", "team-archived");
        var known = await tx.OneOrNone<Known>("""
            select m.sender_person as Sender, m.text, m.edits, m.deleted_at is not null as Deleted, exists (select from collab.message_record r where r.tenant = m.tenant and m.id = any(r.messages)) as Recorded,
              (select count(*)::int from collab.message_file f where f.tenant = m.tenant and f.message = m.id) as Files
            from collab.message m where m.tenant = @Tenant and m.conversation = @conversation and m.id = @message and m.seq >= @SeesFrom and m.happened is null
            """, new { tx.Tenant, conversation, message, seat.SeesFrom });
        if (known is null || known.Deleted != deleted) return Problem.NotFound("There is no such message for you.", "message-unknown");
        var done = await act(tx, me, seat, known, place.Change);
        if (!done.Ok) return done;
        ConversationSql.Bump(tx, conversation, 0);
        await ConversationDoor.Told(tx, kind, place.Conversation, message);
        return true;
    }, stop);

    private Task<Outcome<T>> In<T>(Caller caller, Func<Tx, Guid, Task<Outcome<T>>> act, CancellationToken stop) => db.In<Outcome<T>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me) return Problem.Forbidden("Conversations are for members of staff.");
        var done = await act(tx, me);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);

    private sealed record Known
    {
        public Guid? Sender { get; init; }
        public string Text { get; init; } = "";
        public int Edits { get; init; }
        public bool Deleted { get; init; }
        public bool Recorded { get; init; }
        public int Files { get; init; }
    }
}

/// <summary>Six that mean something at work; anything else is a message.</summary>
public static class ChatReactions
{
    public static readonly IReadOnlyList<string> All = ["ok", "thanks", "heart", "seen", "question", "alert"];
}
