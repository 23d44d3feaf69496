using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>What booking needs of a Slot, and of what an Appointment says of its slots. Pure.</summary>
/// <param name="Schedule">Null, like the times, when the Slot itself is not here yet.</param>
internal sealed record SlotFacts(string Id, string? Schedule, DateTimeOffset? Start, DateTimeOffset? End, bool Overbookable)
{
    public const string HoldUntil = "https://healthteams.example/fhir/StructureDefinition/hold-until";

    public static SlotFacts Of(string id, JsonElement? slot, TimeZoneInfo zone) => slot is not { } s ? new SlotFacts(id, null, null, null, false) : new SlotFacts(
        id, FhirJson.Text(s, "schedule", "reference"), Instant(s, "start", zone), Instant(s, "end", zone),
        s.TryGetProperty("overbooked", out var over) && over.ValueKind == JsonValueKind.True) { Here = true };

    public bool Here { get; private init; }
    public bool HasSpan => Schedule is not null && Start < End;

    /// <summary>Ids of the slots of this API that an Appointment names.</summary>
    public static IReadOnlyList<string> Named(JsonElement appointment) =>
        [.. FhirJson.Items(appointment, "slot").Select(s => FhirJson.Text(s, "reference")).OfType<string>().Select(Reference.Split).Where(r => r.Type == "Slot").Select(r => r.Id).Distinct()];

    /// <summary>Null: takes no slot. True: keeps it for somebody who has not agreed yet.</summary>
    public static bool? Tentative(JsonElement appointment) => FhirJson.Text(appointment, "status") switch
    {
        "booked" or "arrived" or "checked-in" or "fulfilled" or "noshow" => false,
        "pending" => true,
        _ => null,
    };

    /// <summary>When a hold ends; only a pending appointment is held.</summary>
    public static DateTimeOffset? Hold(JsonElement appointment) => FhirJson.Text(appointment, "status") != "pending" ? null
        : FhirJson.Items(appointment, "extension").Where(e => FhirJson.Text(e, "url") == HoldUntil).Select(e => FhirJson.Text(e, "valueInstant"))
            .OfType<string>().Select(t => DateRange.Parse(t)?.Lo).FirstOrDefault(t => t is not null);

    public static bool WasHeld(JsonElement appointment) => FhirJson.Items(appointment, "extension").Any(e => FhirJson.Text(e, "url") == HoldUntil);

    private static DateTimeOffset? Instant(JsonElement slot, string name, TimeZoneInfo zone) => FhirJson.Text(slot, name) is { } text ? DateRange.Parse(text, zone)?.Lo.ToUniversalTime() : null;
}
