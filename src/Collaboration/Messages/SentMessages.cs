using HealthTeams.Platform.Audit;

namespace HealthTeams.Collaboration.Messages;

/// <summary>One recipient, as the sender follows them: notified, read, acknowledged and answered are four different things.</summary>
public sealed record Receipt : People.Person
{
    public Guid Delivery { get; init; }
    public string? AskedAs { get; init; }
    public int? Escalated { get; init; }
    public int Notified { get; init; }
    public DateTimeOffset? NotifiedAt { get; init; }
    public DateTimeOffset? NextAt { get; init; }
    public DateTimeOffset? ReadAt { get; init; }
    public DateTimeOffset? AcknowledgedAt { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }
    public string? Closed { get; init; }

    /// <summary>"push sent 09:02", "e-mail failed": the last of each way out.</summary>
    public IReadOnlyList<WayOut> Ways { get; init; } = [];
}

/// <param name="State">"waiting", "sent", "failed", "quiet", "gone" or "needless".</param>
public sealed record WayOut(Guid Delivery, string Kind, string State, DateTimeOffset? At, string? Error);

/// <param name="Asked">Who was asked at this step.</param>
public sealed record PlannedStep(int Step, StepKind Kind, string? Name, DateTimeOffset PlannedAt, DateTimeOffset? DueAt, DateTimeOffset? DoneAt, string? Outcome, IReadOnlyList<string> Asked);

public record SentView
{
    public Guid Message { get; init; }
    public string Priority { get; init; } = "";
    public string Text { get; init; } = "";
    public DateTimeOffset SentAt { get; init; }
    public Guid? Conversation { get; init; }
    public bool Anyone { get; init; }
    public bool Mine { get; init; }
    public string? Settled { get; init; }
    public DateTimeOffset? SettledAt { get; init; }
    public People.PatientFacts? Patient { get; init; }
    public IReadOnlyList<Receipt> Receipts { get; init; } = [];
    public IReadOnlyList<PlannedStep> Steps { get; init; } = [];
    public PlannedStep? Next => Steps.FirstOrDefault(s => s.DueAt is not null);
}

