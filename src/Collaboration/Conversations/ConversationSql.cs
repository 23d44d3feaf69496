using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>Finding, making and locking conversations.</summary>
internal static class ConversationSql
{
    internal sealed record Place(Conversation Conversation, int Seq, long Change);

    /// <summary>Locked, with the number of the message to come.</summary>
    public static async Task<Outcome<Place>> FindOrMake(Tx tx, PostSaid said)
    {
        var id = await Id(tx, said);
        if (!id.Ok) return id.Problem;
        if (await Next(tx, id.Value) is not { } place) return ConversationDoor.Unknown;
        if (said.SenderPerson is { } me && !await ConversationDoor.IsIn(tx, id.Value, me)) return ConversationDoor.Unknown;
        if (place.Conversation.Team is { } team && await tx.Scalar<string>("select name from collab.team where tenant = @Tenant and id = @team and archived_at is not null", new { tx.Tenant, team }) is { } archived)
            return Problem.Conflict($"{archived} is archived: it can be read, not changed.", "team-archived");
        return place;
    }

    private static async Task<Outcome<Guid>> Id(Tx tx, PostSaid said)
    {
        if (said.Conversation is { } known) return known;
        if (said.Channel is { } channel) return await OfChannel(tx, channel) is { } c ? c : ConversationDoor.Unknown;
        if (said is { Team: { } team, Patient: { } patient }) return await OfPatient(tx, team, patient) is { } p ? p : ConversationDoor.Unknown;
        return await OfPeople(tx, [.. said.People.Concat(said.SenderPerson is { } me ? [me] : (Guid[])[]).Distinct()], said.Patient, null, said.SenderPerson);
    }

    public static async Task<Guid?> OfChannel(Tx tx, Guid channel)
    {
        await tx.Execute("""
            insert into collab.conversation (tenant, id, kind, team, channel, last_at, created_at)
            select @Tenant, @id, 'channel', h.team, h.id, @Now, @Now from collab.channel h where h.tenant = @Tenant and h.id = @channel and h.deleted_at is null
            on conflict on constraint conversation_channel do nothing
            """, new { tx.Tenant, tx.Now, id = tx.NewId(), channel });
        return await tx.Scalar<Guid?>("select id from collab.conversation where tenant = @Tenant and channel = @channel", new { tx.Tenant, channel });
    }

    public static async Task<Guid?> OfPatient(Tx tx, Guid team, Guid patient)
    {
        await tx.Execute("""
            insert into collab.conversation (tenant, id, kind, team, patient, last_at, created_at)
            select @Tenant, @id, 'patient', t.id, p.id, @Now, @Now from collab.team t join collab.person p on p.tenant = t.tenant and p.id = @patient and p.kind = 'Patient'
            where t.tenant = @Tenant and t.id = @team
            on conflict (tenant, team, patient) where kind = 'patient' do nothing
            """, new { tx.Tenant, tx.Now, id = tx.NewId(), team, patient });
        return await tx.Scalar<Guid?>("select id from collab.conversation where tenant = @Tenant and kind = 'patient' and team = @team and patient = @patient", new { tx.Tenant, team, patient });
    }

