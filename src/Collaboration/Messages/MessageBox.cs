namespace HealthTeams.Collaboration.Messages;

/// <summary>One line of a person's messages; the text is not in the list (MSG-03: the list is not the message).</summary>
public sealed record MessageRow
{
    public Guid Id { get; init; }
    public string Priority { get; init; } = "normal";
    public string From { get; init; } = "";
    public DateTimeOffset SentAt { get; init; }
    public string? Patient => Facts?.Name;
    public Guid? PatientId { get; init; }
    public string? Family { get; init; }
    public string? Given { get; init; }
    public string? Gender { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? PatientIdentifier { get; init; }
    public People.PatientFacts? Facts => PatientId is null ? null
        : new(new People.Person { Kind = People.PersonKind.Patient, Family = Family, Given = Given }.Display, BirthDate, Gender, PatientIdentifier);
    public bool Read { get; init; }
    public bool Acknowledged { get; init; }
    public int Notified { get; init; }
    public DateTimeOffset? NextAt { get; init; }
    public bool Open { get; init; }
    public bool Withdrawn { get; init; }
}

public sealed record MessageView
{
    public required MessageRow Row { get; init; }
    public string Text { get; init; } = "";
    public Guid Message { get; init; }
    public Guid? Conversation { get; init; }
}

/// <summary>A person's own messages. Opening one is reading it, and stops that person's repeats only.</summary>
public sealed class MessageBox(Db db, ProjectFhir project, Platform.Audit.AccessLog audit)
{
    private const string Line = $"""
        d.id, d.priority, m.sender as "From", d.sent_at as SentAt, p.id as PatientId, p.family, p.given, p.gender, p.birth_date as BirthDate,
        {People.PatientFacts.IdentifierSql} as PatientIdentifier,
        d.read_at is not null as Read, d.acknowledged_at is not null as Acknowledged, d.step as Notified, d.next_at as NextAt,
        d.acknowledged_at is null and d.priority = 'urgent' and coalesce(d.closed, '') not in ('passed', 'taken') as Open, coalesce(d.closed = 'withdrawn', false) as Withdrawn
        """;

    public Task<IReadOnlyList<MessageRow>> Mine(Caller caller, CancellationToken stop) =>
        db.In<IReadOnlyList<MessageRow>>(caller.Tenant, caller.Actor, async tx => [.. await tx.Query<MessageRow>($"""
            select {Line}
            from collab.message_delivery d
            join collab.message m on m.tenant = d.tenant and m.id = d.message
            left join collab.person p on p.tenant = m.tenant and p.id = m.patient
            where d.tenant = @Tenant and d.recipient = @Person and d.closed is distinct from 'withdrawn'
            order by (d.priority = 'urgent' and d.acknowledged_at is null and coalesce(d.closed, '') not in ('passed', 'taken')) desc, d.sent_at desc, d.id desc
            limit 500
            """, new { tx.Tenant, caller.Person })], stop);

    public async Task<Outcome<MessageView>> Open(Caller caller, Guid delivery, CancellationToken stop)
    {
        var opened = await db.In<Outcome<MessageView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var read = await tx.Execute("""
                update collab.message_delivery set read_at = @Now, next_at = null, closed = case when closed in ('passed', 'taken') then closed else 'read' end
                where tenant = @Tenant and id = @delivery and recipient = @Person and read_at is null and closed is distinct from 'withdrawn'
                """, new { tx.Tenant, tx.Now, delivery, caller.Person });
            var row = await tx.OneOrNone<MessageRow>($"""
                select {Line}
                from collab.message_delivery d
                join collab.message m on m.tenant = d.tenant and m.id = d.message
                left join collab.person p on p.tenant = m.tenant and p.id = m.patient
                where d.tenant = @Tenant and d.id = @delivery and d.recipient = @Person
                """, new { tx.Tenant, delivery, caller.Person });
            if (row is null) return Problem.NotFound("There is no such message for you.", "message-unknown");
            if (row.Withdrawn) return Problem.Conflict("The sender has taken this message back.", "message-withdrawn");
            var (message, text, patient, conversation) = await tx.OneOrNone<(Guid, string, Guid?, Guid?)>("""
                select m.id, m.text, m.patient, m.conversation from collab.message_delivery d join collab.message m on m.tenant = d.tenant and m.id = d.message
                where d.tenant = @Tenant and d.id = @delivery
                """, new { tx.Tenant, delivery });
            if (read > 0)
            {
                tx.Publish("message.read", $"message/{message}", patient is { } p ? $"person/{p}" : null, new { delivery, recipients = await MessageSql.Readers(tx, message, caller.Person!.Value) });
                await project(tx, "message", message);
            }
            return new MessageView { Row = row, Text = text, Message = message, Conversation = conversation };
        }, stop);
        if (opened.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"message/{opened.Value.Message}", null, 200), stop);
        return opened;
    }

    /// <summary>Acknowledging is more than reading: "I take it". Escalation stops; the others' deliveries close only where anyone of them was asked.</summary>
    public Task<Outcome<bool>> Acknowledge(Caller caller, Guid delivery, CancellationToken stop) =>
        db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
        {
            var message = await tx.Scalar<Guid?>("select message from collab.message_delivery where tenant = @Tenant and id = @delivery and recipient = @Person", new { tx.Tenant, delivery, caller.Person });
            if (message is null || await MessageSql.Lock(tx, message.Value) is not { } raised) return Problem.NotFound("There is no such message for you.", "message-unknown");
            var before = await tx.OneOrNone<(bool Acknowledged, string? Closed)>("select acknowledged_at is not null, closed from collab.message_delivery where tenant = @Tenant and id = @delivery", new { tx.Tenant, delivery });
            if (before.Acknowledged) return true;
            if (before.Closed == "withdrawn") return Problem.Conflict("The sender has taken this message back.", "message-withdrawn");
            await tx.Execute("""
                update collab.message_delivery set acknowledged_at = @Now, read_at = coalesce(read_at, @Now), next_at = null, closed = 'read'
                where tenant = @Tenant and id = @delivery
                """, new { tx.Tenant, tx.Now, delivery });
            await Escalations.Stop(tx, message.Value, "acknowledged", caller.Person);
            var closed = raised.Anyone ? await tx.Query<Guid>("""
                update collab.message_delivery set next_at = null, closed = 'taken'
                where tenant = @Tenant and message = @message and id <> @delivery and acknowledged_at is null and closed is distinct from 'withdrawn' and closed is distinct from 'passed'
                returning recipient
                """, new { tx.Tenant, message, delivery }) : [];
            tx.Publish("message.acknowledged", $"message/{message}", raised.Patient is { } p ? $"person/{p}" : null, new { delivery, recipients = MessageSql.Concerned(raised, [caller.Person!.Value, .. closed]) });
            await project(tx, "message", message.Value);
            return true;
        }, stop);
}
