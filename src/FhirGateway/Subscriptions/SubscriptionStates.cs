using Dapper;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>What the server itself does to subscriptions: active after the handshake, error when given up, off at the end.</summary>
internal sealed class SubscriptionStates(Db db, SubscriptionStatus status, SubscriptionSettings settings)
{
    public const string OffAfterError = "Switched off: it was in error for too long.";

    /// <returns>False when somebody else changed it meanwhile.</returns>
    public Task<bool> Activate(int tenant, string id, int claim, CancellationToken stop) => Change(tenant, id, """
        update fhir.subscription set state = 'active', attempts = 0, failing_since = null, error = null, due = @Now
        where tenant = @Tenant and id = @id and claim = @claim and state = 'requested'
        """, claim, "active", null, stop);

    /// <param name="claim">The lease it is said under; null: whoever is at it loses theirs.</param>
    public Task<bool> Fail(int tenant, string id, int? claim, string why, CancellationToken stop) => Change(tenant, id, """
        update fhir.subscription set state = 'error', error = @said, failing_since = coalesce(failing_since, @Now), claim = claim + 1
        where tenant = @Tenant and id = @id and (@claim::int is null or claim = @claim) and state in ('requested', 'active')
        """, claim, "error", why, stop);

    /// <returns>How many were at their end.</returns>
    public async Task<int> End(CancellationToken stop)
    {
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        var now = db.Clock.GetUtcNow();
        var over = (await connection.QueryAsync<(int Tenant, string Id, bool InError)>(new CommandDefinition("""
            select tenant, id, false from fhir.subscription where ends_at <= @now and state <> 'off'
            union all
            select tenant, id, true from fhir.subscription where state = 'error' and failing_since <= @long
            limit 100
            """, new { now, @long = now - settings.GiveUpAfter - settings.KeepEvents }, cancellationToken: stop))).AsList();
        foreach (var (tenant, id, inError) in over)
        {
            await Change(tenant, id, """
                update fhir.subscription set state = 'off', claim = claim + 1, sent = last
                where tenant = @Tenant and id = @id and state <> 'off' and (ends_at <= @Now or state = 'error')
                """, null, "off", inError ? OffAfterError : null, stop);
        }
        return over.Count;
    }

    private Task<bool> Change(int tenant, string id, string sql, int? claim, string state, string? said, CancellationToken stop) =>
        db.In(tenant, Actor.Product, async tx =>
        {
            await SubscriptionStatus.Lock(tx, id);
            if (await tx.Execute(sql, new { tx.Tenant, tx.Now, id, claim, said }) == 0) return false;
            await status.Project(tx, id, state, said);
            return true;
        }, stop);
}
