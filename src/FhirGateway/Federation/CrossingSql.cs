namespace HealthTeams.FhirGateway.Federation;

/// <summary>A message of ours as another hospital gets it: who is in it by home and key, the patient by name and numbers.</summary>
internal static class CrossingSql
{
    public static async Task<Crossing?> Of(Tx tx, Guid message, string us)
    {
        var said = await tx.OneOrNone<Row>("""
            select m.id, m.conversation, c.title, m.priority,
              concat_ws(E'\n', nullif(m.text, ''), (select string_agg('[' || f.name || ']', ' ' order by f.id) from collab.message_file f where f.tenant = m.tenant and f.message = m.id)) as Text, m.sent_at as SentAt, m.sender_person as Sender, m.patient, coalesce(r.receipt, false) as Receipt,
              coalesce((select o.key from collab.partner_message o where o.tenant = m.tenant and o.message = m.reply_to limit 1), m.reply_to) as Answers,
              coalesce((select o.key from collab.partner_conversation o where o.tenant = m.tenant and o.conversation = m.conversation limit 1), m.conversation) as Place
            from collab.message m join collab.conversation c on c.tenant = m.tenant and c.id = m.conversation
            left join collab.message_raised r on r.tenant = m.tenant and r.message = m.id
            where m.tenant = @Tenant and m.id = @message and m.deleted_at is null and m.sender_person is not null
            """, new { tx.Tenant, message });
        if (said is null) return null;
        var people = (await tx.Query<PersonRow>("""
            select p.id, p.family, p.given, p.title, x.home, x.key
            from collab.conversation_member s join collab.person p on p.tenant = s.tenant and p.id = s.person
            left join collab.partner_person x on x.tenant = p.tenant and x.person = p.id
            where s.tenant = @Tenant and s.conversation = @Conversation and (s.seat or p.id = @Sender)
            order by p.id
            """, new { tx.Tenant, said.Conversation, said.Sender })).ToDictionary(p => p.Id, p => new Party(p.Home ?? us, p.Key ?? p.Id, p.Family, p.Given, p.Title));
        if (!people.Remove(said.Sender, out var sender)) return null;
        return new(said.Id, said.Place, said.Title, said.Priority, said.Text, said.SentAt, sender, [.. people.Values], said.Patient is { } patient ? await Patient(tx, patient) : null, said.Answers, said.Receipt);
    }

    private static async Task<PatientParty?> Patient(Tx tx, Guid patient)
    {
        var row = await tx.OneOrNone<Collaboration.People.Person>("select id, kind, family, given, gender, birth_date as BirthDate from collab.person where tenant = @Tenant and id = @patient", new { tx.Tenant, patient });
        var identifiers = await tx.Query<(string System, string Value)>("select system, value from collab.person_identifier where tenant = @Tenant and person = @patient and kind = 'Patient' order by system, value limit 20", new { tx.Tenant, patient });
        return row is null ? null : new(row.Family, row.Given, row.Gender, row.BirthDate, identifiers);
    }

    private sealed record Row
    {
        public Guid Id { get; init; }
        public Guid Conversation { get; init; }
        public Guid Place { get; init; }
        public string? Title { get; init; }
        public string Priority { get; init; } = "";
        public string Text { get; init; } = "";
        public DateTimeOffset SentAt { get; init; }
        public Guid Sender { get; init; }
        public Guid? Patient { get; init; }
        public bool Receipt { get; init; }
        public Guid? Answers { get; init; }
    }

    private sealed record PersonRow
    {
        public Guid Id { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Title { get; init; }
        public string? Home { get; init; }
        public Guid? Key { get; init; }
    }
}
