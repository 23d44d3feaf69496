using System.Diagnostics;
using Google.OrTools.Sat;

namespace HealthTeams.Collaboration.RosterPlans.Solver;

/// <param name="Workers">Threads of each search.</param>
/// <param name="Searches">Neighbourhoods searched at once; zero: the whole problem only.</param>
/// <param name="Whole">The share of the time given to the whole problem at most; the rest goes to its neighbourhoods.</param>
public sealed record SolveSettings(TimeSpan Time, int Workers = 8, int Seed = 1, int Searches = 2, double Whole = 0.7);

/// <summary>
/// Finds rosters, each better than the one before, until it proves the best, is stopped or the time is over. First the whole
/// problem by CP-SAT, which also gives the bound; then large neighbourhoods of the best so far: some people, or some days, are
/// planned anew while the rest stays.
/// </summary>
public sealed class RosterSolver(RosterProblem problem, SolveSettings settings, Action<RosterFound>? found = null)
{
    private const int AtOnce = 4;
    private readonly Lock gate = new();
    private readonly Stopwatch watch = new();
    private RosterFound? best;
    private long bound;
    private TimeSpan moved;

    /// <returns>Null: no roster keeps the hard rules, or none was found in the time.</returns>
    public RosterFound? Solve(RosterCells? from, CancellationToken stop)
    {
        watch.Start();
        PersonByPerson(from, stop);
        if (!Large && !stop.IsCancellationRequested) Whole(best?.Cells ?? from, stop);
        if (best is null || best.Best || stop.IsCancellationRequested) return best;
        var threads = Enumerable.Range(0, settings.Searches).Select(n => Task.Factory.StartNew(() => Neighbourhoods(n, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        try
        {
            Task.WaitAll(threads, CancellationToken.None);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(i => i is OperationCanceledException))
        {
            // Stopped: the best so far stands.
        }
        return best;
    }

    private TimeSpan Left => settings.Time - watch.Elapsed;

    /// <summary>A whole that is too large to be looked at at once: its relaxation alone would take the time.</summary>
    private bool Large => (long)problem.Members.Count * problem.Days * problem.Kinds.Count > 6000 && settings.Searches > 0;

    /// <summary>A first roster in seconds: a few people at a time, each group on top of those before it.</summary>
    private void PersonByPerson(RosterCells? from, CancellationToken stop)
    {
        var cells = from ?? RosterCells.Empty(problem.Members.Count, problem.Days);
        var each = Math.Clamp(settings.Time.TotalSeconds * 0.3 * AtOnce / problem.Members.Count, 0.2, 2);
        foreach (var few in Enumerable.Range(0, problem.Members.Count).Chunk(AtOnce))
        {
            if (stop.IsCancellationRequested || Few(cells, few, from is not null, each, stop) is not { } next) return;
            cells = next.Cells;
            if (few[^1] == problem.Members.Count - 1) Take(cells, next.Penalty);
        }
    }

    /// <returns>Null: their rules cannot be kept, which makes the whole impossible; or the time is over.</returns>
    private (RosterCells Cells, long Penalty)? Few(RosterCells cells, int[] few, bool hint, double seconds, CancellationToken stop)
    {
        var free = new bool[problem.Members.Count, problem.Days];
        foreach (var m in few) for (var day = 0; day < problem.Days; day++) free[m, day] = true;
        // A busy machine may take longer for a first answer than a good one is worth.
        for (var patience = seconds; patience < Math.Max(seconds * 2, Left.TotalSeconds); patience *= 5)
        {
            var part = new RosterModel(problem, cells, free);
            if (hint) part.Hint(cells);
            using var solver = new CpSolver { StringParameters = FormattableString.Invariant($"num_workers:1,random_seed:{settings.Seed},cp_model_probing_level:0,symmetry_level:0,relative_gap_limit:0.02,max_time_in_seconds:{patience:0.###}") };
            using var ending = stop.Register(solver.StopSearch);
            var status = solver.Solve(part.Model);
            if (status is CpSolverStatus.Optimal or CpSolverStatus.Feasible) return (part.Read(c => solver.BooleanValue(c)), (long)Math.Round(solver.ObjectiveValue));
            if (status != CpSolverStatus.Unknown || stop.IsCancellationRequested) return null;
        }
        return null;
    }

    private void Whole(RosterCells? from, CancellationToken stop)
    {
        var model = new RosterModel(problem);
        if (from is not null) model.Hint(from);
        var seconds = settings.Searches == 0 ? Left.TotalSeconds : Math.Max(1, settings.Time.TotalSeconds * settings.Whole);
        using var solver = new CpSolver { StringParameters = FormattableString.Invariant($"num_workers:{settings.Workers},random_seed:{settings.Seed},max_time_in_seconds:{seconds:0.###}") };
        using var callback = new Improvement(this, model, stop);
        using var ending = stop.Register(solver.StopSearch);
        // Where it gets no further, neighbourhoods do.
        var patience = TimeSpan.FromSeconds(Math.Max(3, settings.Time.TotalSeconds * 0.3));
        var (over, ringing) = (false, new Lock());
        using var stuck = new Timer(_ => { lock (ringing) if (!over && settings.Searches > 0 && best is not null && watch.Elapsed - moved > patience) solver.StopSearch(); }, null, patience, TimeSpan.FromMilliseconds(500));
        solver.SetBestBoundCallback(b => Raise((long)Math.Ceiling(b - 1e-6)));
        var status = solver.Solve(model.Model, callback);
        // The timer may ring once more, and must not stop what is being put away.
        lock (ringing) over = true;
        if (status is CpSolverStatus.Optimal or CpSolverStatus.Feasible)
        {
            Raise((long)Math.Ceiling(solver.BestObjectiveBound - 1e-6));
            Take(model.Read(c => solver.BooleanValue(c)), (long)Math.Round(solver.ObjectiveValue));
        }
    }

    private void Neighbourhoods(int thread, CancellationToken stop)
    {
        var random = new Random(settings.Seed * 1000 + thread);
        // As many days of people as are planned anew within a second or so.
        var size = Math.Min(0.25, 120.0 / (problem.Members.Count * problem.Days));
        var sizes = new double[] { size, size, size };
        for (var round = 0; Left > TimeSpan.FromMilliseconds(200) && !stop.IsCancellationRequested && !best!.Best; round++)
        {
            var way = random.Next(sizes.Length);
            var free = RosterNeighbours.Choose(problem, best!.Cells, way, sizes[way], random);
            var status = Again(free, random.Next(1, int.MaxValue), stop);
            sizes[way] = Math.Clamp(status == CpSolverStatus.Optimal ? sizes[way] * 1.05 : status == CpSolverStatus.Feasible || status == CpSolverStatus.Unknown ? sizes[way] * 0.92 : sizes[way], 0.01, 0.9);
        }
    }

    /// <summary>Everything that is not free stays as it is; only something better is looked for.</summary>
    private CpSolverStatus Again(bool[,] free, int seed, CancellationToken stop)
    {
        var start = best!;
        var part = new RosterModel(problem, start.Cells, free);
        part.Hint(start.Cells);
        using var solver = new CpSolver { StringParameters = FormattableString.Invariant($"num_workers:1,random_seed:{seed},cp_model_probing_level:0,symmetry_level:0,max_time_in_seconds:{Math.Max(0.1, Math.Min(3, Left.TotalSeconds)):0.###}") };
        using var ending = stop.Register(solver.StopSearch);
        var status = solver.Solve(part.Model);
        if (status is CpSolverStatus.Optimal or CpSolverStatus.Feasible) Take(part.Read(c => solver.BooleanValue(c)), (long)Math.Round(solver.ObjectiveValue));
        return status;
    }

    private void Take(RosterCells cells, long penalty)
    {
        lock (gate)
        {
            if (best is not null && penalty > best.Penalty) return;
            var better = best is null || penalty < best.Penalty;
            var next = new RosterFound(cells, penalty, bound, better ? watch.Elapsed : best!.At);
            best = next;
            if (better) moved = watch.Elapsed;
            if (better) found?.Invoke(next);
        }
    }

    private void Raise(long to)
    {
        lock (gate)
        {
            if (to <= bound) return;
            (bound, moved) = (to, watch.Elapsed);
            if (best is null) return;
            best = best with { Bound = bound };
            found?.Invoke(best);
        }
    }

    private sealed class Improvement(RosterSolver of, RosterModel model, CancellationToken stop) : CpSolverSolutionCallback
    {
        public override void OnSolutionCallback()
        {
            of.Raise((long)Math.Ceiling(BestObjectiveBound() - 1e-6));
            of.Take(model.Read(BooleanValue), (long)Math.Round(ObjectiveValue()));
            if (stop.IsCancellationRequested) StopSearch();
        }
    }
}
