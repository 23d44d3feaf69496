using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Collaboration.Handovers;

/// <summary>What every use of a handover begins with: whose it is, who asks, its lock; and how it is told.</summary>
public static class HandoverSql
{
    public static readonly Problem Unknown = Problem.NotFound("There is no such handover for you.", "handover-unknown");
    internal static readonly Problem Stale = Problem.Conflict("This handover changed at the same moment. Look at it again and repeat what is still wanted.", "handover-stale");
    internal static readonly Problem NotGiver = Problem.Forbidden("Only who gives this handover may do that.", "handover-giver");

    internal const string Select = """
        select h.id, h.team, t.name as TeamName, h.list, l.name as ListName, h.giver, concat_ws(' ', g.title, g.given, g.family) as GiverName, h.shift, h.shift_label as ShiftLabel, h.ends_at as EndsAt, h.title, h.note, h.state,
          h.receiver, concat_ws(' ', r.title, r.given, r.family) as ReceiverName, h.why, h.replaces, (select n.id from collab.handover n where n.tenant = h.tenant and n.replaces = h.id and n.state in ('draft', 'offered', 'accepted')) as ReplacedBy,
          h.number, h.origin, h.created_at as CreatedAt, h.filled_at as FilledAt, h.offered_at as OfferedAt, h.accepted_at as AcceptedAt, h.closed_at as ClosedAt, h.passed_at as PassedAt, h.escalated_at as EscalatedAt, h.version,
          (select count(*)::int from collab.handover_patient e where e.tenant = h.tenant and e.handover = h.id) as Patients,
          coalesce((select max(x.n)::int from (select count(*) as n from collab.handover_patient e join collab.handover_readback b on b.tenant = e.tenant and b.entry = e.id
            where e.tenant = h.tenant and e.handover = h.id group by b.person) x), 0) as ReadBack,
          (select count(*)::int from collab.handover_patient e join collab.handover_question q on q.tenant = e.tenant and q.entry = e.id
            where e.tenant = h.tenant and e.handover = h.id and q.answer is null and q.withdrawn_at is null) as Questions,
          array(select o.person from collab.handover_to o where o.tenant = h.tenant and o.handover = h.id order by o.person) as "To",
          array(select concat_ws(' ', p.title, p.given, p.family) from collab.handover_to o join collab.person p on p.tenant = o.tenant and p.id = o.person
            where o.tenant = h.tenant and o.handover = h.id order by o.person) as ToNames
        from collab.handover h
        join collab.team t on t.tenant = h.tenant and t.id = h.team
        join collab.person g on g.tenant = h.tenant and g.id = h.giver
        left join collab.person r on r.tenant = h.tenant and r.id = h.receiver
        left join collab.list l on l.tenant = h.tenant and l.id = h.list and l.removed_at is null
        """;

    public static Task<Handover?> Find(Tx tx, Guid id) => tx.OneOrNone<Handover>($"{Select} where h.tenant = @Tenant and h.id = @id", new { tx.Tenant, id });

    /// <summary>For members of its team; to everybody else, guests of the team too, there is none. A change locks it.</summary>
    internal static async Task<Outcome<Handover>> Open(Tx tx, TeamDoor teams, Caller caller, Guid id, bool change = false)
    {
        if (change && !await Lock(tx, id)) return Unknown;
        if (await Find(tx, id) is not { } found) return Unknown;
        var may = await teams.May(tx, caller, found.Team, TeamRole.Member, change);
        return may.Ok ? found : may.Problem.Status is 404 or 403 ? Unknown : may.Problem;
    }

    internal static Task<bool> Lock(Tx tx, Guid id) => tx.Scalar<bool>("select true from collab.handover where tenant = @Tenant and id = @id for update", new { tx.Tenant, id });

