using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Dates, times and states as people in a hospital write them.</summary>
internal static class Words
{
    public static DateTimeOffset Local(Ehr ehr, DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, ehr.Clock.LocalTimeZone);

    public static string Time(Ehr ehr, DateTimeOffset at) => Local(ehr, at).ToString("HH:mm", CultureInfo.InvariantCulture);

    public static string Seconds(Ehr ehr, DateTimeOffset at) => Local(ehr, at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Day(Ehr ehr, DateTimeOffset at)
    {
        var day = Local(ehr, at);
        var name = (day.Date - Local(ehr, ehr.Now).Date).Days switch
        {
            0 => "Today, ",
            1 => "Tomorrow, ",
            -1 => "Yesterday, ",
            _ => "",
        };
        return name + day.ToString("dddd dd-MMM-yyyy", CultureInfo.InvariantCulture);
    }

    /// <summary>For the patient: "today at 10:00".</summary>
    public static string When(Ehr ehr, DateTimeOffset at)
    {
        var day = Local(ehr, at);
        var name = (day.Date - Local(ehr, ehr.Now).Date).Days switch
        {
            0 => "today",
            1 => "tomorrow",
            _ => "on " + day.ToString("dddd d MMMM", CultureInfo.InvariantCulture),
        };
        return $"{name} at {Time(ehr, at)}";
    }

    public static string Born(Ehr ehr, JsonObject? patient)
    {
        if (!DateOnly.TryParseExact(patient.Text("birthDate"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var born)) return "born unknown";
        var today = DateOnly.FromDateTime(Local(ehr, ehr.Now).Date);
        var age = today.Year - born.Year - (today < born.AddYears(today.Year - born.Year) ? 1 : 0);
        return $"born {born.ToString("dd-MMM-yyyy", CultureInfo.InvariantCulture)} ({age} y)";
    }

    /// <summary>Never colour alone: a sign and a word carry the state too.</summary>
    public static Html State(string? status)
    {
        var (sign, look) = status switch
        {
            "booked" or "planned" or "proposed" or "pending" => ("○", "info"),
            "arrived" or "checked-in" or "triaged" or "waitlist" => ("◔", "soon"),
            "in-progress" or "onleave" => ("●", "live"),
            "fulfilled" or "finished" => ("✓", "done"),
            "cancelled" or "noshow" or "entered-in-error" => ("✕", "past"),
            _ => ("?", "past"),
        };
        return Html.Of($"<span class=\"state {look}\"><span aria-hidden=\"true\">{sign}</span> {status ?? "unknown"}</span>");
    }

    public static Html Pushed(Ehr ehr, PushResult? push) => push switch
    {
        null => Html.Nothing,
        { Outcome: "sent" } => Html.Of($"<span class=\"state done\"><span aria-hidden=\"true\">✓</span> sent to HealthTeams {Time(ehr, push.At)}</span>"),
        _ => Html.Of($"<span class=\"state late\" title=\"{push.Detail}\"><span aria-hidden=\"true\">!</span> HealthTeams: {push.Outcome}{(push.Status > 0 ? $" ({push.Status})" : "")} {Time(ehr, push.At)}</span>"),
    };

    public static Html Banner(Ehr ehr, JsonObject? patient)
    {
        var identifier = patient.Objects("identifier").FirstOrDefault();
        return Html.Of($"""
            <section class="banner" aria-label="Patient">
              <strong>{PersonName.Clinical(patient)}</strong>
              <span>{Born(ehr, patient)}</span>
              <span>{patient.Text("gender") ?? "gender unknown"}</span>
              <span>{Numbered(identifier)}</span>
            </section>
            """);
    }

    /// <summary>The number with its kind, once: "MRN-1001" says it already.</summary>
    private static string Numbered(JsonObject? identifier)
    {
        var (kind, value) = (identifier?["type"].Text("text") ?? "MRN", identifier.Text("value") ?? "unknown");
        return value.StartsWith(kind, StringComparison.OrdinalIgnoreCase) ? value : $"{kind} {value}";
    }
}
