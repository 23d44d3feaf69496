using Google.OrTools.Sat;

namespace HealthTeams.Collaboration.RosterPlans.Solver;

/// <summary>
/// A problem as CP-SAT sees it. A person's days are one path through stretches of work and of rest, so that the linear
/// relaxation already knows how long a stretch may be; cover is a sum with too few and too many as numbers.
/// </summary>
internal sealed class RosterModel
{
    private readonly RosterProblem problem;
    private readonly BoolVar?[,,] cells;
    private readonly ILiteral[,] works;
    private readonly RosterCells? around;
    private readonly bool[,]? free;
    private readonly bool[] moves;
    private readonly List<(int Day, int Later, Dictionary<int, HashSet<int>> Never)> clashes;
    private readonly LinearExprBuilder cost = LinearExpr.NewBuilder();
    private readonly BoolVar never;
    private readonly BoolVar always;

    public CpModel Model { get; } = new();

    /// <param name="around">A roster of which only <paramref name="free"/> cells may change; null: the whole problem.</param>
    public RosterModel(RosterProblem problem, RosterCells? around = null, bool[,]? free = null)
    {
        (this.problem, this.around, this.free) = (problem, around, free);
        cells = new BoolVar?[problem.Members.Count, problem.Days, problem.Kinds.Count];
        works = new ILiteral[problem.Members.Count, problem.Days];
        (never, always) = (Model.NewBoolVar("never"), Model.NewBoolVar("always"));
        Model.Add(never == 0);
        Model.Add(always == 1);
        moves = [.. Enumerable.Range(0, problem.Members.Count).Select(m => free is null || Enumerable.Range(0, problem.Days).Any(d => free[m, d]))];
        clashes = [.. problem.Clashes.Where(c => c.Day + c.Later < problem.Days).GroupBy(c => (c.Day, c.Later)).Select(g => (g.Key.Day, g.Key.Later, g.GroupBy(c => c.First).ToDictionary(f => f.Key, f => f.Select(c => c.Then).ToHashSet())))];
        for (var m = 0; m < problem.Members.Count; m++) if (moves[m]) Member(m);
        foreach (var need in problem.Needs) Need(need);
        foreach (var wish in problem.Wishes) Wish(wish);
        foreach (var balance in problem.Balances) Balance(balance);
        Touched();
        Model.Minimize(cost);
    }

    private void Member(int m)
    {
        var who = problem.Members[m];
        for (var day = 0; day < problem.Days; day++) Day(m, who, day);
        Clashes(m);
        foreach (var limit in who.Limits) Limit(m, limit);
        if (who.Busy.Count == 0 && who.Locked.Count == 0 && who.PatternWeight == 0 && who is { MaxRun: > 0, RunBefore: 0, RunAfter: 0 }) Stretches(m, who);
        else Runs(m, who);
        if (who.MaxWeekends is { } most && most < problem.Weekends.Count) Model.AddLinearConstraint(LinearExpr.Sum(problem.Weekends.Select(w => Weekend(m, w))), 0, most);
    }

    private void Day(int m, RosterMember who, int day)
    {
        var locked = free?[m, day] == false ? around![m, day] : who.Locked.TryGetValue(day, out var set) ? set : (int?)null;
        if (who.Busy.Contains(day) || locked is not null)
        {
            if (locked >= 0) cells[m, day, locked.Value] = always;
            works[m, day] = locked >= 0 || who.Busy.Contains(day) ? always : never;
            return;
        }
        var options = new List<ILiteral>();
        for (var kind = 0; kind < problem.Kinds.Count; kind++)
        {
            if (who.Barred.Contains((day, kind))) continue;
            var cell = Model.NewBoolVar("");
            cells[m, day, kind] = cell;
            options.Add(cell);
        }
        if (options.Count <= 1)
        {
            works[m, day] = options.Count == 0 ? never : options[0];
            return;
        }
        var off = Model.NewBoolVar("");
        works[m, day] = off.Not();
        Model.AddExactlyOne(options.Append(off));
    }

