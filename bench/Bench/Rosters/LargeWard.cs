using HealthTeams.Collaboration.RosterPlans.Solver;

namespace HealthTeams.Bench.Rosters;

/// <summary>A large ward, always the same: three kinds of shift in forward rotation with 11 h of rest, a skill on every shift, weekends, wishes, leave.</summary>
internal static class LargeWard
{
    public static RosterProblem Make(int people = 120, int days = 28, int seed = 4)
    {
        var random = new Random(seed);
        var all = Enumerable.Range(0, days).ToList();
        var skilled = Enumerable.Range(0, people).Where(_ => random.NextDouble() < 0.4).ToList();
        int[] weekday = [people * 28 / 120, people * 24 / 120, people * 14 / 120], weekend = [people * 20 / 120, people * 18 / 120, people * 13 / 120];
        return new RosterProblem
        {
            Days = days,
            Kinds = [new("Early", [.. all.Select(_ => 480)]), new("Late", [.. all.Select(_ => 480)]), new("Night", [.. all.Select(_ => 600)])],
            Clashes = [.. all.SelectMany(d => new[] { new RosterClash(d, 1, 1, 0), new RosterClash(d, 2, 1, 0), new RosterClash(d, 2, 1, 1) })],
            Weekends = [.. Enumerable.Range(0, days / 7).Select(w => new[] { w * 7 + 5, w * 7 + 6 })],
            Members =
            [
                .. Enumerable.Range(0, people).Select(m => new RosterMember
                {
                    Name = $"{m + 1}", MaxRun = 5, MinRun = 2, MinOff = 2, MaxWeekends = 2, Barred = Leave(random, days),
                    Limits = [new RosterLimit(all, null, true, days < 28 ? 0 : m % 4 == 0 ? 3600 : 6600, m % 4 == 0 ? 4920 : 9600), new RosterLimit(all, [2], false, 0, 6), .. Enumerable.Range(0, days / 7).Select(w => new RosterLimit([.. Enumerable.Range(w * 7, 7)], null, true, 0, 48 * 60))],
                }),
            ],
            Needs =
            [
                .. all.SelectMany(d => Enumerable.Range(0, 3).SelectMany(k => new[]
                {
                    new RosterNeed($"{k}", d, d % 7 >= 5 ? weekend[k] : weekday[k], 100, 1, [(d, k)]), new RosterNeed($"skilled {k}", d, 4, 100, 0, [(d, k)], skilled),
                })),
            ],
            Wishes = [.. Enumerable.Range(0, people).SelectMany(m => Enumerable.Range(0, 4).Select(_ => new RosterWish(m, random.Next(days), random.Next(4) is > 0 and var k ? k - 1 : null, random.Next(2) == 0, random.Next(1, 4))))],
        };
    }

    private static HashSet<(int, int)> Leave(Random random, int days)
    {
        if (random.Next(4) > 0) return [];
        var from = random.Next(days - 5);
        return [.. Enumerable.Range(from, 5).SelectMany(d => Enumerable.Range(0, 3).Select(k => (d, k)))];
    }

    /// <summary>The first rule a roster breaks, looked at cell by cell; null: none.</summary>
    public static string? Broken(RosterProblem problem, RosterCells cells)
    {
        for (var m = 0; m < problem.Members.Count; m++)
        {
            var (who, row) = (problem.Members[m], cells.Of[m]);
            for (var d = 0; d < problem.Days; d++)
            {
                if (row[d] >= 0 && who.Barred.Contains((d, row[d]))) return $"{who.Name} works on leave, day {d}";
                if (d > 0 && row[d - 1] > row[d] && row[d] >= 0) return $"{who.Name} goes backwards on day {d}";
            }
            foreach (var limit in who.Limits)
            {
                var sum = limit.Days.Where(d => row[d] >= 0 && limit.Kinds?.Contains(row[d]) != false).Sum(d => limit.InMinutes ? problem.Kinds[row[d]].Minutes[d] : 1);
                if (sum < limit.Min || sum > limit.Max) return $"{who.Name} has {sum}, not {limit.Min} to {limit.Max}";
            }
            if (problem.Weekends.Count(w => w.Any(d => row[d] >= 0)) > who.MaxWeekends) return $"{who.Name} works too many weekends";
            for (var from = 0; from < problem.Days;)
            {
                var to = from;
                while (to < problem.Days && row[to] >= 0 == row[from] >= 0) to++;
                var whole = from > 0 && to < problem.Days;
                if (row[from] >= 0 ? to - from > who.MaxRun || (whole && to - from < who.MinRun) : whole && to - from < who.MinOff) return $"{who.Name}: a stretch of {to - from} from day {from}";
                from = to;
            }
        }
        return null;
    }
}
