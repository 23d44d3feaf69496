namespace HealthTeams.FhirGateway.Ehr;

/// <summary>How writing to an EHR went last.</summary>
public sealed record EhrHealthRow
{
    public Guid Ehr { get; init; }
    public DateTimeOffset? OkAt { get; init; }
    public DateTimeOffset? FailedAt { get; init; }
    public string? Error { get; init; }

    /// <summary>The newest word was a failure.</summary>
    public bool Failing => FailedAt is not null && !(OkAt > FailedAt);
}

/// <summary>Kept per EHR for the administration's table; no patient, no visit.</summary>
public sealed class EhrHealth(Db db)
{
    public async Task<IReadOnlyDictionary<Guid, EhrHealthRow>> All(int tenant, CancellationToken stop) =>
        (await db.In(tenant, Actor.Product, tx => tx.Query<EhrHealthRow>(
            "select ehr, ok_at as OkAt, failed_at as FailedAt, error from fhir.ehr_health where tenant = @Tenant", new { tx.Tenant }), stop)).ToDictionary(r => r.Ehr);

    internal Task Keep(int tenant, Guid ehr, Problem? problem, CancellationToken stop) => db.In(tenant, Actor.Product, tx => tx.Execute("""
        insert into fhir.ehr_health as h (tenant, ehr, ok_at, failed_at, error)
        values (@Tenant, @ehr, case when @error::text is null then @Now end, case when @error::text is not null then @Now end, @error)
        on conflict (tenant, ehr) do update
        set ok_at = coalesce(excluded.ok_at, h.ok_at), failed_at = coalesce(excluded.failed_at, h.failed_at), error = coalesce(excluded.error, h.error)
        """, new { tx.Tenant, ehr, tx.Now, error = problem?.Detail }), stop);
}
