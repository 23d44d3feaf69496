using HealthTeams.Platform.Database;

namespace HealthTeams.Platform.Audit;

public sealed record LegalHold
{
    public Guid Id { get; init; }
    public string Kind { get; init; } = "";
    public Guid Target { get; init; }
    public string Reason { get; init; } = "";
    public DateTimeOffset SetAt { get; init; }
    public string SetBy { get; init; } = "";
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>What must not end while it stands: retention asks platform.held before it deletes for good.</summary>
public sealed class LegalHolds(Db db)
{
    public static readonly IReadOnlyList<string> Kinds = ["person", "patient", "conversation", "team"];

    public Task<IReadOnlyList<LegalHold>> All(Caller caller, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, tx => tx.Query<LegalHold>("""
        select id, kind, target, reason, set_at as SetAt, set_by as SetBy, ended_at as EndedAt from platform.legal_hold where tenant = @Tenant order by ended_at nulls first, set_at desc limit 500
        """, new { tx.Tenant }), stop);

    /// <summary>Setting one that stands changes nothing.</summary>
    public Task<Outcome<bool>> Set(Caller caller, string kind, Guid target, string reason, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (!Kinds.Contains(kind) || target == Guid.Empty) return Problem.Unprocessable("Choose what is held.", "target", "hold-target");
        if (reason.Trim().Length is 0 or > 500) return Problem.Unprocessable("A hold has a reason of 1 to 500 characters.", "reason", "hold-reason");
        var id = tx.NewId();
        if (await tx.Execute("""
            insert into platform.legal_hold (tenant, id, kind, target, reason, set_at, set_by) values (@Tenant, @id, @kind, @target, @reason, @Now, @by)
            on conflict (tenant, kind, target) where ended_at is null do nothing
            """, new { tx.Tenant, tx.Now, id, kind, target, reason = reason.Trim(), by = tx.Actor.Id }) > 0) tx.Publish("hold.set", $"hold/{id}", kind == "patient" ? $"person/{target}" : null, new { kind, target });
        return true;
    }, stop);

    public Task<Outcome<bool>> End(Caller caller, Guid id, CancellationToken stop) => db.In<Outcome<bool>>(caller.Tenant, caller.Actor, async tx =>
    {
        if (await tx.Execute("update platform.legal_hold set ended_at = @Now, ended_by = @by where tenant = @Tenant and id = @id and ended_at is null", new { tx.Tenant, tx.Now, id, by = tx.Actor.Id }) == 0) return Problem.NotFound("This hold has ended already.", "hold-unknown");
        tx.Publish("hold.ended", $"hold/{id}");
        return true;
    }, stop);
}
