using System.Globalization;
using System.Text;

namespace HealthTeams.Bench;

/// <summary>The figures as Markdown. Only ratios of one run are worth comparing.</summary>
internal sealed class Report(Hospital hospital, int[] connections)
{
    private readonly List<Measured> floors = [];
    private readonly List<(Case Case, Measured Measured)> cases = [];
    private readonly List<(Case Case, Measured Small, Measured? Large, int Times)> scale = [];

    public double? Loaded { get; set; }

    public void Add(Measured floor) => Said(floor, floors.Add);
    public void Add(Case c, Measured measured) => Said(measured, m => cases.Add((c, m)));

    public void Small(Case c, Measured measured) => Said(measured, m => scale.Add((c, m, null, 1)));
    public void Large(Case c, Measured measured, int times) => Said(measured, m => scale[scale.FindIndex(s => s.Case == c)] = scale[scale.FindIndex(s => s.Case == c)] with { Large = m, Times = times });

    public string Markdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Measured").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{hospital.Patients:N0} patients, {hospital.Appointments:N0} appointments; {Environment.ProcessorCount} processors for server, PostgreSQL (fsync on) and load together; audit on. Requests a second, p50 / p99 in ms, processor time of server and database for one request in ms. Ratios to the floors of the same run.");
        if (Loaded is { } loaded) text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Bulk load by transactions of 100: **{loaded:N0} resources/s** (aim 4,000).");
        foreach (var c in connections)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {c} connection{(c == 1 ? "" : "s")}").AppendLine();
            text.AppendLine("| case | per second | p50 / p99 | server + database | of the floor | aim | |").AppendLine("|---|---|---|---|---|---|---|");
            foreach (var f in floors.Where(f => f.Connections == c)) text.AppendLine(CultureInfo.InvariantCulture, $"| *{f.Case}* | {f.PerSecond:N0} | {f.Percentile(.5):N1} / {f.Percentile(.99):N1} | {f.ServerCpuMs:N2} + {f.DatabaseCpuMs:N2} | | | {f.Others} |");
            foreach (var (one, m) in cases.Where(x => x.Measured.Connections == c))
            {
                var floor = one.Floor is null ? null : floors.Find(f => f.Connections == c && f.Case == $"thin {one.Floor}");
                var reached = floor is null ? m.PerSecond / one.Aim : m.PerSecond / floor.PerSecond / one.Aim;
                text.AppendLine(CultureInfo.InvariantCulture, $"| {one.Name} | {m.PerSecond:N0}{(one.Weight > 1 ? $" ({m.PerSecond * one.Weight:N0} resources)" : "")} | {m.Percentile(.5):N1} / {m.Percentile(.99):N1} | {m.ServerCpuMs:N2} + {m.DatabaseCpuMs:N2} | {(floor is null ? "" : $"{m.PerSecond / floor.PerSecond:P0} of {one.Floor}")} | {(floor is null ? $"{one.Aim:N0}" : $"{one.Aim:P0}")} | {(reached >= 1 ? "reached" : $"{reached:P0} of the aim")}{(m.Others.Length > 0 ? $"; {m.Others}" : "")} |");
            }
        }
        if (scale.Count > 0)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {hospital.Appointments:N0} and {hospital.Appointments * scale[0].Times:N0} appointments, 8 connections").AppendLine();
            text.AppendLine("| case | small: per second, p50 | large: per second, p50 | small / large (aim at most 1.3) |").AppendLine("|---|---|---|---|");
            foreach (var (one, small, large, _) in scale) text.AppendLine(CultureInfo.InvariantCulture, $"| {one.Name} | {small.PerSecond:N0}, {small.Percentile(.5):N1} ms | {large!.PerSecond:N0}, {large.Percentile(.5):N1} ms | {small.PerSecond / large.PerSecond:N2} |");
        }
        return text.ToString();
    }

    private static void Said(Measured m, Action<Measured> keep)
    {
        keep(m);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{m.Connections,3} {m.Case,-22} {m.PerSecond,8:N0}/s  p50 {m.Percentile(.5):N1} p99 {m.Percentile(.99):N1} ms  cpu {m.ServerCpuMs:N2} + {m.DatabaseCpuMs:N2} ms  {m.Others}"));
    }
}
