using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Policies;
using HealthTeams.Platform.Blobs;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>Beginning conversations, who is in them, and what each does with their own view of them.</summary>
public sealed class ConversationActions(Db db, PolicyDoor policies, MessageBox box)
{
    /// <summary>With one person: the conversation of the two; with more, or with a title: a group.</summary>
    public Task<Outcome<Guid>> Start(Caller caller, IReadOnlyCollection<Guid> people, string? title, CancellationToken stop) => In<Guid>(caller, async (tx, me) =>
    {
        var all = people.Append(me).Distinct().ToList();
        title = string.IsNullOrWhiteSpace(title) ? null : title.Trim();
        if (title?.Length > ConversationRules.TitleLimit) return Problem.Unprocessable($"A title has at most {ConversationRules.TitleLimit} characters.", "title", "title-long");
        if (all.Count < 2) return Problem.Unprocessable("Choose at least one person.", "person", "person-missing");
        var policy = await policies.Of(tx, caller);
        if (policy.Refuse(all.Count == 2 && title is null ? nameof(policy.AllowUserChat) : nameof(policy.AllowChatWithGroup)) is { } refused) return refused;
        var made = await ConversationSql.OfPeople(tx, all, null, title, me);
        if (made.Ok) await Seen(tx, made.Value, me);
        return made;
    }, stop);

    /// <summary>The team's conversation about a patient (TC-12); there is one.</summary>
    public Task<Outcome<Guid>> About(Caller caller, Guid team, Guid patient, CancellationToken stop) => In<Guid>(caller, async (tx, me) =>
    {
        if (await tx.Scalar<string>("select role from collab.team_member where tenant = @Tenant and team = @team and person = @me", new { tx.Tenant, team, me }) is not { } role) return Teams.TeamDoor.Unknown;
        if (role == "Guest") return Problem.Forbidden("Conversations about patients are for members of the team.", "team-role");
        if (await ConversationSql.OfPatient(tx, team, patient) is not { } made) return Problem.Unprocessable("There is no such patient here.", "patient", "patient-unknown");
        await Seen(tx, made, me);
        return made;
    }, stop);

    public Task<Outcome<Guid>> OfChannel(Caller caller, Guid channel, CancellationToken stop) => In<Guid>(caller, async (tx, me) =>
    {
        if (await ConversationSql.OfChannel(tx, channel) is not { } made || !await ConversationDoor.IsIn(tx, made, me)) return ConversationDoor.Unknown;
        await Seen(tx, made, me);
        return made;
    }, stop);

