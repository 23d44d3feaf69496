using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HealthTeams.Collaboration.RosterPlans.Solver;

namespace HealthTeams.Bench.Rosters;

/// <summary>./run bench rosters [--only N] [--seconds 10,60] [--data FOLDER] [--out FILE]: the published instances and a large ward, each judged by the checker.</summary>
internal static class RosterBench
{
    private static readonly (int Instance, int Best)[] Known = [(1, 607), (2, 828), (3, 1001), (5, 1143), (7, 1056), (9, 439)];

    private sealed record Run(long? Penalty, long Bound, TimeSpan First, TimeSpan Last, string Verdict);

    public static async Task<int> Measure(string[] args)
    {
        string? Option(string name) => Array.IndexOf(args, $"--{name}") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        var folder = Option("data") ?? Path.Combine(Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? ".", "../shared/data/rosters");
        var seconds = (Option("seconds") ?? "10,60").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
        var only = Option("only");
        if (!Directory.Exists(folder))
        {
            Console.Error.WriteLine($"There are no instances in {folder}. Take the text instances of schedulingbenchmarks.org (shift scheduling) and name their folder with --data.");
            return 1;
        }
        var text = new StringBuilder(Head(seconds));
        foreach (var (instance, best) in Known.Where(k => only is null || only == $"{k.Instance}"))
        {
            var file = Path.Combine(folder, $"Instance{instance}.txt");
            if (!File.Exists(file)) continue;
            var source = await File.ReadAllTextAsync(file);
            var runs = seconds.Select(s => Instance(source, s)).ToList();
            Line(text, $"| {instance} | {best} | {string.Join(" | ", runs.Select(r => $"{r.Penalty} | {Gap(r, best)}"))} | {runs[^1].Bound} | {runs.Min(r => r.First).TotalSeconds:0.0} s | {runs[^1].Verdict} |");
        }
        if (only is null or "large")
        {
            text.AppendLine().AppendLine("A ward of 120 people, 28 days, 3 kinds of shift, two fifths with a skill each shift needs, leave, 480 wishes, 11 h of rest, weekends (the same at every run):").AppendLine()
                .AppendLine("| seconds | first feasible | penalty | shifts short of | wishes unmet of | verdict |").AppendLine("|---|---|---|---|---|---|");
            foreach (var s in seconds) Line(text, Large(s));
        }
        var report = text.ToString();
        if (Option("out") is not "-") await File.WriteAllTextAsync(Option("out") ?? Path.Combine(Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? ".", "bench/ROSTERS.md"), report, Encoding.UTF8);
        return report.Contains("BROKEN", StringComparison.Ordinal) ? 1 : 0;
    }

    private static Run Instance(string source, int seconds)
    {
        var problem = RosterInstance.Read(source);
        var first = TimeSpan.Zero;
        var found = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(seconds)), f => first = first == TimeSpan.Zero ? f.At : first).Solve(null, default);
        if (found is null) return new(null, 0, first, TimeSpan.Zero, "nothing found");
        var (penalty, broken) = new RosterChecker(source).Judge([.. found.Cells.Of.Select(row => row.Select(k => k < 0 ? "" : problem.Kinds[k].Name).ToArray())]);
        var verdict = broken.Count > 0 ? $"BROKEN: {broken[0]}" : penalty != found.Penalty ? $"BROKEN: the penalty is {penalty}" : found.Best ? "valid, proven best" : "valid";
        return new(found.Penalty, found.Bound, first, found.At, verdict);
    }

    private static string Large(int seconds)
    {
        var problem = LargeWard.Make();
        var first = TimeSpan.Zero;
        var found = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(seconds)), f => first = first == TimeSpan.Zero ? f.At : first).Solve(null, default);
        if (found is null) return $"| {seconds} | none | | | | BROKEN: nothing found |";
        var broken = LargeWard.Broken(problem, found.Cells);
        return FormattableString.Invariant($"| {seconds} | {first.TotalSeconds:0.0} s | {found.Penalty} | {problem.Needs.Where(n => n.Over > 0).Sum(n => Math.Max(0, n.People - RosterScore.There(n, found.Cells)))} of {problem.Needs.Where(n => n.Over > 0).Sum(n => n.People)} | {problem.Wishes.Count(w => !RosterScore.Met(w, found.Cells))} of {problem.Wishes.Count} | {(broken is null ? "valid" : $"BROKEN: {broken}")} |");
    }

    private static string Gap(Run run, int best) => run.Penalty is { } p ? FormattableString.Invariant($"{100.0 * (p - best) / best:0.0} %") : "";

    private static void Line(StringBuilder text, string line)
    {
        Console.WriteLine(line);
        text.AppendLine(line);
    }

    private static string Head(int[] seconds) => $"""
        # Rosters
        Shift scheduling instances of schedulingbenchmarks.org, solved by `src/Collaboration/RosterPlans/Solver` and judged by `bench/Bench/Rosters/RosterChecker.cs`, which shares nothing with it. Smaller is better. Made by `./run bench rosters`.

        {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime):dd-MMM-yyyy}.

        | instance | best known | {string.Join(" | ", seconds.Select(s => $"{s} s | gap"))} | bound | first feasible | verdict |
        |---|---|{string.Concat(seconds.Select(_ => "---|---|"))}---|---|---|

        """;
}
