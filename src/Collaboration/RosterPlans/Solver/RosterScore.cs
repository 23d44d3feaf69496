namespace HealthTeams.Collaboration.RosterPlans.Solver;

/// <summary>What a roster costs and for what, without the solver.</summary>
public static class RosterScore
{
    public static int There(RosterNeed need, RosterCells cells) =>
        need.Given + (need.Members ?? [.. Enumerable.Range(0, cells.Of.Length)]).Sum(m => need.By.Count(b => b.Day >= 0 && b.Day < cells.Of[m].Length && cells[m, b.Day] == b.Kind));

    public static bool Met(RosterWish wish, RosterCells cells)
    {
        var has = wish.Kind is { } kind ? cells[wish.Member, wish.Day] == kind : cells[wish.Member, wish.Day] != RosterCells.Off;
        return has == wish.On;
    }

    /// <summary>How often a person has what is to be shared out evenly.</summary>
    public static int Count(RosterProblem problem, RosterBalance balance, RosterCells cells, int member) => balance.Of is { } of
        ? of.Count(o => cells[member, o.Day] == o.Kind)
        : problem.Weekends.Count(w => w.Any(d => cells[member, d] != RosterCells.Off || problem.Members[member].Busy.Contains(d)));
}
