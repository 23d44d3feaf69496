using System.Text.Json;
using Dapper;
using HealthTeams.SmartLauncher.Callers;
using HealthTeams.SmartLauncher.Ehrs;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>What came of a trial: who came, with which rights and which context; or why it failed.</summary>
public sealed record TrialOutcome
{
    public string? Code { get; init; }
    public string? Detail { get; init; }
    public string? EhrSays { get; init; }
    public string? User { get; init; }
    public string? Role { get; init; }
    public string? Scope { get; init; }
    public string? Patient { get; init; }
    public IReadOnlyList<string> Records { get; init; } = [];
    public int Visits { get; init; }
    public bool Ok => Code is null;
}

/// <summary>A trial as the registration's page shows it.</summary>
public sealed record Trial(Guid Id, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, TrialOutcome? Outcome);

/// <summary>
/// An administrator's trial of a launch: the real way to the EHR and back, and at its end its result on the registration's
/// page instead of a seat. Nothing of it is stored but that; its tokens are given back.
/// </summary>
public sealed class TrialLaunches(Db db, EhrRegistry ehrs, EhrDiscovery discovery, EhrTokenCall call)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <returns>Where the browser goes; the token in it works once.</returns>
    public async Task<string> Start(Caller caller, Ehr ehr, CancellationToken stop)
    {
        var token = Secrets.New();
        await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var id = tx.NewId();
            // Until the launch has its state, the row is known by the token.
            await tx.Execute("""
                delete from auth.ehr_trial where tenant = @Tenant and started_at < @old;
                insert into auth.ehr_trial (tenant, id, ehr, person, state_hash, started_at) values (@Tenant, @id, @ehr, @person, @hash, @Now)
                """, new { tx.Tenant, id, ehr = ehr.Id, person = caller.Person, hash = Secrets.Hash(token), tx.Now, old = tx.Now - TimeSpan.FromDays(30) });
            tx.Publish("ehr.trial-started", $"ehr/{ehr.Id}");
        }, stop);
        return $"/launch?iss={Uri.EscapeDataString(ehr.Iss)}&trial={token}";
    }

    public async Task<Trial?> Latest(int tenant, Guid ehr, CancellationToken stop)
    {
        var row = await db.In(tenant, Actor.Product, tx => tx.OneOrNone<Row>("""
            select id, started_at as StartedAt, ended_at as EndedAt, outcome::text as Outcome from auth.ehr_trial
            where tenant = @Tenant and ehr = @ehr order by started_at desc, id desc limit 1
            """, new { tx.Tenant, ehr }), stop);
        return row is null ? null : new Trial(row.Id, row.StartedAt, row.EndedAt, row.Outcome is null ? null : JsonSerializer.Deserialize<TrialOutcome>(row.Outcome));
    }

    /// <summary>The launch that the token asked for has gone to the EHR under this state.</summary>
    internal async Task Gone(string token, string state, CancellationToken stop)
    {
        if (await Find(token, stop) is not { } trial) return;
        await db.In(trial.Tenant, Actor.Product, tx => tx.Execute(
            "update auth.ehr_trial set state_hash = @state where tenant = @Tenant and id = @Id and state_hash = @token",
            new { tx.Tenant, trial.Id, state = Secrets.Hash(state), token = Secrets.Hash(token) }), stop);
    }

    /// <param name="key">The token of a trial that did not begin, or the state of one that is answered.</param>
    internal async Task<RunningTrial?> Find(string key, CancellationToken stop)
    {
        if (key.Length is 0 or > 200) return null;
        await using var connection = await db.App.OpenConnectionAsync(stop);
        return await connection.QuerySingleOrDefaultAsync<RunningTrial>(new CommandDefinition(
            "select tenant, id from auth.ehr_trial_by_state(@hash)", new { hash = Secrets.Hash(key) }, cancellationToken: stop));
    }

    /// <returns>The page that shows it.</returns>
    internal async Task<string> End(RunningTrial trial, Outcome<Arrival> answer, LaunchTrace trace, CancellationToken stop)
    {
        var outcome = answer.Ok ? Of(answer.Value) : new TrialOutcome { Code = answer.Problem.Code, Detail = answer.Problem.Detail, EhrSays = trace.EhrSays };
        var ehr = await db.In(trial.Tenant, Actor.Product, async tx =>
        {
            var of = await tx.Scalar<Guid>("""
                update auth.ehr_trial set ended_at = @Now, outcome = @outcome::jsonb where tenant = @Tenant and id = @Id and started_at > @since returning ehr
                """, new { tx.Tenant, tx.Now, trial.Id, outcome = JsonSerializer.Serialize(outcome), since = tx.Now - Lifetime });
            if (of != default) tx.Publish("ehr.trial-ended", $"ehr/{of}", null, new { code = outcome.Code });
            return of;
        }, stop);
        if (answer.Ok && await ehrs.Get(trial.Tenant, answer.Value.Ehr, stop) is { } of && await discovery.Find(answer.Value.IssUsed, stop) is { Ok: true, Value: var at })
        {
            // Given back as far as the EHR takes it; what it does not take ends by itself.
            if (answer.Value.Tokens.Refresh is { } refresh) await call.Revoke(of, at, refresh, "refresh_token", stop);
            await call.Revoke(of, at, answer.Value.Tokens.Access, "access_token", stop);
        }
        return ehr == default ? "/admin/ehrs" : $"/admin/ehrs/{ehr}?done=tried#trial";
    }

    private static TrialOutcome Of(Arrival arrival)
    {
        var booking = arrival.Bookings.Count > 0 ? arrival.Bookings[0] : arrival.Fresh;
        return new TrialOutcome
        {
            User = Arrivals.Display(arrival.User), Role = arrival.Role.ToString(), Scope = arrival.Tokens.Scope, Visits = arrival.Bookings.Count,
            // Ids only: the administrator need not see whose record it is.
            Patient = booking?.Patient?.Reference,
            Records = [.. arrival.Bookings.SelectMany(b => b.Keys).Select(k => $"{k.Kind}/{k.Id}").Distinct().Take(10)],
        };
    }

    private sealed record Row
    {
        public Guid Id { get; init; }
        public DateTimeOffset StartedAt { get; init; }
        public DateTimeOffset? EndedAt { get; init; }
        public string? Outcome { get; init; }
    }
}

/// <summary>A trial that is under way.</summary>
internal sealed record RunningTrial
{
    public int Tenant { get; init; }
    public Guid Id { get; init; }
}
