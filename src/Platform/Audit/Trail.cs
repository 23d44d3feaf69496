using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Audit;

/// <summary>Who, what, whom, when. Null asks for all.</summary>
/// <param name="Team">Its own records, and those that name it.</param>
public sealed record TrailQuestion(Guid? Person, Guid? Patient, Guid? Team, string? What, DateTimeOffset? From, DateTimeOffset? To);

public sealed record TrailLine
{
    public Guid Id { get; init; }
    public DateTimeOffset At { get; init; }
    public string Actor { get; init; } = "";
    public string ActorKind { get; init; } = "";

    /// <summary>The actor's name, where it is a person of this hospital.</summary>
    public string? Who { get; init; }
    public string Action { get; init; } = "";
    public string Subject { get; init; } = "";
    public string? Patient { get; init; }
    public string? Source { get; init; }
    public string? Client { get; init; }
    public int Outcome { get; init; }
    public bool Read { get; init; }
}

/// <summary>The record of reads and of changes as one, newest first.</summary>
public sealed class Trail(Db db, AccessLog audit)
{
    public const int PageSize = 100;

    /// <summary>Looking is on record, too.</summary>
    public async Task<IReadOnlyList<TrailLine>> Search(Caller caller, TrailQuestion asked, (DateTimeOffset At, Guid Id)? before, CancellationToken stop)
    {
        var lines = await db.In(caller.Tenant, caller.Actor, tx => Lines(tx, asked, before, PageSize + 1), stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", "audit", asked.Patient is { } p ? $"person/{p}" : null, 200), stop);
        return lines;
    }

    public static Task<IReadOnlyList<TrailLine>> Lines(Tx tx, TrailQuestion asked, (DateTimeOffset At, Guid Id)? before, int limit) => tx.Query<TrailLine>("""
        with patients as (
          select 'person/' || @Patient::text as patient where @Patient::uuid is not null
          union all select k.reference from collab.person_key k where k.tenant = @Tenant and k.person = @Patient and k.source = '00000000-0000-0000-0000-000000000000' and k.reference like 'Patient/%')
        select t.id, t.at, t.actor, t.actor_kind as ActorKind, nullif(concat_ws(' ', p.title, p.given, p.family), '') as Who, t.action, t.subject, t.patient, t.source, t.client, t.outcome, t.read
        from (
          (select id, at, actor, actor_kind, action, subject, patient, source, client, outcome::int, true as read from platform.access
           where tenant = @Tenant and (@Person::uuid is null or actor = @Person::text) and (@Patient::uuid is null or patient in (select patient from patients))
             and (@Team::uuid is null or subject like '%/' || @Team::text) and (@What::text is null or action like @What) and (@From::timestamptz is null or at >= @From) and (@To::timestamptz is null or at < @To)
             and (@At::timestamptz is null or (at, id) < (@At, @Id)) order by at desc, id desc limit @limit)
          union all
          (select id, at, actor, actor_kind, kind, subject, patient, source, client, 0, false from platform.event
           where tenant = @Tenant and (@Person::uuid is null or actor = @Person::text) and (@Patient::uuid is null or patient in (select patient from patients))
             and (@Team::uuid is null or subject = 'team/' || @Team::text or data ->> 'team' = @Team::text) and (@What::text is null or kind like @What) and (@From::timestamptz is null or at >= @From) and (@To::timestamptz is null or at < @To)
             and (@At::timestamptz is null or (at, id) < (@At, @Id)) order by at desc, id desc limit @limit)) t
        left join collab.person p on p.tenant = @Tenant and p.id::text = t.actor
        order by t.at desc, t.id desc limit @limit
        """, new
    {
        tx.Tenant, asked.Person, asked.Patient, asked.Team, asked.From, asked.To, limit, before?.At, before?.Id,
        What = string.IsNullOrWhiteSpace(asked.What) ? null : asked.What.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%",
    });
}
