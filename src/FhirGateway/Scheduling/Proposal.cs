using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>A free Slot as the Appointment that could be made of it. Pure. Its id means the slot: "proposed.17" is Slot/17.</summary>
internal static class Proposal
{
    private const string Mark = "proposed.";
    private static readonly string[] Copied = ["serviceCategory", "serviceType", "specialty"];

    /// <summary>Null when the mark does not fit into an id.</summary>
    public static string? IdOf(string slot) => slot.Length + Mark.Length <= 64 ? Mark + slot : null;

    public static string? SlotOf(string appointment) => appointment.StartsWith(Mark, StringComparison.Ordinal) ? appointment[Mark.Length..] : null;

    public static byte[] Of(IReadOnlyList<JsonElement> slots, JsonElement? schedule, string status, string? patient, DateTimeOffset? until, bool marked) => FhirJson.Write(w =>
    {
        var (first, last) = (slots[0], slots[^1]);
        w.WriteStartObject();
        w.WriteString("resourceType", "Appointment");
        if (marked && IdOf(FhirJson.Text(first, "id")!) is { } id) w.WriteString("id", id);
        if (Booked.Extensions(default, until) is { } hold)
        {
            w.WritePropertyName("extension");
            hold(w);
        }
        w.WriteString("status", status);
        foreach (var name in Copied)
        {
            if (!first.TryGetProperty(name, out var value) && !(schedule is { } s && s.TryGetProperty(name, out value))) continue;
            w.WritePropertyName(name);
            FhirJson.Copy(w, value, null);
        }
        if (first.TryGetProperty("appointmentType", out var kind))
        {
            w.WritePropertyName("appointmentType");
            FhirJson.Copy(w, kind, null);
        }
        if (FhirJson.Text(first, "start") is { } start) w.WriteString("start", start);
        if (FhirJson.Text(last, "end") is { } end) w.WriteString("end", end);
        w.WriteStartArray("slot");
        foreach (var slot in slots)
        {
            w.WriteStartObject();
            w.WriteString("reference", $"Slot/{FhirJson.Text(slot, "id")}");
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteStartArray("participant");
        var accepted = status == "booked" ? "accepted" : "needs-action";
        var actors = schedule is { } of ? FhirJson.Items(of, "actor").ToList() : [];
        foreach (var actor in actors) Participant(w, accepted, x => FhirJson.Copy(x, actor, null));
        if (patient is not null) Participant(w, "accepted", x => Reference(x, patient));
        // An Appointment has at least one participant.
        if (actors.Count == 0 && patient is null) Participant(w, accepted, null);
        w.WriteEndArray();
        w.WriteEndObject();
    });

    private static void Participant(Utf8JsonWriter w, string status, Action<Utf8JsonWriter>? actor)
    {
        w.WriteStartObject();
        if (actor is not null)
        {
            w.WritePropertyName("actor");
            actor(w);
        }
        w.WriteString("status", status);
        w.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter w, string reference)
    {
        w.WriteStartObject();
        w.WriteString("reference", reference);
        w.WriteEndObject();
    }
}