    /// <summary>Up to here. Urgent and important messages among them are read with it: their words were on the screen (MSG-03).</summary>
    public async Task<Outcome<bool>> Read(Caller caller, Guid conversation, int seq, CancellationToken stop)
    {
        var read = await In<IReadOnlyList<Guid>>(caller, async (tx, me) =>
        {
            if (await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
            var to = Math.Min(seq, seat.LastSeq);
            if (await ConversationSql.Read(tx, conversation, me, to))
                tx.Publish("message.read-to", $"conversation/{conversation}", data: new { recipients = new[] { me } });
            await PresenceSql.Here(tx, me);
            return new List<Guid>(await tx.Query<Guid>("""
                select d.id from collab.message_delivery d join collab.message m on m.tenant = d.tenant and m.id = d.message
                where d.tenant = @Tenant and d.recipient = @me and d.read_at is null and m.conversation = @conversation and m.seq <= @to order by m.seq limit 100
                """, new { tx.Tenant, me, conversation, to }));
        }, stop);
        if (!read.Ok) return read.Problem;
        foreach (var delivery in read.Value) await box.Open(caller, delivery, stop);
        return true;
    }

    public Task<Outcome<bool>> Mute(Caller caller, Guid conversation, bool muted, CancellationToken stop) => Mine(caller, conversation, "muted = @value", muted, null, stop);

    /// <summary>Out of the list until somebody writes again.</summary>
    public Task<Outcome<bool>> Hide(Caller caller, Guid conversation, CancellationToken stop) =>
        Mine(caller, conversation, "hidden_to = (select last_seq from collab.conversation c where c.tenant = @Tenant and c.id = @conversation)", true, nameof(EffectivePolicy.AllowUserDeleteChat), stop);

    public Task<Outcome<bool>> Prefer(Caller caller, bool receipts, string offShift, CancellationToken stop) => In<bool>(caller, async (tx, me) =>
    {
        if (offShift is not ("Always" or "OnceOnChange" or "Never")) return Problem.Unprocessable("The word about being off shift comes always, once, or never.", "offShift", "off-shift-choice");
        await tx.Execute("""
            insert into collab.chat_preference (tenant, person, receipts, off_shift) values (@Tenant, @me, @receipts, @offShift) on conflict (tenant, person) do update set receipts = excluded.receipts, off_shift = excluded.off_shift
            """, new { tx.Tenant, me, receipts, offShift });
        return true;
    }, stop);

    /// <summary>A page of theirs is open.</summary>
    public Task Here(Caller caller, CancellationToken stop) => caller.Person is { } me ? db.In(caller.Tenant, caller.Actor, tx => PresenceSql.Here(tx, me), stop) : Task.CompletedTask;

    /// <param name="history">Whether they see what was said before.</param>
    public Task<Outcome<bool>> Add(Caller caller, Guid conversation, IReadOnlyCollection<Guid> people, bool history, CancellationToken stop) => Group(caller, conversation, async (tx, me, place) =>
    {
        if (people.Count == 0) return Problem.Unprocessable("Choose at least one person.", "person", "person-missing");
        if (people.Count > ConversationRules.AddedAtOnce) return Problem.Unprocessable($"At most {ConversationRules.AddedAtOnce} people are added at once.", "person", "people-many");
        var wanted = people.Distinct().ToArray();
        if (await tx.Scalar<int>("select count(*)::int from collab.person where tenant = @Tenant and kind = 'Staff' and id = any(@wanted)", new { tx.Tenant, wanted }) != wanted.Length) return Problem.Unprocessable("One of these people is not staff of this hospital.", "person", "person-unknown");
        // Nobody shows more than they see themselves.
        var mine = await tx.Scalar<int>("select sees_from from collab.conversation_member where tenant = @Tenant and conversation = @conversation and person = @me", new { tx.Tenant, conversation, me });
        var added = await tx.Query<Guid>("""
            insert into collab.conversation_member (tenant, conversation, person, seat, sees_from, read_seq, joined_at)
            select @Tenant, @conversation, p, true, @from, @from - 1, @Now from unnest(@wanted) p
            on conflict (tenant, conversation, person) do update set seat = true, asked = false, sees_from = least(excluded.sees_from, case when collab.conversation_member.seat then collab.conversation_member.sees_from else excluded.sees_from end), joined_at = @Now
            where not collab.conversation_member.seat or collab.conversation_member.asked
            returning person
            """, new { tx.Tenant, tx.Now, conversation, wanted, from = history ? mine : place.Seq });
        if (await tx.Scalar<int>("select count(*)::int from collab.conversation_member where tenant = @Tenant and conversation = @conversation and seat", new { tx.Tenant, conversation }) > ConversationRules.PeopleLimit)
            return Problem.Unprocessable($"A conversation has at most {ConversationRules.PeopleLimit} people.", "person", "conversation-full");
        if (added.Count > 0) await ConversationSql.Happened(tx, place.Conversation, "added", added);
        return added.Count > 0;
    }, stop);

    /// <summary>Everybody may leave; who removes others needs the policy.</summary>
    public Task<Outcome<bool>> Remove(Caller caller, Guid conversation, Guid person, CancellationToken stop) => Group(caller, conversation, async (tx, me, place) =>
    {
        if (person != me && (await policies.Of(tx, caller)).Refuse(nameof(EffectivePolicy.AllowRemoveUser)) is { } refused) return refused;
        if (await tx.Execute("update collab.conversation_member set seat = false, asked = false where tenant = @Tenant and conversation = @conversation and person = @person and seat", new { tx.Tenant, conversation, person }) == 0)
            return Problem.NotFound("This person is not in the conversation.", "member-unknown");
        await ConversationSql.Happened(tx, place.Conversation, person == me ? "left" : "removed", [person]);
        tx.Publish("message.person-removed", $"conversation/{conversation}", data: new { person, recipients = new[] { person } });
        return true;
    }, stop, asked: person);

    public Task<Outcome<bool>> Name(Caller caller, Guid conversation, string? title, int version, CancellationToken stop) => Group(caller, conversation, async (tx, _, place) =>
    {
        title = string.IsNullOrWhiteSpace(title) ? null : title.Trim();
        if (title?.Length > ConversationRules.TitleLimit) return Problem.Unprocessable($"A title has at most {ConversationRules.TitleLimit} characters.", "title", "title-long");
        if (place.Conversation.Version != version) return Problem.Conflict($"Somebody else named this conversation meanwhile: {place.Conversation.Title ?? "no title"}. Look at it again and repeat.", "conversation-stale");
        await tx.Execute("update collab.conversation set title = @title, version = version + 1 where tenant = @Tenant and id = @conversation", new { tx.Tenant, conversation, title });
        await ConversationSql.Happened(tx, place.Conversation, "named", [], title ?? "");
        return true;
    }, stop);

    /// <summary>Kept for the message to come; its writer alone has it until then.</summary>
    public Task<Outcome<Guid>> Attach(Caller caller, Guid conversation, string name, Blob blob, CancellationToken stop) => In<Guid>(caller, async (tx, me) =>
    {
        if (await ConversationReads.Sees(tx, conversation, me) is null) return ConversationDoor.Unknown;
        if ((await policies.Of(tx, caller)).Refuse(nameof(EffectivePolicy.AllowFiles)) is { } refused) return refused;
        var id = tx.NewId();
        await tx.Execute("""
            insert into collab.message_file (tenant, id, conversation, by, name, type, hash, bytes, at) values (@Tenant, @id, @conversation, @me, @name, @Type, @Hash, @Bytes, @Now)
            """, new { tx.Tenant, tx.Now, id, conversation, me, name, blob.Type, blob.Hash, blob.Bytes });
        return id;
    }, stop);

    private Task<Outcome<bool>> Group(Caller caller, Guid conversation, Func<Tx, Guid, ConversationSql.Place, Task<Outcome<bool>>> act, CancellationToken stop, Guid? asked = null) => In<bool>(caller, async (tx, me) =>
    {
        if (await ConversationReads.Sees(tx, conversation, me) is null || await ConversationSql.Next(tx, conversation) is not { } place) return ConversationDoor.Unknown;
        // Whom escalation brought may go again from any conversation.
        var brought = asked is { } one && await tx.Scalar<bool>("select exists (select from collab.conversation_member where tenant = @Tenant and conversation = @conversation and person = @one and asked)", new { tx.Tenant, conversation, one });
        if (place.Conversation.Kind != "group" && !brought) return Problem.Conflict("Who is in this conversation follows from what it is: two people stay two, a channel has its team's.", "roster-fixed");
        ConversationSql.Bump(tx, conversation, 1);
        var done = await act(tx, me, place);
        if (!done.Ok) return done;
        if (!done.Value) return tx.Abandon<Outcome<bool>>(true);
        await tx.Execute("update collab.conversation set roster = null where tenant = @Tenant and id = @conversation and kind = 'group'", new { tx.Tenant, conversation });
        await ConversationDoor.Told(tx, "message.people-changed", place.Conversation, null);
        return true;
    }, stop);

    private Task<Outcome<bool>> Mine(Caller caller, Guid conversation, string set, bool value, string? policy, CancellationToken stop) => In<bool>(caller, async (tx, me) =>
    {
        if (await ConversationReads.Sees(tx, conversation, me) is not { } seat) return ConversationDoor.Unknown;
        if (policy is not null && (await policies.Of(tx, caller)).Refuse(policy) is { } refused) return refused;
        await ConversationSql.Read(tx, conversation, me, Math.Max(seat.ReadSeq, seat.SeesFrom - 1));
        await tx.Execute($"update collab.conversation_member set {set} where tenant = @Tenant and conversation = @conversation and person = @me", new { tx.Tenant, conversation, me, value });
        tx.Publish("message.read-to", $"conversation/{conversation}", data: new { recipients = new[] { me } });
        return true;
    }, stop);

    /// <summary>It stands in their list from now on, also while it is empty.</summary>
    private static Task<int> Seen(Tx tx, Guid conversation, Guid me) => tx.Execute("""
        insert into collab.conversation_member (tenant, conversation, person, seat, read_at, joined_at) values (@Tenant, @conversation, @me, false, @Now, @Now)
        on conflict (tenant, conversation, person) do update set read_at = coalesce(collab.conversation_member.read_at, @Now), hidden_to = null
        """, new { tx.Tenant, tx.Now, conversation, me });

    private Task<Outcome<T>> In<T>(Caller caller, Func<Tx, Guid, Task<Outcome<T>>> act, CancellationToken stop) => db.In<Outcome<T>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (caller.Person is not { } me) return Problem.Forbidden("Conversations are for members of staff.");
        var done = await act(tx, me);
        return done.Ok ? done : tx.Abandon(done);
    }, stop);
}