    /// <param name="title">A group with a title of its own is always a new one.</param>
    public static async Task<Outcome<Guid>> OfPeople(Tx tx, IReadOnlyCollection<Guid> people, Guid? patient, string? title, Guid? by)
    {
        if (people.Count == 0) return Problem.Unprocessable("Choose at least one person.", "person", "person-missing");
        if (people.Count > ConversationRules.PeopleLimit) return Problem.Unprocessable($"A conversation has at most {ConversationRules.PeopleLimit} people.", "person", "conversation-full");
        if (await tx.Scalar<int>("select count(*)::int from collab.person where tenant = @Tenant and kind = 'Staff' and id = any(@people)", new { tx.Tenant, people = people.ToArray() }) != people.Count)
            return Problem.Unprocessable("One of these people is not staff of this hospital.", "person", "person-unknown");
        var (kind, roster) = ConversationRules.Of(people, patient);
        if (title is not null) kind = "group";
        var id = tx.NewId();
        var made = await tx.Execute("""
            insert into collab.conversation (tenant, id, kind, title, patient, roster, last_at, created_at, created_by) values (@Tenant, @id, @kind, @title, @patient, @roster, @Now, @Now, @by)
            on conflict on constraint conversation_roster do nothing
            """, new { tx.Tenant, tx.Now, id, kind, title, patient, roster = title is null ? roster : null, by });
        if (made == 0) return await tx.Scalar<Guid>("select id from collab.conversation where tenant = @Tenant and roster = @roster", new { tx.Tenant, roster });
        await tx.Execute("""
            insert into collab.conversation_member (tenant, conversation, person, seat, joined_at) select @Tenant, @id, p, true, @Now from unnest(@people) p
            """, new { tx.Tenant, tx.Now, id, people = people.ToArray() });
        return id;
    }

    /// <summary>The next number, under the conversation's lock: writers of one conversation wait for each other, and no number is left out.</summary>
    public static async Task<Place?> Next(Tx tx, Guid conversation)
    {
        var row = await tx.OneOrNone<Conversation>($"""
            select {Conversation.Columns} from collab.conversation c where c.tenant = @Tenant and c.id = @conversation for update
            """, new { tx.Tenant, conversation });
        return row is null ? null : new Place(row, row.LastSeq + 1, row.LastChange + 1);
    }

    /// <summary>What is written from now on has the numbers that <see cref="Next"/> said.</summary>
    /// <param name="messages">0: only a message that is there changes.</param>
    public static void Bump(Tx tx, Guid conversation, int messages) => tx.Later(new Npgsql.NpgsqlBatchCommand("""
        update collab.conversation set last_seq = last_seq + $3, last_change = last_change + 1, last_at = case when $3 > 0 then $4 else last_at end where tenant = $1 and id = $2
        """) { Parameters = { new() { Value = tx.Tenant }, new() { Value = conversation }, new() { Value = messages }, new() { Value = tx.Now } } });

    /// <summary>What happened to the conversation stands in it, between what was said.</summary>
    public static async Task Happened(Tx tx, Conversation conversation, string what, IReadOnlyCollection<Guid> about, string text = "")
    {
        var by = tx.Actor.Caller?.Person;
        await tx.Execute("""
            insert into collab.message (tenant, id, priority, sender, sender_person, patient, text, sent_at, conversation, seq, change, happened, about)
            values (@Tenant, @id, 'normal', @sender, @by, @Patient, @text, @Now, @conversation, @LastSeq + 1, @LastChange + 1, @what, @about)
            """, new
        {
            tx.Tenant, tx.Now, id = tx.NewId(), sender = await NameOrNone(tx, by) ?? "", by, conversation.Patient, text, conversation = conversation.Id, conversation.LastSeq, conversation.LastChange, what, about = about.ToArray(),
        });
        if (by is { } me) await Read(tx, conversation.Id, me, conversation.LastSeq + 1);
    }

    /// <summary>Moves a read position on, never back.</summary>
    /// <returns>Whether it moved.</returns>
    public static async Task<bool> Read(Tx tx, Guid conversation, Guid person, int seq) => await tx.Execute("""
        insert into collab.conversation_member (tenant, conversation, person, seat, read_seq, read_at, joined_at) values (@Tenant, @conversation, @person, false, @seq, @Now, @Now)
        on conflict (tenant, conversation, person) do update set read_seq = excluded.read_seq, read_at = excluded.read_at where collab.conversation_member.read_seq < excluded.read_seq
        """, new { tx.Tenant, tx.Now, conversation, person, seq }) > 0;

    public static async Task<string> Name(Tx tx, Guid person) => await NameOrNone(tx, person) ?? "unknown";

    public static async Task<string?> NameOrNone(Tx tx, Guid? person) => (await tx.OneOrNone<Person>(
        "select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @person", new { tx.Tenant, person }))?.Display;
}
