using Dapper;
using HealthTeams.Platform.Audit;
using Microsoft.Extensions.Logging;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>One subscription's turn: handshake, notices in order, heartbeat; then the lease is given back.</summary>
internal sealed class Lane(Db db, RestHook hook, SubscriptionStates states, SubscriptionSettings settings, AccessLog audit, ILogger<Lane> log)
{
    private const int Page = 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    public async Task Run(Subscribed s, CancellationToken stop)
    {
        try
        {
            if (s.State == "requested") await Handshake(s, stop);
            else if (s.Sent < s.Last) await Notify(s, stop);
            else await Beat(s, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped in mid-delivery: the next to start goes on at once, from what was noted.
            await Settle(s, "due = @now");
        }
    }

    private async Task Handshake(Subscribed s, CancellationToken stop)
    {
        if (await hook.Send(s, "handshake", [], stop) is not { } problem) await states.Activate(s.Tenant, s.Id, s.Claim, CancellationToken.None);
        else if (s.Attempts + 1 >= settings.HandshakeAttempts) await states.Fail(s.Tenant, s.Id, s.Claim, $"The handshake failed: {problem.Detail}", CancellationToken.None);
        else await Later(s, problem);
    }

    private async Task Notify(Subscribed s, CancellationToken stop)
    {
        var sent = s.Sent;
        var attempts = s.Attempts;
        while (true)
        {
            var page = await db.In(s.Tenant, Actor.Product, tx => Notice.Between(tx, s, sent, long.MaxValue, Math.Max(Page, s.MaxCount), s.Content == "full-resource"), stop);
            if (page.Count == 0)
            {
                await Settle(s, "due = @now");
                return;
            }
            foreach (var some in page.Chunk(s.Topic is null ? 1 : s.MaxCount))
            {
                // Its number never comes again: what follows would be taken for it.
                if (some[0].Number != sent + 1) log.LogError("Subscription/{Subscription} has no notice {Number}", s.Id, sent + 1);
                if (await hook.Send(s, "event-notification", some, stop) is { } problem)
                {
                    await Later(s with { Attempts = attempts, FailingSince = attempts == 0 ? null : s.FailingSince }, problem);
                    return;
                }
                sent = some[^1].Number;
                attempts = 0;
                if (!await Settle(s, "sent = @sent, due = @until, attempts = 0, failing_since = null, error = null, beat_at = @beat", sent)) return;
                await Notice.Recorded(audit, db, s, s.Rights.Actor, some);
            }
        }
    }

    private async Task Beat(Subscribed s, CancellationToken stop)
    {
        if (await hook.Send(s, "heartbeat", [], stop) is { } problem) await Later(s, problem);
        else await Settle(s, "due = @now, attempts = 0, failing_since = null, error = null, beat_at = @beat");
    }

    /// <summary>1 s, 2 s, 4 s ... 15 min, for days; then the status says what is wrong and the notices wait.</summary>
    private async Task Later(Subscribed s, Problem problem)
    {
        var now = db.Clock.GetUtcNow();
        var since = s.FailingSince ?? now;
        log.LogWarning("Subscription/{Subscription}: attempt {Attempt} failed: {Status} {Reason}", s.Id, s.Attempts + 1, problem.Status, problem.Code);
        if (problem.Status == 410 || now - since >= settings.GiveUpAfter)
        {
            await states.Fail(s.Tenant, s.Id, s.Claim, $"Given up after {s.Attempts + 1} attempts since {since:u}: {problem.Detail}", CancellationToken.None);
            return;
        }
        var wait = TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(s.Attempts, 20))));
        await Settle(s, "due = @later, attempts = @attempts, failing_since = @since, error = @error", attempts: s.Attempts + 1, since: since, later: now + wait, error: problem.Detail);
    }

    /// <summary>Never cancelled: what was sent is not sent again for want of a note.</summary>
    /// <returns>False when the lease was lost: somebody changed the subscription, or another worker has it.</returns>
    private async Task<bool> Settle(Subscribed s, string set, long sent = 0, int attempts = 0, DateTimeOffset? since = null, DateTimeOffset? later = null, string? error = null)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteAsync($"update fhir.subscription set {set} where tenant = @Tenant and id = @Id and claim = @Claim", new
        {
            s.Tenant, s.Id, s.Claim, now, sent, attempts, since, later, error, until = now + Lanes.Lease, beat = s.Heartbeat is { } beat ? now.AddSeconds(beat) : (DateTimeOffset?)null,
        }) == 1;
    }
}
