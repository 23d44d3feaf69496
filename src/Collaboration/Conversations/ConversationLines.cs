using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Conversations;

/// <summary>The list of somebody's conversations in three statements, however many there are.</summary>
internal static class ConversationLines
{
    /// <param name="only">These alone, whatever was said in them.</param>
    public static async Task<IReadOnlyList<ConversationLine>> Read(Tx tx, Guid me, Guid[]? only)
    {
        var rows = await tx.Query<Row>($"""
            with mine as (
              select conversation, min(sees_from) as sees_from, min(since) as since from collab.conversation_person
              where tenant = @Tenant and person = @me and (@only::uuid[] is null or conversation = any(@only)) group by conversation)
            select c.id, c.kind, c.title, t.name as Team, c.team as TeamId, h.name as Channel, c.last_at as LastAt, coalesce(k.muted, false) as Muted,
              p.id as PatientId, p.family, p.given, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as PatientIdentifier,
              greatest(c.last_seq - greatest(coalesce(k.read_seq, s.seq, 0), mine.sees_from - 1), 0) as Unread,
              l.sender as LastBy, l.text as LastText, l.happened is not null as LastHappened, u.urgent as Urgent,
              case when c.kind = 'group' then (select x.sender from collab.message x where x.tenant = c.tenant and x.conversation = c.id and x.seq >= mine.sees_from and x.sender_person is null and x.happened is null
                and not exists (select from collab.message_delivery d where d.tenant = x.tenant and d.message = x.id and d.closed = 'withdrawn') order by x.seq limit 1) end as System,
              exists (select from collab.message_mention n join collab.message x on x.tenant = n.tenant and x.id = n.message
                where x.tenant = c.tenant and x.conversation = c.id and x.seq > coalesce(k.read_seq, s.seq, 0) and n.kind = 'person' and n.target = @me::text) as Mentioned
            from mine
            join collab.conversation c on c.tenant = @Tenant and c.id = mine.conversation
            left join collab.conversation_member k on k.tenant = c.tenant and k.conversation = c.id and k.person = @me
            left join collab.team t on t.tenant = c.tenant and t.id = c.team
            left join collab.channel h on h.tenant = c.tenant and h.id = c.channel
            left join collab.person p on p.tenant = c.tenant and p.id = c.patient
            left join lateral (select max(x.seq) as seq from collab.message x where k.person is null and x.tenant = c.tenant and x.conversation = c.id and x.sent_at < mine.since) s on true
            left join lateral (select x.sender, x.text, x.happened from collab.message x
              where x.tenant = c.tenant and x.conversation = c.id and x.deleted_at is null and x.seq >= mine.sees_from order by x.seq desc limit 1) l on true
            cross join lateral (select exists (select from collab.message_delivery d join collab.message x on x.tenant = d.tenant and x.id = d.message
              where d.tenant = c.tenant and d.recipient = @me and d.priority = 'urgent' and d.read_at is null and x.conversation = c.id) as urgent) u
            where @only::uuid[] is not null or (t.archived_at is null and c.last_seq > coalesce(k.hidden_to, -1) and (c.last_seq > 0 or k.seat or k.read_at is not null))
            order by c.last_at desc, c.id desc limit {ConversationViews.Shown}
            """, new { tx.Tenant, me, only });
        if (rows.Count == 0) return [];
        var others = (await tx.Query<Other>("""
            select o.conversation, p.id, p.kind, p.family, p.given, p.title from unnest(@ids) as i (id)
            cross join lateral (select m.conversation, m.person from collab.conversation_member m
              where m.tenant = @Tenant and m.conversation = i.id and m.seat and not m.asked and m.person <> @me order by m.joined_at, m.person limit 4) o
            join collab.person p on p.tenant = @Tenant and p.id = o.person
            """, new { tx.Tenant, me, ids = rows.Where(r => r.Kind is "direct" or "group").Select(r => r.Id).ToArray() })).ToLookup(o => o.Conversation);
        return [.. rows.Select(r => Line(r, [.. others[r.Id]]))];
    }

    private static ConversationLine Line(Row r, IReadOnlyList<Other> others) => new()
    {
        Id = r.Id, Kind = r.Kind, Title = r.Title, Team = r.Team, TeamId = r.TeamId, Channel = r.Channel, LastAt = r.LastAt, Muted = r.Muted, PatientId = r.PatientId,
        // What a system says to one person is a conversation with that system.
        Others = others.Count == 0 && r.System is { } system ? [system] : [.. others.Select(o => o.Display)], Other = r.Kind == "direct" && others.Count > 0 ? others[0].Id : null,
        Patient = r.PatientId is null ? null : new PatientFacts(new Person { Kind = PersonKind.Patient, Family = r.Family, Given = r.Given }.Display, r.BirthDate, r.Gender, r.PatientIdentifier),
        Unread = r.Unread, Mentioned = r.Mentioned, LastBy = r.LastBy, Urgent = r.Urgent, LastText = r.Urgent || r.LastHappened ? null : r.LastText,
    };

    private sealed record Row
    {
        public Guid Id { get; init; }
        public string Kind { get; init; } = "";
        public string? Title { get; init; }
        public string? Team { get; init; }
        public Guid? TeamId { get; init; }
        public string? Channel { get; init; }
        public DateTimeOffset LastAt { get; init; }
        public bool Muted { get; init; }
        public Guid? PatientId { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Gender { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? PatientIdentifier { get; init; }
        public int Unread { get; init; }
        public string? LastBy { get; init; }
        public string? System { get; init; }
        public string? LastText { get; init; }
        public bool LastHappened { get; init; }
        public bool Urgent { get; init; }
        public bool Mentioned { get; init; }
    }

    private sealed record Other : Person
    {
        public Guid Conversation { get; init; }
    }
}
