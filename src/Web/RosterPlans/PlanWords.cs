using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Web.Shifts;

namespace HealthTeams.Web.RosterPlans;

/// <summary>Plans in words a ward manager uses.</summary>
internal static class PlanWords
{
    public static (string Icon, string Tone, string Text) State(Words words, RosterPlan plan) => (plan.State, plan.Why) switch
    {
        ("queued", _) => ("clock", "grey", words["Waits for its turn"]),
        ("running", _) => ("repeat", "amber", words["Being planned"]),
        ("done", "best") => ("done", "green", words["The best there is"]),
        ("done", _) => ("done", "green", words["Ready"]),
        ("stopped", "interrupted") => ("warning", "amber", words["Cut short by a restart; the best so far is kept"]),
        ("stopped", _) when plan.CellsJson is null => ("close", "grey", words["Stopped before anything was found"]),
        ("stopped", _) => ("done", "green", words["Stopped; the best so far is kept"]),
        ("failed", "nobody") => ("warning", "red", words["There is nobody, or no shift, to plan"]),
        ("failed", _) => ("warning", "red", words["What is kept and set contradicts the rules: no roster is possible"]),
        ("laid", _) => ("send", "green", words["In the roster, as drafts"]),
        _ => ("remove", "grey", words["Discarded"]),
    };

    /// <summary>"3 wishes unmet, 1 shift short (Sun 29-Nov-2026)".</summary>
    public static string Gap(Words words, PlanResult result)
    {
        var parts = new List<string> { result.Missing switch { 0 => words["no shift short"], 1 => words["1 shift short"], var n => words["{0} shifts short", n] } + Days(words, result.Shortages.Select(s => s.Day)) };
        if (result.Wishes > 0) parts.Add(result.Unmet.Count switch { 0 => words["every wish met"], 1 => words["1 wish of {0} unmet", result.Wishes], var n => words["{0} wishes of {1} unmet", n, result.Wishes] });
        if (result.Cover.Count > 0) parts.Add((result.Cover.Count == 1 ? words["minimum staffing short once"] : words["minimum staffing short {0} times", result.Cover.Count]) + Days(words, result.Cover.Select(s => s.Day)));
        return string.Join(", ", parts);
    }

    private static string Days(Words words, IEnumerable<DateOnly> days) => days.Distinct().ToList() is { Count: > 0 and <= 4 } few ? $" ({string.Join(", ", few.Select(words.Day))})" : "";

    public static string Why(Words words, WhyNot why) => why.Could ? words["could, but something else would get worse"] : string.Join("; ", why.Broken.Select(b => ShiftWords.Say(words, b).Split(": ", 2)[^1]).Append(why.Limit switch
    {
        "nights" => words["has the nights allowed in a plan"],
        "weekends" => words["has the weekends allowed in a plan"],
        "kept" => words["is kept as set by a manager"],
        "standing" => words["works another shift that day"],
        _ => "",
    }).Where(t => t.Length > 0));

    public static string Wish(Words words, RosterWishRow wish) => (wish.Wants, wish.Label) switch
    {
        (true, "") => words["would like to work"],
        (true, _) => words["would like {0}", wish.Label],
        (false, "") => words["would like the day off"],
        _ => words["rather not {0}", wish.Label],
    };

    public static string Weight(Words words, int weight) => weight switch { 1 => words["a little"], 2 => words["much"], _ => words["very much"] };

    public static string Times(PlanShift shift) => $"{ShiftWords.Minutes(shift.FromMinute)}–{ShiftWords.Minutes(shift.ToMinute)}";

    public static IReadOnlyList<string> Refusal(Words words, Problem problem) => problem.Code == BrokenRules.Code ? ShiftWords.Say(words, problem) : [words[problem.Detail]];
}
