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
                    Limits = [new RosterLimit(all, null, true, m % 4 == 0 ? 3600 : 6600, m % 4 == 0 ? 4920 : 9600), new RosterLimit(all, [2], false, 0, 6), .. Enumerable.Range(0, days / 7).Select(w => new RosterLimit([.. Enumerable.Range(w * 7, 7)], null, true, 0, 48 * 60))],
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
}
