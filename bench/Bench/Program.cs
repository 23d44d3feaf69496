using System.Diagnostics;
using System.Globalization;
using System.Text;
using HealthTeams.Bench;

// ./run bench rosters: see RosterBench.
if (args is ["rosters", ..]) return await HealthTeams.Bench.Rosters.RosterBench.Measure(args);

// ./run bench engine: see EngineBench.
if (args is ["engine", ..]) return await HealthTeams.Bench.Engine.EngineBench.Measure(args);

// ./run bench [--long] [--appointments N] [--seconds S] [--connections 1,8,32] [--only WORD] [--times N] [--out FILE]
if (args is ["thin", var port])
{
    await ThinServer.Run(Environment.GetEnvironmentVariable("HEALTHTEAMS_DB")!, int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

string? Option(string name) => Array.IndexOf(args, $"--{name}") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
var full = args.Contains("--long");
var seconds = TimeSpan.FromSeconds(Number("seconds", full ? 15 : 4));
var connections = (Option("connections") ?? (full ? "1,8,32" : "8")).Split(',').Select(c => int.Parse(c, CultureInfo.InvariantCulture)).ToArray();
var hospital = new Hospital(Math.Max(200, Number("appointments", 20_000) / 10), Number("appointments", 20_000));

var folder = Option("keep") ?? Path.Combine(Path.GetTempPath(), $"healthteams-bench-{Environment.ProcessId}");
Directory.CreateDirectory(folder);
var servers = await Servers.Start(folder, Option("database"));
try
{
    var report = new Report(hospital, connections);
    if (Option("loaded") is null) report.Loaded = await Loader.Run(servers, hospital);
    var cases = new Cases(hospital);
    var only = Option("only");
    foreach (var c in connections)
    {
        cases.Next();
        report.Add(await Cases.Constant(servers, c, seconds / 2));
        report.Add(await cases.ThinGet(servers, c, seconds));
        report.Add(await cases.ThinPost(servers, c, seconds));
        foreach (var one in cases.All.Where(x => only is null || x.Name.Contains(only, StringComparison.Ordinal)))
        {
            report.Add(one, await one.Run(servers, c, seconds));
        }
    }
    if (Number("times", full ? 100 : 1) is > 1 and var times)
    {
        // Only the searches: what a larger hospital must not slow down.
        var searches = cases.All.Where(x => x.Name.StartsWith("search", StringComparison.Ordinal) && (only is null || x.Name.Contains(only, StringComparison.Ordinal))).ToList();
        foreach (var one in searches) report.Small(one, await one.Run(servers, 8, seconds));
        await Loader.Multiply(servers, hospital, times);
        cases.Grow(times);
        foreach (var one in searches) report.Large(one, await one.Run(servers, 8, seconds), times);
    }
    var text = report.Markdown();
    Console.WriteLine(text);
    if (Option("out") is { } file) await File.WriteAllTextAsync(file, text, Encoding.UTF8);
    return 0;
}
finally
{
    await servers.DisposeAsync();
    if (Option("keep") is null) Directory.Delete(folder, recursive: true);
}
