namespace HealthTeams.Collaboration.RosterPlans.Solver;

/// <summary>What may change in one step of the search: a few people's whole range, everybody's few days, or half of both.</summary>
internal static class RosterNeighbours
{
    public static bool[,] Choose(RosterProblem problem, RosterCells now, int way, double share, Random random)
    {
        var (members, days) = (problem.Members.Count, problem.Days);
        var free = new bool[members, days];
        var people = Enumerable.Range(0, members).ToArray();
        random.Shuffle(people);
        var (count, window) = way switch
        {
            0 => (Math.Clamp((int)Math.Round(members * share), Math.Min(2, members), members), days),
            1 => (members, Math.Clamp((int)Math.Round(days * share), Math.Min(3, days), days)),
            _ => (Math.Clamp((int)Math.Round(members * Math.Sqrt(share)), Math.Min(2, members), members), Math.Clamp((int)Math.Round(days * Math.Sqrt(share)), Math.Min(3, days), days)),
        };
        var from = window == days ? 0 : Math.Clamp(Focus(problem, now, random) - random.Next(window), 0, days - window);
        foreach (var m in people.Take(count))
        {
            for (var day = from; day < from + window; day++) free[m, day] = true;
        }
        return free;
    }

    /// <summary>A day where something costs; now and then any day.</summary>
    private static int Focus(RosterProblem problem, RosterCells now, Random random)
    {
        if (random.Next(4) == 0) return random.Next(problem.Days);
        var wrong = problem.Needs.Where(n => RosterScore.There(n, now) != n.People).Select(n => n.Day)
            .Concat(problem.Wishes.Where(w => !RosterScore.Met(w, now)).Select(w => w.Day)).Where(d => d >= 0 && d < problem.Days).ToList();
        return wrong.Count == 0 ? random.Next(problem.Days) : wrong[random.Next(wrong.Count)];
    }
}
