using System.Globalization;
using HealthTeams.Collaboration.Activity;
using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>Rosters in the reader's language.</summary>
internal static class ShiftWords
{
    public static string Say(Words words, Broken broken) => $"{broken.Who}: " + (broken.Rule switch
    {
        "overlap" => words["works already from {0} to {1}", Args(broken)],
        "time-off" => words["is off from {0} to {1}", Args(broken)],
        "rest" => words["{0} h of rest beside the shift of {1}, {2} h are due", Args(broken)],
        "weekly-hours" => words["{0} h in the week of {1}, {2} h are the most", Args(broken)],
        "one-a-day" => words["has another shift on {0}", Args(broken)],
        "days-in-row" => words["{0} days in a row, {1} are the most", Args(broken)],
        "never-after" => words["{1} must not follow {0}", Args(broken)],
        "skill" => words["lacks {0}", Args(broken)],
        "availability" => words["is not available from {0} to {1}", Args(broken)],
        "not-member" => words["is no longer a member of the team"],
        "past" => words["the shift of {0} has begun", Args(broken)],
        "identical" => words["both shifts are the same, {0}", Args(broken)],
        _ => words["{0} would have {1} of {2} people", Args(broken)],
    });

    private static object?[] Args(Broken broken) => [.. broken.Values];

    /// <summary>Each broken rule on its own; else the refusal as it is.</summary>
    public static IReadOnlyList<string> Say(Words words, Problem problem) =>
        BrokenRules.Read(problem.Code == BrokenRules.Code ? problem.Where : null) is { Count: > 0 } broken ? [.. broken.Select(b => Say(words, b))] : [Refusal(words, problem)];

    public static bool MaySetAside(Problem problem) => problem.Code == BrokenRules.Code && BrokenRules.Read(problem.Where).All(b => !b.Hard);

    private static string Refusal(Words words, Problem problem) => problem.Code switch
    {
        "stale" => words["Somebody else changed this meanwhile. Look at it again and repeat."],
        "shift-overlap" => words["This person has another shift, or is off, at this time: nobody is in two places at once."],
        "request-twice" => words["You have asked for this already; it waits for an answer."],
        "no-slots" => words["All places of this open shift are taken."],
        "shift-gone" => words["The shift is gone or has changed hands."],
        "request-over" => words["This request is decided already."],
        "manager-asks" => words["Whoever manages a schedule changes it; requests are the members'."],
        _ => ProblemWords.Say(words, problem),
    };

    public static string Theme(Words words, string theme) => theme switch
    {
        "white" => words["white"], "blue" => words["blue"], "green" => words["green"], "purple" => words["purple"], "pink" => words["pink"], "yellow" => words["yellow"], "gray" => words["grey"],
        "darkBlue" => words["dark blue"], "darkGreen" => words["dark green"], "darkPurple" => words["dark purple"], "darkPink" => words["dark pink"], "darkYellow" => words["dark yellow"],
        _ => theme,
    };

    public static string Sign(Words words, string icon) => icon switch
    {
        "none" => words["no sign"], "car" => words["car"], "calendar" => words["calendar"], "running" => words["runner"], "plane" => words["plane"], "firstAid" => words["first aid"],
        "doctor" => words["doctor"], "notWorking" => words["not working"], "clock" => words["clock"], "juryDuty" => words["jury duty"], "globe" => words["globe"], "cup" => words["cup"],
        "phone" => words["phone"], "weather" => words["weather"], "umbrella" => words["umbrella"], "piggyBank" => words["piggy bank"], "dog" => words["dog"], "cake" => words["cake"],
        "trafficCone" => words["traffic cone"], "pin" => words["pin"], "sunny" => words["sun"], _ => icon,
    };

    public static string Kind(Words words, string kind) => kind switch { "swap" => words["Swap"], "offer" => words["Offer"], "claim" => words["Open shift"], _ => words["Time off"] };

    public static (string Icon, string Tone, string Text) State(Words words, ShiftRequest r) => (r.State, r.AssignedTo) switch
    {
        ("pending", "recipient") => ("clock", "amber", words["Waits for the colleague"]),
        ("pending", _) => ("clock", "amber", words["Waits for a manager"]),
        ("approved", _) => ("done", "green", words["Granted"]),
        ("declined", "recipient") => ("close", "grey", words["Declined by the colleague"]),
        ("declined", "manager") => ("close", "grey", words["Declined by a manager"]),
        ("declined", _) => ("close", "grey", r.Why switch { "no-slots" => words["All places are taken"], "rival" => words["Another request came first"], _ => words["The shift is gone or has changed hands."] }),
        _ => ("undo", "grey", words["Taken back"]),
    };

    public static string Hours(Words words, ShiftItem item, string zone)
    {
        var (from, to) = (words.Time(item.StartsAt, zone), words.Time(item.EndsAt, zone));
        return item.Kind == "off" && from == "00:00" && to is ("00:00" or "23:59") ? words["all day"] : $"{from}–{to}";
    }

    public static string Long(Words words, ShiftItem item, string zone)
    {
        var (from, to) = (HospitalTime.Day(item.StartsAt, zone), HospitalTime.Day(item.EndsAt.AddTicks(-1), zone));
        return item.Kind == "off" && from != to ? $"{words.Day(from)} – {words.Day(to)}" : $"{words.Day(from)} {Hours(words, item, zone)}";
    }

    public static string Minutes(int minute) => $"{minute / 60 % 24:00}:{minute % 60:00}";

    public static string Number(double hours) => hours.ToString("0.##", CultureInfo.InvariantCulture);

    public static string Weekday(Words words, int day) => words.Day(new DateOnly(2026, 11, 22).AddDays(day)).Split(' ')[0];

    public static string Range(Words words, Notice n) => DateOnly.TryParse(n.Of("from"), CultureInfo.InvariantCulture, out var from) && DateOnly.TryParse(n.Of("to"), CultureInfo.InvariantCulture, out var to)
        ? from == to ? words.Date(from) : $"{words.Date(from)} – {words.Date(to)}" : "";

    public static string Ended(Words words, Notice n) => (n.Of("by"), n.Of("why")) switch
    {
        ("recipient", _) => words["Your colleague declined your request about shifts"],
        ("manager", _) => words["A manager declined the request about shifts"],
        (_, "no-slots") => words["All places of the open shift are taken"],
        _ => words["A request about shifts ended: the shift changed hands or is gone"],
    };
}
