using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>
/// http://hl7.org/fhir/R4/datatypes.html#Timing and a recurrence of ours, both ways: what it says exactly, and nothing it
/// cannot say. R4 has no day of the month; the standard extension timing-dayOfMonth has it, and two of ours the rest. Pure.
/// </summary>
internal static class RuleAsTiming
{
    private const string DayOfMonth = "http://hl7.org/fhir/StructureDefinition/timing-dayOfMonth";
    private const string Month = "https://healthteams.example/fhir/StructureDefinition/timing-month";
    private const string Nth = "https://healthteams.example/fhir/StructureDefinition/timing-nth-weekday";
    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    private static readonly HashSet<string> Understood = ["extension", "boundsPeriod", "count", "frequency", "period", "periodUnit", "dayOfWeek", "timeOfDay"];

    public static JsonObject Timing(Recurrence rule, short? minute)
    {
        var bounds = new JsonObject { ["start"] = Day(rule.First) };
        if (rule.Until is { } until) bounds["end"] = Day(until);
        var repeat = new JsonObject();
        var extensions = new JsonArray();
        if (rule.MonthDay is { } day && rule.Pattern is Pattern.MonthlyDay or Pattern.Yearly) extensions.Add((JsonNode)new JsonObject { ["url"] = DayOfMonth, ["valuePositiveInt"] = rule.MonthDay });
        if (rule is { Pattern: Pattern.Yearly, Month: { } month }) extensions.Add((JsonNode)new JsonObject { ["url"] = Month, ["valuePositiveInt"] = month });
        if (rule is { Pattern: Pattern.MonthlyWeekday, Nth: { } nth }) extensions.Add((JsonNode)new JsonObject { ["url"] = Nth, ["valueInteger"] = nth });
        if (extensions.Count > 0) repeat["extension"] = extensions;
        repeat["boundsPeriod"] = bounds;
        if (rule.Times is { } times) repeat["count"] = times;
        (repeat["frequency"], repeat["period"]) = (1, rule.Every);
        repeat["periodUnit"] = rule.Pattern switch { Pattern.Daily => "d", Pattern.Weekly => "wk", Pattern.Yearly => "a", _ => "mo" };
        if (rule.Pattern is Pattern.Weekly or Pattern.MonthlyWeekday) repeat["dayOfWeek"] = new JsonArray([.. rule.Weekdays.Order().Select(d => (JsonNode)Days[d - 1])]);
        if (minute is { } m) repeat["timeOfDay"] = new JsonArray($"{m / 60:00}:{m % 60:00}:00");
        return new JsonObject { ["repeat"] = repeat };
    }

    /// <returns>A problem names everything that a recurrence of ours cannot say.</returns>
    public static Outcome<(Recurrence Rule, short? Minute)> Read(JsonElement timing, DateOnly today)
    {
        var wrong = timing.EnumerateObject().Where(p => p.Name != "repeat").Select(p => $"{p.Name} is not understood").ToList();
        if (!timing.TryGetProperty("repeat", out var repeat) || repeat.ValueKind != JsonValueKind.Object) return Refused([.. wrong, "repeat is missing"]);
        wrong.AddRange(repeat.EnumerateObject().Where(p => !Understood.Contains(p.Name)).Select(p => $"repeat.{p.Name} is not understood"));
        wrong.AddRange(FhirJson.Items(repeat, "extension").Select(e => FhirJson.Text(e, "url")).Where(u => u is not (DayOfMonth or Month or Nth)).Select(u => $"the extension {u} is not understood"));
        if (Number(repeat, "frequency") is not (null or 1)) wrong.Add("repeat.frequency is other than 1");
        var every = Number(repeat, "period") ?? (repeat.TryGetProperty("period", out _) ? null : 1);
        if (every is not (>= 1 and <= 366)) wrong.Add("repeat.period is no whole number from 1 to 366");
        var (first, until) = (Bound(repeat, "start", today, wrong), Bound(repeat, "end", null, wrong));
        if (repeat.TryGetProperty("count", out _) && Number(repeat, "count") is null) wrong.Add("repeat.count is no whole number");
        var weekdays = FhirJson.Items(repeat, "dayOfWeek").Select(d => Array.IndexOf(Days, d.GetString()) + 1).ToList();
        var times = FhirJson.Items(repeat, "timeOfDay").Select(t => t.GetString()).ToList();
        short? minute = null;
        if (times.Count > 1 || (times is [var said] && (minute = Minute(said)) is null)) wrong.Add("repeat.timeOfDay is more than one time, or has seconds");
        var (day, month, nth) = (Extension(repeat, DayOfMonth, "valuePositiveInt"), Extension(repeat, Month, "valuePositiveInt"), Extension(repeat, Nth, "valueInteger"));
        var pattern = FhirJson.Text(repeat, "periodUnit") switch
        {
            "d" when weekdays.Count == 0 => Pattern.Daily,
            // Every day, of these: every week on these.
            "d" when every == 1 => Pattern.Weekly,
            "wk" => Pattern.Weekly,
            "mo" when nth is not null && weekdays.Count == 1 => Pattern.MonthlyWeekday,
            "mo" when nth is null && weekdays.Count == 0 => Pattern.MonthlyDay,
            "a" when weekdays.Count == 0 && nth is null => Pattern.Yearly,
            _ => (Pattern?)null,
        };
        if (pattern is null) wrong.Add("repeat.periodUnit with these days is none of d, wk, mo and a as they are used here");
        if (pattern is Pattern.Daily or Pattern.Weekly && (day ?? month ?? nth) is not null) wrong.Add("an extension for months stands with days or weeks");
        if (wrong.Count > 0) return Refused(wrong);
        if (pattern == Pattern.Weekly && weekdays.Count == 0) weekdays.Add(Recurrence.Iso(first!.Value));
        return (new Recurrence(pattern!.Value, every!.Value, first!.Value, weekdays, pattern is Pattern.MonthlyDay or Pattern.Yearly ? day ?? first.Value.Day : null, nth,
            pattern == Pattern.Yearly ? month ?? first.Value.Month : null, until, Number(repeat, "count")), minute);
    }

    private static Problem Refused(IEnumerable<string> wrong) => Problem.Unprocessable(
        $"This timing says what a series here cannot: {string.Join("; ", wrong)}. One occurrence every so many days, weeks, months or years, from a day, until a day or so many times, at one time of the day.", "ActivityDefinition.timingTiming", "business-rule");

    private static DateOnly? Bound(JsonElement repeat, string name, DateOnly? without, List<string> wrong)
    {
        if (FhirJson.Text(repeat, "boundsPeriod", name) is not { } text) return without;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        wrong.Add($"repeat.boundsPeriod.{name} is no day");
        return without;
    }

    private static int? Number(JsonElement e, string name) => e.TryGetProperty(name, out var n) && n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var value) ? value : null;

    private static int? Extension(JsonElement repeat, string url, string value) =>
        FhirJson.Items(repeat, "extension").Where(e => FhirJson.Text(e, "url") == url).Select(e => Number(e, value)).FirstOrDefault();

    private static short? Minute(string? text) => TimeOnly.TryParseExact(text, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var t) && t.Second == 0 ? (short)(t.Hour * 60 + t.Minute) : null;
    private static string Day(DateOnly day) => TaskProjection.Day(day);
}
