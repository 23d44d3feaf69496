using HealthTeams.Platform.Tenants;

namespace HealthTeams.Collaboration.Visits;

/// <summary>One line of the clinic's day.</summary>
public sealed record VisitRow
{
    public Guid Id { get; init; }
    public VisitStatus Status { get; init; }
    public DateTimeOffset? StartAt { get; init; }
    public DateTimeOffset? EndAt { get; init; }
    public DateTimeOffset? ArrivedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? Reason { get; init; }
    public string? Service { get; init; }
    public string? Location { get; init; }

    public string? Family { get; init; }
    public string? Given { get; init; }

    /// <summary>"BARLOW, Ada".</summary>
    public string Patient => new People.Person { Kind = People.PersonKind.Patient, Family = Family, Given = Given }.Display;
    public People.PatientFacts Facts => new(Patient, BirthDate, Gender, PatientIdentifier);
    public Guid? PatientId { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }

    /// <summary>The record number, said to be one only where the source says so: "MRN 1001".</summary>
    public string? PatientIdentifier { get; init; }
    public string Clinicians { get; init; } = "";
    public bool Mine { get; init; }
    public bool FromEhr { get; init; }
    public int WaitingCount { get; init; }
    public DateTimeOffset? WaitingSince { get; init; }
    public string? WaitingNames { get; init; }
    public bool NoShowProposed { get; init; }
}

/// <summary>A hospital's day in its own time zone.</summary>
public sealed record VisitDay
{
    public DateOnly Day { get; init; }
    public string TimeZone { get; init; } = "UTC";
    public DateTimeOffset Now { get; init; }
    public IReadOnlyList<VisitRow> Visits { get; init; } = [];
}

/// <summary>The clinic queue: a day's visits, who waits and how long. One query, whatever the day's length.</summary>
public sealed class VisitLists(Db db, TenantDirectory tenants, Platform.Audit.AccessLog audit)
{
    /// <summary>Rows shown at most; a longer day says so by its last row's time.</summary>
    public const int Limit = 1000;

    public async Task<VisitDay> Day(Caller caller, DateOnly? day, bool mine, string? search, CancellationToken stop)
    {
        var tenant = (await tenants.Find(caller.Tenant, stop))!;
        var zone = tenant.Zone;
        var now = db.Clock.GetUtcNow();
        var shown = day ?? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        var from = Midnight(shown, zone);
        var rows = await db.In(caller.Tenant, caller.Actor, tx => Rows(tx, caller, """
            v.start_at >= @from and v.start_at < @to
              and (not @mine or exists (select from collab.visit_clinician c where c.tenant = v.tenant and c.visit = v.id and c.person = @Person))
              and (@search is null or p.family ilike @search or p.given ilike @search
                or exists (select from collab.person_identifier i where i.tenant = v.tenant and i.person = p.id and i.value ilike @search))
            """, new
        {
            tx.Tenant, tx.Now, from, to = Midnight(shown.AddDays(1), zone), mine, caller.Person,
            search = string.IsNullOrWhiteSpace(search) ? null : Like(search),
        }), stop);
        await audit.Record(new(caller.Tenant, now, caller.Actor, "list", $"visits/{shown:yyyy-MM-dd}", null, 200), stop);
        return new VisitDay { Day = shown, TimeZone = tenant.TimeZone, Now = now, Visits = rows };
    }

    /// <summary>How many people wait in the clinic now: a count for the navigation, nobody's data.</summary>
    public Task<int> Waiting(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Scalar<int>(
        "select count(*)::int from collab.participant where tenant = @Tenant and state = 'Waiting' and connected_until > @Now", new { tx.Tenant, tx.Now }), stop);

    public async Task<VisitRow?> Find(Caller caller, Guid visit, CancellationToken stop)
    {
        var row = await db.In(caller.Tenant, caller.Actor, async tx =>
            (await Rows(tx, caller, "v.id = @visit", new { tx.Tenant, tx.Now, caller.Person, visit })).SingleOrDefault(), stop);
        if (row is not null) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "view", $"visit/{visit}", row.PatientId is { } p ? $"person/{p}" : null, 200), stop);
        return row;
    }

    internal static async Task<List<VisitRow>> Rows(Tx tx, Caller caller, string where, object args)
    {
        var rows = (await tx.Query<VisitRow>($"""
            select v.id, v.status, v.start_at as StartAt, v.end_at as EndAt, v.arrived_at as ArrivedAt, v.started_at as StartedAt,
              v.finished_at as FinishedAt, v.reason, v.service, v.location, v.patient as PatientId,
              p.family, p.given, p.gender, p.birth_date as BirthDate,
              {People.PatientFacts.IdentifierSql} as PatientIdentifier,
              coalesce((select string_agg(concat_ws(' ', s.title, s.given, s.family), ', ' order by s.family)
               from collab.visit_clinician c join collab.person s on s.tenant = c.tenant and s.id = c.person
               where c.tenant = v.tenant and c.visit = v.id), '') as Clinicians,
              exists (select from collab.visit_clinician c where c.tenant = v.tenant and c.visit = v.id and c.person = @Person) as Mine,
              exists (select from collab.visit_key k where k.tenant = v.tenant and k.visit = v.id) as FromEhr,
              coalesce(w.count, 0)::int as WaitingCount, w.since as WaitingSince, w.names as WaitingNames
            from collab.visit v
            left join collab.person p on p.tenant = v.tenant and p.id = v.patient
            left join lateral (
              select count(*) as count, min(w.waiting_since) as since, string_agg(w.display, ', ' order by w.waiting_since) as names
              from collab.participant w
              where w.tenant = v.tenant and w.visit = v.id and w.state = 'Waiting' and w.connected_until > @Now) w on true
            where v.tenant = @Tenant and {where}
            order by v.start_at nulls last, v.id
            limit {Limit}
            """, args)).ToList();
        return [.. rows.Select(r => r with { NoShowProposed = VisitRules.NoShowProposed(r.Status, r.StartAt, tx.Now) })];
    }

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static string Like(string search) =>
        "%" + search.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}