/// <summary>What became of a message: for its sender, and for whoever was asked with others.</summary>
public sealed class SentMessages(Db db, MessageDoor door, AccessLog audit)
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such message for you.", "message-unknown");

    /// <summary>Mine that asked for a receipt, newest first.</summary>
    public Task<IReadOnlyList<SentRow>> Mine(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<SentRow>("""
        select m.id, m.priority, m.sent_at as SentAt, r.settled, count(d.id)::int as People, count(d.read_at)::int as Read, count(d.acknowledged_at)::int as Acknowledged,
          (select min(e.due_at) from collab.message_escalation e where e.tenant = r.tenant and e.message = r.message) as NextStep
        from collab.message_raised r
        join collab.message m on m.tenant = r.tenant and m.id = r.message
        left join collab.message_delivery d on d.tenant = r.tenant and d.message = r.message
        where r.tenant = @Tenant and r.sender = @Person
        group by m.tenant, m.id, r.tenant, r.message
        order by m.sent_at desc, m.id desc limit 100
        """, new { tx.Tenant, caller.Person }), stop);

    public async Task<Outcome<SentView>> One(Caller caller, Guid message, CancellationToken stop)
    {
        var view = await db.In<Outcome<SentView>>(caller.Tenant, caller.Actor, async tx =>
        {
            var row = await tx.OneOrNone<Row>($"""
                select m.id as Message, m.priority, m.text, m.sent_at as SentAt, r.conversation, r.anyone, r.settled, r.settled_at as SettledAt, r.sender is not distinct from @Person as Mine,
                  p.id as PatientId, p.family, p.given, p.gender, p.birth_date as BirthDate, {People.PatientFacts.IdentifierSql} as PatientIdentifier
                from collab.message_raised r join collab.message m on m.tenant = r.tenant and m.id = r.message
                left join collab.person p on p.tenant = m.tenant and p.id = m.patient
                where r.tenant = @Tenant and r.message = @message
                  and (r.sender = @Person or exists (select from collab.message_delivery d where d.tenant = r.tenant and d.message = r.message and d.recipient = @Person and d.read_at is not null))
                """, new { tx.Tenant, message, caller.Person });
            if (row is null) return Unknown;
            return row with { Patient = row.Facts, Receipts = await Receipts(tx, message), Steps = await Steps(tx, message) };
        }, stop);
        if (view.Ok) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"message/{message}", null, 200), stop);
        return view;
    }

    /// <summary>Taken back by who sent it: nothing rings or escalates any more. What was read stays read.</summary>
    public Task<Outcome<bool>> Withdraw(Caller caller, Guid message, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await tx.Scalar<Guid?>("select sender from collab.message_raised where tenant = @Tenant and message = @message", new { tx.Tenant, message }) is not { } sender || sender != caller.Person) return Unknown;
        await door.Withdraw(tx, message);
        return true;
    }, stop);

    private static async Task<IReadOnlyList<Receipt>> Receipts(Tx tx, Guid message)
    {
        var ways = (await tx.Query<WayOut>("""
            select distinct on (o.delivery, o.kind) o.delivery, o.kind, o.state, o.at, o.error
            from collab.message_push o join collab.message_delivery d on d.tenant = o.tenant and d.id = o.delivery
            where o.tenant = @Tenant and d.message = @message order by o.delivery, o.kind, o.step desc, (o.state = 'sent') desc
            """, new { tx.Tenant, message })).ToLookup(w => w.Delivery);
        var rows = await tx.Query<Receipt>("""
            select d.id as Delivery, p.id, p.kind, p.family, p.given, p.title, d.asked_as as AskedAs, d.escalated, d.step as Notified, d.notified_at as NotifiedAt, d.next_at as NextAt,
              d.read_at as ReadAt, d.acknowledged_at as AcknowledgedAt, d.answered_at as AnsweredAt, d.closed
            from collab.message_delivery d join collab.person p on p.tenant = d.tenant and p.id = d.recipient
            where d.tenant = @Tenant and d.message = @message order by d.escalated nulls first, d.sent_at, lower(p.family), p.id
            """, new { tx.Tenant, message });
        return [.. rows.Select(r => r with { Ways = [.. ways[r.Delivery]] })];
    }

    private static async Task<IReadOnlyList<PlannedStep>> Steps(Tx tx, Guid message)
    {
        var rows = await tx.Query<StepRow>("""
            select step, kind, name, planned_at as PlannedAt, due_at as DueAt, done_at as DoneAt, outcome, asked from collab.message_escalation
            where tenant = @Tenant and message = @message order by step
            """, new { tx.Tenant, message });
        var names = (await tx.Query<People.Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = any(@people)",
            new { tx.Tenant, people = rows.SelectMany(r => r.Asked).Distinct().ToArray() })).ToDictionary(p => p.Id, p => p.Display);
        return [.. rows.Select(r => new PlannedStep(r.Step, Escalations.KindOf(r.Kind), r.Name, r.PlannedAt, r.DueAt, r.DoneAt, r.Outcome, [.. r.Asked.Select(a => names[a])]))];
    }

    private sealed record Row : SentView
    {
        public Guid? PatientId { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Gender { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? PatientIdentifier { get; init; }
        public People.PatientFacts? Facts => PatientId is null ? null : new(new People.Person { Kind = People.PersonKind.Patient, Family = Family, Given = Given }.Display, BirthDate, Gender, PatientIdentifier);
    }

    private sealed record StepRow
    {
        public int Step { get; init; }
        public string Kind { get; init; } = "";
        public string? Name { get; init; }
        public DateTimeOffset PlannedAt { get; init; }
        public DateTimeOffset? DueAt { get; init; }
        public DateTimeOffset? DoneAt { get; init; }
        public string? Outcome { get; init; }
        public Guid[] Asked { get; init; } = [];
    }
}

/// <summary>One line of what I sent.</summary>
public sealed record SentRow
{
    public Guid Id { get; init; }
    public string Priority { get; init; } = "";
    public DateTimeOffset SentAt { get; init; }
    public string? Settled { get; init; }
    public int People { get; init; }
    public int Read { get; init; }
    public int Acknowledged { get; init; }
    public DateTimeOffset? NextStep { get; init; }
}
