using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>http://hl7.org/fhir/R4/appointment.html: an Appointment that takes place has its slots to itself, however it was written.</summary>
internal sealed class AppointmentSlots(SlotClaims claims) : IResourceSlice
{
    /// <summary>Most appointments name no slot: those cost nothing.</summary>
    private static readonly byte[] NamesSlots = "\"Slot/"u8.ToArray();

    public string Type => "Appointment";
    public int Order => 1;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var free = new List<string>();
        var take = new List<(string Id, IReadOnlyList<string> Slots, bool Tentative, DateTimeOffset? Until, bool IsNew)>();
        foreach (var w in written)
        {
            var tentative = w.Resource is { } resource ? SlotFacts.Tentative(resource) : null;
            var slots = tentative is null ? [] : SlotFacts.Named(w.Resource!.Value);
            if (slots.Count > 0) take.Add((w.Id, slots, tentative!.Value, SlotFacts.Hold(w.Resource!.Value), w.Before is null));
            else if (w.Before.AsSpan().IndexOf(NamesSlots) >= 0) free.Add(w.Id);
        }
        // What is freed in a bundle may be taken by another of its entries.
        if (free.Count > 0) await claims.Release(tx, free);
        if (take.Count > 1) await claims.Lock(tx, take.SelectMany(t => t.Slots));
        foreach (var (id, slots, tentative, until, isNew) in take)
        {
            if (await claims.Set(tx, id, slots, tentative, until, isNew) is { } taken) return taken;
        }
        return null;
    }
}

/// <summary>http://hl7.org/fhir/R4/slot.html: a Slot that moves takes its claim along; one that is taken cannot be called free.</summary>
internal sealed class SlotSlice(SlotClaims claims) : IResourceSlice
{
    public string Type => "Slot";
    public int Order => 0;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var heard = written.Where(w => w is { Unheard: false, Resource: not null }).Select(w => w.Id).ToList();
        if (heard.Count > 0) await claims.Moved(tx, heard);
        return null;
    }
}

/// <summary>
/// http://hl7.org/fhir/R4/appointmentresponse.html: an answer is the participant's status in the Appointment; when all who
/// must come have accepted, the appointment is booked, and its slots with it.
/// </summary>
internal sealed class ResponseSlice(Lazy<WriteEngine> engine) : IResourceSlice
{
    public string Type => "AppointmentResponse";
    public int Order => 2;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var w in written)
        {
            if (w.Resource is not { } response) continue;
            var said = FhirJson.Text(response, "participantStatus");
            if (said is not ("accepted" or "declined" or "tentative" or "needs-action")) continue;
            if (FhirJson.Text(response, "appointment", "reference") is not { } reference || Reference.Split(reference) is not { Type: "Appointment", Id: var id }) continue;
            if (FhirJson.Text(response, "actor", "reference") is not { } actor) continue;
            if (await ResourceReads.Body(tx, $"Appointment/{id}") is not { } appointment || Answered(appointment, actor, said) is null) continue;
            // Of two answers at once the second sees the first: on the row as it is when it is locked.
            var stored = await engine.Value.Run(tx, [new WriteEntry { Kind = WriteKind.Patch, Type = "Appointment", Id = id, Patch = now => Answered(now, actor, said) ?? Encoding.UTF8.GetBytes(now.GetRawText()) }]);
            if (!stored.Ok) return stored.Problem;
        }
        return null;
    }

    /// <returns>Null when the actor is none of the participants, or has said so already.</returns>
    internal static byte[]? Answered(JsonElement appointment, string actor, string said)
    {
        var participants = FhirJson.Items(appointment, "participant").ToList();
        if (!participants.Exists(p => Is(p) && FhirJson.Text(p, "status") != said)) return null;
        var agreed = participants.All(p => Is(p) ? said == "accepted" : FhirJson.Text(p, "status") == "accepted" || FhirJson.Text(p, "required") is "optional" or "information-only");
        var changes = new Dictionary<string, Action<Utf8JsonWriter>?> { ["participant"] = w => Participants(w) };
        if (agreed && FhirJson.Text(appointment, "status") is "proposed" or "pending") Booked.Change(appointment, changes);
        return FhirJson.With(appointment, changes);

        bool Is(JsonElement participant) => FhirJson.Text(participant, "actor", "reference") == actor;

        void Participants(Utf8JsonWriter w)
        {
            w.WriteStartArray();
            foreach (var p in participants)
            {
                if (!Is(p)) FhirJson.Copy(w, p, null);
                else w.WriteRawValue(FhirJson.With(p, new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = x => x.WriteStringValue(said) }), skipInputValidation: true);
            }
            w.WriteEndArray();
        }
    }
}

/// <summary>A held appointment that is booked is held no longer.</summary>
internal static class Booked
{
    public static void Change(JsonElement appointment, Dictionary<string, Action<Utf8JsonWriter>?> changes)
    {
        changes["status"] = w => w.WriteStringValue("booked");
        if (SlotFacts.WasHeld(appointment)) changes["extension"] = Extensions(appointment, null);
    }

    /// <summary>The extensions without the hold, and with another where there is one; null when none is left.</summary>
    public static Action<Utf8JsonWriter>? Extensions(JsonElement appointment, DateTimeOffset? until)
    {
        var others = FhirJson.Items(appointment, "extension").Where(e => FhirJson.Text(e, "url") != SlotFacts.HoldUntil).ToList();
        if (others.Count == 0 && until is null) return null;
        return w =>
        {
            w.WriteStartArray();
            foreach (var other in others) FhirJson.Copy(w, other, null);
            if (until is { } end)
            {
                w.WriteStartObject();
                w.WriteString("url", SlotFacts.HoldUntil);
                w.WriteString("valueInstant", FhirJson.Instant(end));
                w.WriteEndObject();
            }
            w.WriteEndArray();
        };
    }
}
