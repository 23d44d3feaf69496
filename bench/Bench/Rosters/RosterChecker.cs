using System.Globalization;

namespace HealthTeams.Bench.Rosters;

/// <summary>
/// Judges a roster by the instance's own definition. It shares nothing with the model that made the roster: not the reader, not a
/// record; a day's shift is its letter, "" is a day off.
/// </summary>
internal sealed class RosterChecker
{
    private readonly int horizon;
    private readonly Dictionary<string, (int Length, string[] Never)> shifts = [];
    private readonly List<(string Id, Dictionary<string, int> Most, int MaxMinutes, int MinMinutes, int MaxRow, int MinRow, int MinOff, int Weekends)> staff = [];
    private readonly Dictionary<string, HashSet<int>> off = [];
    private readonly List<(string Who, int Day, string Shift, int Weight, bool On)> wishes = [];
    private readonly List<(int Day, string Shift, int Need, int Under, int Over)> cover = [];

    public RosterChecker(string text)
    {
        var section = "";
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line.StartsWith('#')) continue;
            if (line.StartsWith("SECTION_", StringComparison.Ordinal)) { section = line; continue; }
            var p = line.Split(',');
            int At(int i) => int.Parse(p[i], CultureInfo.InvariantCulture);
            switch (section)
            {
                case "SECTION_HORIZON": horizon = At(0); break;
                case "SECTION_SHIFTS": shifts[p[0]] = (At(1), p[2].Length == 0 ? [] : p[2].Split('|')); break;
                case "SECTION_STAFF":
                    staff.Add((p[0], p[1].Split('|').ToDictionary(m => m.Split('=')[0], m => int.Parse(m.Split('=')[1], CultureInfo.InvariantCulture)), At(2), At(3), At(4), At(5), At(6), At(7)));
                    break;
                case "SECTION_DAYS_OFF": off[p[0]] = [.. p.Skip(1).Select(d => int.Parse(d, CultureInfo.InvariantCulture))]; break;
                case "SECTION_SHIFT_ON_REQUESTS": wishes.Add((p[0], At(1), p[2], At(3), true)); break;
                case "SECTION_SHIFT_OFF_REQUESTS": wishes.Add((p[0], At(1), p[2], At(3), false)); break;
                case "SECTION_COVER": cover.Add((At(0), p[1], At(2), At(3), At(4))); break;
            }
        }
    }

    public IReadOnlyList<string> Staff => [.. staff.Select(s => s.Id)];
    public int Days => horizon;

    /// <param name="roster">By person, in the order of <see cref="Staff"/>, a shift's letter for each day.</param>
    public (long Penalty, IReadOnlyList<string> Broken) Judge(IReadOnlyList<string[]> roster)
    {
        var broken = new List<string>();
        if (roster.Count != staff.Count || roster.Any(r => r.Length != horizon)) return (long.MaxValue, ["the roster has another size"]);
        for (var i = 0; i < staff.Count; i++) Person(staff[i].Id, roster[i], i, broken);
        long penalty = 0;
        foreach (var (who, day, shift, weight, on) in wishes)
        {
            var has = roster[staff.FindIndex(s => s.Id == who)][day] == shift;
            if (has != on) penalty += weight;
        }
        foreach (var (day, shift, need, under, over) in cover)
        {
            var there = roster.Count(r => r[day] == shift);
            penalty += there < need ? (long)(need - there) * under : (long)(there - need) * over;
        }
        return (penalty, broken);
    }

    private void Person(string id, string[] days, int i, List<string> broken)
    {
        var rule = staff[i];
        if (days.FirstOrDefault(d => d.Length > 0 && !shifts.ContainsKey(d)) is { } unknown)
        {
            broken.Add($"{id}: there is no shift {unknown}");
            return;
        }
        for (var d = 0; d < horizon; d++)
        {
            if (days[d].Length > 0 && off.TryGetValue(id, out var free) && free.Contains(d)) broken.Add($"{id}: works on day {d}, which is off");
            if (d > 0 && days[d - 1].Length > 0 && shifts[days[d - 1]].Never.Contains(days[d])) broken.Add($"{id}: {days[d]} follows {days[d - 1]} on day {d}");
        }
        foreach (var (shift, most) in rule.Most)
        {
            if (days.Count(d => d == shift) > most) broken.Add($"{id}: more than {most} of {shift}");
        }
        var minutes = days.Where(d => d.Length > 0).Sum(d => shifts[d].Length);
        if (minutes > rule.MaxMinutes) broken.Add($"{id}: {minutes} minutes are more than {rule.MaxMinutes}");
        if (minutes < rule.MinMinutes) broken.Add($"{id}: {minutes} minutes are fewer than {rule.MinMinutes}");
        Rows(id, days, rule.MaxRow, rule.MinRow, rule.MinOff, broken);
        var weekends = Enumerable.Range(0, horizon / 7).Count(w => days[w * 7 + 5].Length > 0 || days[w * 7 + 6].Length > 0);
        if (weekends > rule.Weekends) broken.Add($"{id}: {weekends} weekends are more than {rule.Weekends}");
    }

    /// <summary>Rows that touch an end of the horizon may go on beyond it, so only their maximum counts.</summary>
    private void Rows(string id, string[] days, int maxRow, int minRow, int minOff, List<string> broken)
    {
        for (var from = 0; from < horizon;)
        {
            var to = from;
            while (to < horizon && days[to].Length > 0 == days[from].Length > 0) to++;
            var (length, whole, work) = (to - from, from > 0 && to < horizon, days[from].Length > 0);
            if (work && length > maxRow) broken.Add($"{id}: {length} days in a row from day {from}");
            if (work && whole && length < minRow) broken.Add($"{id}: only {length} days in a row from day {from}");
            if (!work && whole && length < minOff) broken.Add($"{id}: only {length} days off from day {from}");
            from = to;
        }
    }
}