    /// <summary>
    /// Work as stretches from one day to another, each of an allowed length and with its rest behind it: the relaxation of one
    /// person's days is exact, which clauses over windows are far from.
    /// </summary>
    private void Stretches(int m, RosterMember who)
    {
        var days = problem.Days;
        var working = Enumerable.Range(0, days).Select(_ => new List<ILiteral>()).ToArray();
        var taking = Enumerable.Range(0, days).Select(_ => new List<ILiteral>()).ToArray();
        for (var from = 0; from < days; from++)
        {
            for (var to = from; to < days && to - from < who.MaxRun && !ReferenceEquals(works[m, to], never); to++)
            {
                if (to - from + 1 < who.MinRun && from > 0 && to < days - 1) continue;
                var stretch = Model.NewBoolVar("");
                for (var day = from; day <= to; day++) working[day].Add(stretch);
                for (var day = from; day <= Math.Min(days - 1, to + Math.Max(1, who.MinOff)); day++) taking[day].Add(stretch);
            }
        }
        for (var day = 0; day < days; day++)
        {
            Model.AddAtMostOne(taking[day]);
            Model.AddExactlyOne(working[day].Append(works[m, day].Not()));
        }
    }

    /// <summary>
    /// What may not follow what, as the largest sets of which one at most can be: with early, late and night, "late or night
    /// today, early tomorrow" is one such set, and tighter than its pairs.
    /// </summary>
    private void Clashes(int m)
    {
        foreach (var (day, later, never) in clashes)
        {
            foreach (var (first, then) in never)
            {
                if (cells[m, day, first] is null) continue;
                var set = never.Where(n => then.IsSubsetOf(n.Value)).Select(n => cells[m, day, n.Key]).Concat(then.Select(t => cells[m, day + later, t])).OfType<BoolVar>().ToList();
                if (set.Count > 1) Model.AddAtMostOne(set);
            }
        }
    }

    private void Limit(int m, RosterLimit limit)
    {
        var sum = LinearExpr.NewBuilder();
        var any = false;
        foreach (var day in limit.Days)
        {
            for (var kind = 0; kind < problem.Kinds.Count; kind++)
            {
                if (cells[m, day, kind] is not { } cell || limit.Kinds?.Contains(kind) == false) continue;
                sum.AddTerm(cell, limit.InMinutes ? problem.Kinds[kind].Minutes[day] : 1);
                any = true;
            }
        }
        if (any) Model.AddLinearConstraint(sum, limit.Min, Math.Max(limit.Min, limit.Max));
    }

    private void Runs(int m, RosterMember who)
    {
        var (last, days) = (problem.Days - 1, problem.Days);
        if (who.MaxRun > 0)
        {
            for (var from = -Math.Min(who.RunBefore, who.MaxRun); from + who.MaxRun < days + Math.Min(who.RunAfter, who.MaxRun); from++)
            {
                var window = Enumerable.Range(from, who.MaxRun + 1).Where(d => d >= 0 && d < days).ToList();
                // What is fixed may be too long already; nothing here can mend it.
                if (window.Count > 0 && !window.All(d => ReferenceEquals(works[m, d], always))) Model.AddBoolOr(window.Select(d => works[m, d].Not()));
            }
        }
        // A stretch that touches an end may go on beyond it.
        for (var length = 1; length < who.MinRun; length++)
        {
            for (var from = 1; from + length <= last; from++)
            {
                Pattern(who, [.. Enumerable.Range(from, length).Select(d => works[m, d].Not()), works[m, from - 1], works[m, from + length]]);
            }
        }
        for (var length = 1; length < who.MinOff; length++)
        {
            for (var from = 1; from + length <= last; from++)
            {
                Pattern(who, [.. Enumerable.Range(from, length).Select(d => works[m, d]), works[m, from - 1].Not(), works[m, from + length].Not()]);
            }
        }
    }

    private void Pattern(RosterMember who, List<ILiteral> any)
    {
        if (who.PatternWeight > 0)
        {
            var broken = Model.NewBoolVar("");
            cost.AddTerm(broken, who.PatternWeight);
            any.Add(broken);
        }
        Model.AddBoolOr(any);
    }

    private BoolVar Weekend(int m, IReadOnlyList<int> days)
    {
        var worked = Model.NewBoolVar("");
        foreach (var day in days) Model.AddImplication(works[m, day], worked);
        Model.AddBoolOr(days.Select(d => works[m, d]).Append(worked.Not()));
        return worked;
    }

