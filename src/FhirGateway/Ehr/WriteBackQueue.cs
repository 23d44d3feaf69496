namespace HealthTeams.FhirGateway.Ehr;

/// <summary>Something that an EHR is still to be told, or was given up.</summary>
public sealed record WriteBackRow
{
    public long Seq { get; init; }

    /// <summary>What happened to the visit: "visit.arrived" and the like.</summary>
    public string Kind { get; init; } = "";
    public Guid Visit { get; init; }
    public DateTimeOffset? Start { get; init; }
    public DateTimeOffset At { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset Due { get; init; }
    public DateTimeOffset? ParkedAt { get; init; }
    public string? Error { get; init; }
    public bool GivenUp => ParkedAt is not null;
}

/// <summary>What waits for a hospital's EHRs, for those who administer it: no patient is named (EHR-07).</summary>
public sealed class WriteBackQueue(Db db)
{
    public const int Most = 200;

    public async Task<IReadOnlyList<WriteBackRow>> List(int tenant, CancellationToken stop) =>
        await db.In(tenant, Actor.Product, tx => tx.Query<WriteBackRow>("""
            select d.seq, e.kind, substring(e.subject from 7)::uuid as Visit, v.start_at as Start, e.at, d.attempts, d.due, d.parked_at as ParkedAt, d.error
            from platform.delivery d
            join platform.event e on e.tenant = d.tenant and e.id = d.event
            left join collab.visit v on v.tenant = d.tenant and v.id = substring(e.subject from 7)::uuid
            where d.tenant = @Tenant and d.consumer = @consumer and e.subject like 'visit/%'
            order by (d.parked_at is null), d.seq
            limit @Most
            """, new { tx.Tenant, consumer = VisitWriteBack.Consumer, Most }), stop);

    /// <summary>What was given up runs again: one of them, or all of this hospital's.</summary>
    public Task<int> Retry(Caller caller, long? seq, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var again = await tx.Execute("""
            update platform.delivery set parked_at = null, attempts = 0, due = @Now, error = null
            where tenant = @Tenant and consumer = @consumer and parked_at is not null and (@seq::bigint is null or seq = @seq)
            """, new { tx.Tenant, tx.Now, consumer = VisitWriteBack.Consumer, seq });
        if (again > 0) tx.Publish("delivery.retried", $"delivery/{seq?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "all"}", null, new { again });
        return again;
    }, stop);
}