    /// <summary>Sick first, then by bed.</summary>
    public static async Task<IReadOnlyList<HandoverEntry>> Entries(Tx tx, Guid id, Guid? entry = null)
    {
        var rows = await tx.Query<EntryRow>($"""
            select e.id, e.patient, e.bed, p.family, p.given, p.gender, p.birth_date as BirthDate, {PatientFacts.IdentifierSql} as Identifier
            from collab.handover_patient e join collab.person p on p.tenant = e.tenant and p.id = e.patient
            where e.tenant = @Tenant and e.handover = @id and (@entry::uuid is null or e.id = @entry)
            """, new { tx.Tenant, id, entry });
        var entries = rows.Select(r => r.Id).ToArray();
        var sections = (await tx.Query<SectionRow>("select entry, section, text, filled, version, at, by from collab.handover_section where tenant = @Tenant and entry = any(@entries)", new { tx.Tenant, entries })).ToLookup(s => s.Entry);
        var items = (await tx.Query<ItemRow>("select entry, kind, ref, text, priority, at from collab.handover_item where tenant = @Tenant and entry = any(@entries) order by place", new { tx.Tenant, entries })).ToLookup(i => i.Entry);
        var read = (await tx.Query<ReadRow>("""
            select b.entry, b.text, b.at, p.id, p.kind, p.family, p.given, p.title from collab.handover_readback b join collab.person p on p.tenant = b.tenant and p.id = b.person
            where b.tenant = @Tenant and b.entry = any(@entries) order by b.at
            """, new { tx.Tenant, entries })).ToLookup(b => b.Entry);
        var questions = (await tx.Query<QuestionRow>("""
            select q.id, q.entry, q.by as ById, concat_ws(' ', p.title, p.given, p.family) as "By", q.at, q.text, q.answer, concat_ws(' ', a.title, a.given, a.family) as AnsweredBy, q.answered_at as AnsweredAt, q.withdrawn_at is not null as Withdrawn
            from collab.handover_question q join collab.person p on p.tenant = q.tenant and p.id = q.by left join collab.person a on a.tenant = q.tenant and a.id = q.answered_by
            where q.tenant = @Tenant and q.entry = any(@entries) order by q.at, q.id
            """, new { tx.Tenant, entries })).ToLookup(q => q.Entry);
        return
        [
            .. rows.Select(r => new HandoverEntry
            {
                Id = r.Id, Patient = r.Patient, Bed = r.Bed,
                Facts = new(new Person { Kind = PersonKind.Patient, Family = r.Family, Given = r.Given }.Display, r.BirthDate, r.Gender, r.Identifier),
                Sections = sections[r.Id].ToDictionary(s => s.Section, s => new HandoverSection(s.Text, s.Filled, s.Version, s.At, s.By)),
                Items = [.. items[r.Id].Select(i => new HandoverItem(i.Kind, i.Ref, i.Text, i.Priority, i.At))],
                ReadBacks = [.. read[r.Id].Select(b => new ReadBack(b.Id, b.Display, b.Text, b.At))],
                Questions = [.. questions[r.Id].Select(q => new HandoverQuestion(q.Id, q.By, q.ById, q.At, q.Text, q.Answer, q.AnsweredBy, q.AnsweredAt, q.Withdrawn))],
            }).OrderBy(e => HandoverRules.Order(e.Severity)).ThenBy(e => e.Bed is null).ThenBy(e => e.Bed, StringComparer.Create(System.Globalization.CultureInfo.InvariantCulture, System.Globalization.CompareOptions.NumericOrdering)).ThenBy(e => e.Facts.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    internal static Task<HandoverRule?> Rule(Tx tx, Guid team) => tx.OneOrNone<HandoverRule>("""
        select clock_out as ClockOut, escalate_minutes as EscalateMinutes, version from collab.handover_rule where tenant = @Tenant and team = @team
        """, new { tx.Tenant, team });

    internal static Task Happened(Tx tx, Guid handover, string kind, Guid? patient = null, string? detail = null) => tx.Execute("""
        insert into collab.handover_event (tenant, id, handover, kind, at, by, patient, detail) values (@Tenant, @id, @handover, @kind, @Now, @by, @patient, @detail)
        """, new { tx.Tenant, tx.Now, id = tx.NewId(), handover, kind, by = tx.Actor.Caller?.Person, patient, detail });

    /// <summary>Ids only: the pages fetch what their reader may see.</summary>
    internal static void Tell(Tx tx, Handover h, string what, Guid? patient = null) =>
        tx.Publish($"handover.{what}", $"handover/{h.Id}", patient is { } p ? $"person/{p}" : null, new { h.Team });

    private sealed record EntryRow
    {
        public Guid Id { get; init; }
        public Guid Patient { get; init; }
        public string? Bed { get; init; }
        public string? Family { get; init; }
        public string? Given { get; init; }
        public string? Gender { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? Identifier { get; init; }
    }

    private sealed record SectionRow
    {
        public Guid Entry { get; init; }
        public string Section { get; init; } = "";
        public string Text { get; init; } = "";
        public string Filled { get; init; } = "";
        public int Version { get; init; }
        public DateTimeOffset At { get; init; }
        public Guid? By { get; init; }
    }

    private sealed record ItemRow
    {
        public Guid Entry { get; init; }
        public string Kind { get; init; } = "";
        public string Ref { get; init; } = "";
        public string Text { get; init; } = "";
        public short? Priority { get; init; }
        public DateTimeOffset? At { get; init; }
    }

    private sealed record ReadRow : Person
    {
        public Guid Entry { get; init; }
        public string? Text { get; init; }
        public DateTimeOffset At { get; init; }
    }

    private sealed record QuestionRow
    {
        public Guid Id { get; init; }
        public Guid Entry { get; init; }
        public Guid ById { get; init; }
        public string By { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public string Text { get; init; } = "";
        public string? Answer { get; init; }
        public string? AnsweredBy { get; init; }
        public DateTimeOffset? AnsweredAt { get; init; }
        public bool Withdrawn { get; init; }
    }
}