    private void Need(RosterNeed need)
    {
        var who = need.Members ?? [.. Enumerable.Range(0, problem.Members.Count)];
        var by = need.By.Where(b => b.Day >= 0 && b.Day < problem.Days).ToList();
        var there = who.Where(m => moves[m]).SelectMany(m => by.Select(b => cells[m, b.Day, b.Kind])).OfType<BoolVar>().ToList();
        var given = need.Given + who.Where(m => !moves[m]).Sum(m => by.Count(b => around![m, b.Day] == b.Kind));
        var sum = LinearExpr.NewBuilder();
        foreach (var cell in there) sum.AddTerm(cell, 1);
        var short_ = Math.Max(0, need.People - given);
        if (need.Under > 0 && short_ > 0)
        {
            var under = Model.NewIntVar(0, short_, "");
            sum.AddTerm(under, 1);
            cost.AddTerm(under, need.Under);
        }
        if (need.Over > 0)
        {
            var over = Model.NewIntVar(0, there.Count + given, "");
            sum.AddTerm(over, -1);
            cost.AddTerm(over, need.Over);
            Model.AddLinearConstraint(sum, need.Under > 0 ? need.People - given : Math.Min(0, need.People - given), need.People - given);
            return;
        }
        Model.AddLinearConstraint(sum, short_, there.Count + short_);
    }

    private void Wish(RosterWish wish)
    {
        if (wish.Weight == 0 || wish.Day < 0 || wish.Day >= problem.Days) return;
        if (!moves[wish.Member])
        {
            if (!RosterScore.Met(wish, around!)) cost.Add(wish.Weight);
            return;
        }
        ILiteral had = wish.Kind is { } kind ? cells[wish.Member, wish.Day, kind] is { } cell ? cell : never : works[wish.Member, wish.Day];
        cost.AddTerm(wish.On ? had.Not() : had, wish.Weight);
    }

    private void Balance(RosterBalance balance)
    {
        if (balance.Weight == 0) return;
        for (var m = 0; m < problem.Members.Count; m++)
        {
            if (!moves[m])
            {
                var had = RosterScore.Count(problem, balance, around!, m);
                cost.Add(balance.Weight * (balance.Before[m] * had + (had * (had - 1) / 2)));
                continue;
            }
            var counted = balance.Of is { } of ? of.Select(o => cells[m, o.Day, o.Kind]).OfType<BoolVar>().ToList() : [.. problem.Weekends.Select(w => Weekend(m, w))];
            if (counted.Count == 0) continue;
            var most = balance.Of is null ? counted.Count : balance.Of.Where(o => cells[m, o.Day, o.Kind] is not null).Select(o => o.Day).Distinct().Count();
            var sum = LinearExpr.NewBuilder();
            foreach (var cell in counted) sum.AddTerm(cell, 1);
            for (var n = 0; n < most; n++)
            {
                var step = Model.NewBoolVar("");
                sum.AddTerm(step, -1);
                cost.AddTerm(step, balance.Weight * (balance.Before[m] + n));
            }
            Model.AddLinearConstraint(sum, 0, 0);
        }
    }

    private void Touched()
    {
        if (problem.Current is not { } current || problem.TouchWeight == 0) return;
        for (var m = 0; m < problem.Members.Count; m++)
        {
            if (!moves[m])
            {
                if (!around!.Of[m].SequenceEqual(current.Of[m])) cost.Add(problem.TouchWeight);
                continue;
            }
            var touched = Model.NewBoolVar("");
            cost.AddTerm(touched, problem.TouchWeight);
            for (var day = 0; day < problem.Days; day++)
            {
                for (var kind = 0; kind < problem.Kinds.Count; kind++)
                {
                    if (cells[m, day, kind] is { } cell) Model.AddImplication(current[m, day] == kind ? cell.Not() : cell, touched);
                }
            }
        }
    }

    public void Hint(RosterCells cellsThen)
    {
        Model.ClearHints();
        ForEach((m, day, kind, cell) => Model.AddHint(cell, cellsThen[m, day] == kind ? 1 : 0));
    }

    private void ForEach(Action<int, int, int, BoolVar> act)
    {
        for (var m = 0; m < problem.Members.Count; m++)
        {
            for (var day = 0; day < problem.Days; day++)
            {
                for (var kind = 0; kind < problem.Kinds.Count; kind++)
                {
                    if (cells[m, day, kind] is { } cell && !ReferenceEquals(cell, always)) act(m, day, kind, cell);
                }
            }
        }
    }

    public RosterCells Read(Func<BoolVar, bool> value)
    {
        var read = around?.Copy() ?? RosterCells.Empty(problem.Members.Count, problem.Days);
        for (var m = 0; m < problem.Members.Count; m++)
        {
            for (var day = 0; day < problem.Days; day++) if (free?[m, day] != false) read.Of[m][day] = problem.Members[m].Locked.GetValueOrDefault(day, RosterCells.Off);
        }
        ForEach((m, day, kind, cell) => { if (value(cell)) read.Of[m][day] = kind; });
        return read;
    }
}
