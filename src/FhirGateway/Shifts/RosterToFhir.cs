using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>
/// http://hl7.org/fhir/R4/slot.html, schedule.html, practitionerrole.html: a shared roster for other systems. A shift is a busy
/// Slot on the Schedule of that person's PractitionerRole, an open shift a free one on the team's, time off busy-unavailable. Pure.
/// </summary>
internal static class RosterToFhir
{
    public const string Base = "https://healthteams.example/fhir";

    /// <summary>serviceCategory of everything here, so that no patient is booked onto a nurse's shift.</summary>
    public const string Category = Base + "/CodeSystem/service-category";

    public static Dictionary<string, Action<Utf8JsonWriter>?> Slot(ShiftItem s, Guid schedule, IReadOnlyDictionary<Guid, string> names) => Elements(new()
    {
        ["extension"] = new JsonArray([.. Extensions(s, names)]),
        ["serviceCategory"] = Roster(),
        ["schedule"] = Reference($"Schedule/{schedule}"),
        ["status"] = s.Kind switch { "open" => s.Slots > 0 ? "free" : "busy", "off" => "busy-unavailable", _ => "busy" },
        ["start"] = FhirJson.Instant(s.StartsAt),
        ["end"] = FhirJson.Instant(s.EndsAt),
        ["comment"] = s.Kind == "off" ? (s.Reason is { } r ? names.GetValueOrDefault(r) : null) : s.Label.Length > 0 ? s.Label : null,
    });

    private static IEnumerable<JsonNode> Extensions(ShiftItem s, IReadOnlyDictionary<Guid, string> names)
    {
        yield return Extension("shift-kind", "valueCode", s.Kind);
        yield return Extension("shift-theme", "valueCode", s.Theme);
        if (s.Group is { } g && names.TryGetValue(g, out var group)) yield return Extension("shift-group", "valueString", group);
        if (s.Slots is { } slots) yield return Extension("slot-count", "valueInteger", slots);
        foreach (var skill in s.Skills) yield return Extension("required-skill", "valueString", skill);
        foreach (var a in s.Activities)
        {
            yield return new JsonObject
            {
                ["url"] = Base + "/StructureDefinition/shift-activity",
                ["extension"] = new JsonArray(
                    Part("code", "valueCode", a.Code.Length > 0 ? a.Code : "activity"), Part("name", "valueString", a.Name), Part("paid", "valueBoolean", a.Paid),
                    Part("period", "valuePeriod", new JsonObject { ["start"] = FhirJson.Instant(a.Start), ["end"] = FhirJson.Instant(a.End) })),
            };
        }
    }

    public static Dictionary<string, Action<Utf8JsonWriter>?> Schedule(string actor, string name) => Elements(new()
    {
        ["active"] = true, ["serviceCategory"] = Roster(), ["actor"] = new JsonArray(Reference(actor)), ["comment"] = name,
    });

    public static Dictionary<string, Action<Utf8JsonWriter>?> Service(string name) => Elements(new() { ["active"] = true, ["category"] = Roster(), ["name"] = name });

    public static Dictionary<string, Action<Utf8JsonWriter>?> Role(string practitioner, Guid team, IEnumerable<Available> availability, IEnumerable<ShiftItem> off, IReadOnlyDictionary<Guid, string> names)
    {
        var times = availability.Select(a => (JsonNode)new JsonObject
        {
            ["daysOfWeek"] = new JsonArray(a.Day.ToString()[..3].ToLowerInvariant()), ["availableStartTime"] = Clock(a.From), ["availableEndTime"] = Clock(a.To),
        }).ToArray();
        var away = off.Select(o => (JsonNode)new JsonObject
        {
            ["description"] = o.Reason is { } r && names.TryGetValue(r, out var reason) ? reason : "Time off",
            ["during"] = new JsonObject { ["start"] = FhirJson.Instant(o.StartsAt), ["end"] = FhirJson.Instant(o.EndsAt) },
        }).ToArray();
        return Elements(new()
        {
            ["active"] = true, ["practitioner"] = Reference(practitioner), ["healthcareService"] = new JsonArray(Reference($"HealthcareService/{team}")),
            ["availableTime"] = times.Length > 0 ? new JsonArray(times) : null, ["notAvailable"] = away.Length > 0 ? new JsonArray(away) : null,
        });
    }

    /// <summary>FHIR's day ends a second before midnight.</summary>
    private static string Clock(int minute) => minute >= 1440 ? "23:59:59" : $"{minute / 60:00}:{minute % 60:00}:00";

    public static JsonObject Reference(string reference) => new() { ["reference"] = reference };

    private static JsonArray Roster() => new(new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = Category, ["code"] = "roster", ["display"] = "Staff roster" }) });

    private static JsonObject Extension(string name, string type, JsonNode value) => new() { ["url"] = $"{Base}/StructureDefinition/{name}", [type] = value };

    private static JsonObject Part(string name, string type, JsonNode value) => new() { ["url"] = name, [type] = value };

    public static Dictionary<string, Action<Utf8JsonWriter>?> Elements(Dictionary<string, JsonNode?> nodes) =>
        nodes.ToDictionary(n => n.Key, n => n.Value is null or JsonArray { Count: 0 } ? null : (Action<Utf8JsonWriter>?)(w => n.Value.WriteTo(w)));
}
