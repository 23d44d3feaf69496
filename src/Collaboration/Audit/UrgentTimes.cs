namespace HealthTeams.Collaboration.Audit;

/// <summary>How long messages that ring took in one team, in seconds. Medians and 90th percentiles of what was read and acknowledged.</summary>
public sealed record UrgentTime
{
    public string Team { get; init; } = "";
    public long Sent { get; init; }
    public long Read { get; init; }
    public long Acknowledged { get; init; }
    public double? ReadHalf { get; init; }
    public double? ReadMost { get; init; }
    public double? AcknowledgedHalf { get; init; }
    public double? AcknowledgedMost { get; init; }
}

/// <summary>Time to read and to acknowledge, per team (AU-06). Numbers only: no patient, no person, no text.</summary>
public sealed class UrgentTimes(Db db)
{
    /// <param name="priority">"urgent" or "important".</param>
    public Task<IReadOnlyList<UrgentTime>> Of(Caller caller, string priority, DateTimeOffset from, DateTimeOffset to, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<UrgentTime>("""
        select coalesce(t.name, '') as Team, count(*) as Sent, count(d.read_at) as Read, count(d.acknowledged_at) as Acknowledged,
          percentile_cont(0.5) within group (order by extract(epoch from d.read_at - d.sent_at)) filter (where d.read_at is not null) as ReadHalf,
          percentile_cont(0.9) within group (order by extract(epoch from d.read_at - d.sent_at)) filter (where d.read_at is not null) as ReadMost,
          percentile_cont(0.5) within group (order by extract(epoch from d.acknowledged_at - d.sent_at)) filter (where d.acknowledged_at is not null) as AcknowledgedHalf,
          percentile_cont(0.9) within group (order by extract(epoch from d.acknowledged_at - d.sent_at)) filter (where d.acknowledged_at is not null) as AcknowledgedMost
        from collab.message_delivery d
        join collab.message m on m.tenant = d.tenant and m.id = d.message
        left join collab.message_raised r on r.tenant = d.tenant and r.message = d.message
        left join collab.conversation c on c.tenant = m.tenant and c.id = m.conversation
        left join lateral (select x.team from collab.team_member x where x.tenant = d.tenant and x.person = d.recipient and coalesce(r.team, c.team) is null order by x.since, x.team limit 1) w on true
        left join collab.team t on t.tenant = d.tenant and t.id = coalesce(r.team, c.team, w.team)
        where d.tenant = @Tenant and d.priority = @priority and d.sent_at >= @from and d.sent_at < @to
        group by coalesce(t.name, '') order by lower(coalesce(t.name, ''))
        """, new { tx.Tenant, priority, from, to }), stop);
}
