using System.Globalization;
using HealthTeams.Collaboration.RosterPlans.Solver;

namespace HealthTeams.Bench.Rosters;

/// <summary>A published shift scheduling benchmark (schedulingbenchmarks.org, text format), read into our problem.</summary>
internal static class RosterInstance
{
    public static RosterProblem Read(string text)
    {
        var sections = Sections(text);
        var days = int.Parse(sections["HORIZON"][0], CultureInfo.InvariantCulture);
        var shifts = sections["SHIFTS"].Select(l => l.Split(',')).ToList();
        var kind = shifts.Select((s, i) => (s[0], i)).ToDictionary(s => s.Item1, s => s.i);
        var staff = sections["STAFF"].Select(l => l.Split(',')).ToList();
        var person = staff.Select((s, i) => (s[0], i)).ToDictionary(s => s.Item1, s => s.i);
        var all = Enumerable.Range(0, days).ToList();
        var off = sections["DAYS_OFF"].Select(l => l.Split(',')).ToDictionary(l => l[0], l => l.Skip(1).Select(Number).ToHashSet());
        return new RosterProblem
        {
            Days = days,
            Kinds = [.. shifts.Select(s => new ShiftKind(s[0], [.. Enumerable.Repeat(Number(s[1]), days)]))],
            Clashes = [.. shifts.SelectMany(s => s[2].Split('|', StringSplitOptions.RemoveEmptyEntries).SelectMany(then => all.Select(d => new RosterClash(d, kind[s[0]], 1, kind[then]))))],
            Weekends = [.. Enumerable.Range(0, days / 7).Select(w => new[] { w * 7 + 5, w * 7 + 6 })],
            Members =
            [
                .. staff.Select(s => new RosterMember
                {
                    Name = s[0], MaxRun = Number(s[4]), MinRun = Number(s[5]), MinOff = Number(s[6]), MaxWeekends = Number(s[7]),
                    Barred = (off.GetValueOrDefault(s[0]) ?? []).SelectMany(d => Enumerable.Range(0, shifts.Count).Select(k => (d, k))).ToHashSet(),
                    Limits =
                    [
                        new RosterLimit(all, null, true, Number(s[3]), Number(s[2])),
                        .. s[1].Split('|').Select(m => m.Split('=')).Select(m => new RosterLimit(all, [kind[m[0]]], false, 0, Number(m[1]))),
                    ],
                }),
            ],
            Wishes =
            [
                .. sections["SHIFT_ON_REQUESTS"].Select(l => l.Split(',')).Select(r => new RosterWish(person[r[0]], Number(r[1]), kind[r[2]], true, Number(r[3]))),
                .. sections["SHIFT_OFF_REQUESTS"].Select(l => l.Split(',')).Select(r => new RosterWish(person[r[0]], Number(r[1]), kind[r[2]], false, Number(r[3]))),
            ],
            Needs = [.. sections["COVER"].Select(l => l.Split(',')).Select(c => new RosterNeed(c[1], Number(c[0]), Number(c[2]), Number(c[3]), Number(c[4]), [(Number(c[0]), kind[c[1]])]))],
        };
    }

    private static int Number(string text) => int.Parse(text.Trim(), CultureInfo.InvariantCulture);

    private static Dictionary<string, List<string>> Sections(string text)
    {
        var sections = new Dictionary<string, List<string>>();
        var now = new List<string>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line.StartsWith("SECTION_", StringComparison.Ordinal)) sections[line["SECTION_".Length..]] = now = [];
            else now.Add(line);
        }
        return sections;
    }
}
