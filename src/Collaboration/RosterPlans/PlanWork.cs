using System.Text.Json;
using Dapper;
using HealthTeams.Collaboration.RosterPlans.Solver;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthTeams.Collaboration.RosterPlans;

/// <summary>
/// Runs plans, as many at once as the installation allows. A claim is a lease; each better roster is kept in PostgreSQL within a
/// second, so stopping, a crash or a restart loses nothing: a plan whose worker died ends with its best so far.
/// </summary>
internal sealed class PlanWork(Db db, PlanLimits limits, Wake wake, ILogger<PlanWork> log) : BackgroundService
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, limits.Plans).Select(_ => Endless.Run("Roster plans", Round, log, stoppingToken)));

    private sealed record Claimed(int Tenant, Guid Id, Guid Team, int Claim, bool Again);

    private async Task Round(CancellationToken stop)
    {
        var rung = wake.Soon;
        if (await Take(stop) is not { } plan) await wake.Wait(rung, Poll, stop);
        else if (plan.Again) await End(plan, "stopped", "interrupted");
        else await Run(plan, stop);
    }

    /// <summary>The oldest that waits, or one whose lease ran out.</summary>
    private async Task<Claimed?> Take(CancellationToken stop)
    {
        var now = db.Clock.GetUtcNow();
        await using var connection = await db.Worker.OpenConnectionAsync(stop);
        return await connection.QuerySingleOrDefaultAsync<Claimed>(new CommandDefinition("""
            with head as (
              select tenant, id, state from collab.roster_plan where state in ('queued', 'running') and due <= @now
              order by due limit 1 for update skip locked)
            update collab.roster_plan p set state = 'running', due = @until, claim = p.claim + 1, started_at = coalesce(p.started_at, @now), version = p.version + 1
            from head where p.tenant = head.tenant and p.id = head.id
            returning p.tenant, p.id, p.team, p.claim, head.state = 'running' as Again
            """, new { now, until = now + Lease }, cancellationToken: stop));
    }

    private async Task Run(Claimed claimed, CancellationToken stop)
    {
        var facts = await db.In(claimed.Tenant, Actor.Product, async tx => await Plans.Find(tx, claimed.Team, claimed.Id) is { } plan && await ShiftAccess.Schedule(tx, claimed.Team) is { } schedule
            ? await PlanFacts.Load(tx, new ShiftPlace(new Teams.Standing(claimed.Team, "", Teams.TeamRole.Owner, false), schedule, true), plan) : null, stop);
        if (facts is null) return;
        if (facts.People.Count == 0 || facts.Shifts.Count == 0)
        {
            await End(claimed, "failed", "nobody");
            return;
        }
        await Stood(claimed, facts, stop);
        RosterFound? latest = null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var problem = PlanProblem.Of(facts);
        var solver = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(facts.Plan.Seconds), limits.Workers), found => Volatile.Write(ref latest, found));
        var from = await From(claimed, facts, stop);
        var search = Task.Factory.StartNew(() => solver.Solve(from, ending.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await Follow(claimed, facts, search, () => Volatile.Read(ref latest), ending, stop);
        }
        finally
        {
            // Whatever went wrong here, nobody waits for the search any more.
            await ending.CancelAsync();
        }
    }

    /// <summary>The roster may move on while this is solved, and before it is laid: its cells are of the roster of now.</summary>
    private async Task Stood(Claimed plan, PlanFacts facts, CancellationToken stop) => await db.In(plan.Tenant, Actor.Product, tx => tx.Execute(
        "update collab.roster_plan set ask = @ask::jsonb where tenant = @Tenant and id = @Id and claim = @Claim and state = 'running'",
        new { tx.Tenant, plan.Id, plan.Claim, ask = JsonSerializer.Serialize(facts.Ask with { Shifts = facts.Plan.Illness ? [.. facts.Shifts] : facts.Ask.Shifts, Stood = [.. facts.Movable.Keys] }, JsonSerializerOptions.Web) }), stop);

    private async Task Follow(Claimed claimed, PlanFacts facts, Task<RosterFound?> search, Func<RosterFound?> latest, CancellationTokenSource ending, CancellationToken stop)
    {
        RosterFound? kept = null;
        var asked = false;
        while (!search.IsCompleted)
        {
            await Task.WhenAny(search, Task.Delay(Step, CancellationToken.None));
            var now = latest();
            var step = await Keep(claimed, facts, now is not null && now != kept ? now : null);
            kept = now;
            if (step is null or true) await ending.CancelAsync();
            // Taken by another worker, or gone: nothing more is written.
            if (step is null) return;
            asked |= step.Value;
        }
        var best = await search;
        if (best is not null && best != kept) await Keep(claimed, facts, best);
        // Orderly stop of the server: what was found is kept, and said to be cut short.
        if (stop.IsCancellationRequested) await End(claimed, "stopped", "interrupted");
        else if (best is null) await End(claimed, asked ? "stopped" : "failed", asked ? "stopped" : "impossible");
        else await End(claimed, asked ? "stopped" : "done", asked ? "stopped" : best.Best ? "best" : "time");
    }

    /// <summary>What the search starts from: the plan it goes on from, or what stands in drafts.</summary>
    private async Task<RosterCells?> From(Claimed claimed, PlanFacts facts, CancellationToken stop)
    {
        var parent = facts.Plan.Parent is { } id ? await db.In(claimed.Tenant, Actor.Product, tx => Plans.Find(tx, claimed.Team, id), stop) : null;
        var cells = parent is { CellsJson: not null } && parent.First == facts.Plan.First ? parent.Cells : facts.Movable.Keys.Where(c => c.Person != facts.Ask.Ill).ToList();
        return cells.Count == 0 ? null : PlanProblem.Cells(facts, cells);
    }

    /// <returns>Whether to stop was asked for; null: no longer this worker's.</returns>
    private Task<bool?> Keep(Claimed plan, PlanFacts facts, RosterFound? better) => db.In<bool?>(plan.Tenant, Actor.Product, async tx =>
    {
        var stop = await tx.Query<bool>("""
            update collab.roster_plan set due = @until, penalty = coalesce(@penalty, penalty), bound = coalesce(@bound, bound), cells = coalesce(@cells::jsonb, cells), found = found + @one
            where tenant = @Tenant and id = @Id and claim = @Claim and state = 'running' returning stop_asked
            """, new { tx.Tenant, plan.Id, plan.Claim, until = tx.Now + Lease, penalty = better?.Penalty, bound = better?.Bound, cells = better is null ? null : RosterPlan.Write(PlanProblem.Cells(facts, better.Cells)), one = better is null ? 0 : 1 });
        if (better is not null && stop.Count > 0) tx.Publish("roster.better", $"roster-plan/{plan.Id}");
        return stop.Count == 0 ? null : stop[0];
    }, CancellationToken.None);

    private Task End(Claimed plan, string state, string why) => db.In(plan.Tenant, Actor.Product, async tx =>
    {
        await tx.Execute("update collab.roster_plan set state = @state, why = @why, ended_at = @Now, version = version + 1 where tenant = @Tenant and id = @Id and claim = @Claim and state = 'running'",
            new { tx.Tenant, tx.Now, plan.Id, plan.Claim, state, why });
        tx.Publish("roster.ended", $"roster-plan/{plan.Id}");
    }, CancellationToken.None);
}
