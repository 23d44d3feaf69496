using System.Runtime.InteropServices;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Operations;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.FhirGateway.Validation;

namespace HealthTeams.FhirGateway.Scheduling;

/// <summary>
/// https://profiles.ihe.net/ITI/Scheduling (ITI-116, ITI-117): $hold keeps free slots for a while, $book has them. Both make
/// or change an Appointment by the write engine, so events, visits and subscriptions hear of it as of every other.
/// </summary>
internal sealed class BookOperation(Booking booking, bool hold) : IOperation
{
    public string Name => hold ? "hold" : "book";
    public string Definition => $"https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-{Name}";
    public OperationLevel Levels => OperationLevel.Type | OperationLevel.Instance;
    public IReadOnlyList<string> Types => ["Appointment"];
    public bool AffectsState => true;

    public Task<FhirAnswer> Run(OperationCall call, CancellationToken stop) => booking.Run(call, hold, stop);
}

internal sealed class Booking(Db db, WriteEngine engine, SlotClaims claims, IResourceValidator validator, FhirSettings settings)
{
    public async Task<FhirAnswer> Run(OperationCall call, bool hold, CancellationToken stop)
    {
        var wish = Read(call);
        if (!wish.Ok) return FhirAnswer.Of(wish.Problem);
        var limit = FhirAccess.Reach(call.Caller, "Appointment", wish.Value.Stored is null ? 'c' : 'u');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        var done = await db.In<Outcome<WriteResult>>(call.Caller.Tenant, call.Caller.Actor, async tx =>
        {
            var entry = await Entry(tx, wish.Value, hold, limit.Value);
            if (!entry.Ok) return tx.Abandon<Outcome<WriteResult>>(entry.Problem);
            var written = await engine.Run(tx, [entry.Value]);
            if (!written.Ok) return tx.Abandon<Outcome<WriteResult>>(written.Problem);
            return Writing.Allowed(limit.Value, written.Value) is { } no ? tx.Abandon<Outcome<WriteResult>>(no) : written.Value[0];
        }, stop);
        return done.Ok ? Answer(call, done.Value) : FhirAnswer.Of(done.Problem);
    }

    /// <summary>What is to be booked: a stored Appointment, an Appointment that is sent, or slots.</summary>
    private Outcome<Wish> Read(OperationCall call)
    {
        var sent = call.Resource("appointment-resource") ?? call.Resource("appt-resource") ?? call.Resource("appointment") ?? call.Resource("resource")
            ?? (call.Request.Body is { } body && FhirJson.Text(body, "resourceType") == "Appointment" ? body : (JsonElement?)null);
        var slots = call.All("slot").Concat(call.All("slot-reference")).Select(Id).Distinct().ToList();
        var said = call.One("appointment-reference") ?? call.One("appt-id");
        var reference = call.Id ?? (said is null ? null : Id(said));
        var patient = call.One("patient-reference") ?? call.One("patient");
        if (patient is not null && !patient.Contains('/', StringComparison.Ordinal)) patient = $"Patient/{patient}";
        if (sent is { } appointment)
        {
            if (FhirJson.Text(appointment, "resourceType") != "Appointment") return Problem.Invalid("The resource to book is an Appointment.", "appointment-resource");
            var own = reference ?? FhirJson.Text(appointment, "id");
            return new Wish(own is null || Proposal.SlotOf(own) is not null ? null : own, appointment, SlotFacts.Named(appointment), patient);
        }
        if (reference is not null) return Proposal.SlotOf(reference) is { } slot ? new Wish(null, null, [slot], patient) : new Wish(reference, null, [], patient);
        return slots.Count > 0 ? new Wish(null, null, slots, patient)
            : Problem.Invalid("Name what to book: appointment-reference, appointment-resource, or slot.", "appointment-reference", "required");

        string Id(string text) => Search.Reference.Split(Search.Reference.Local(text, settings.Base)).Id;
    }

    private async Task<Outcome<WriteEntry>> Entry(Tx tx, Wish wish, bool hold, Limit limit)
    {
        var stored = wish.Stored is { } id ? await ResourceReads.Body(tx, $"Appointment/{id}") : null;
        // What is beyond the scope does not exist, and tells nothing of its state.
        if (stored is { } there && !FhirAccess.Belongs(limit, "Appointment", wish.Stored!, JsonMarshal.GetRawUtf8Value(there).ToArray())) return Problem.NotFound($"Appointment/{wish.Stored} does not exist.");
        if (stored is null && wish.Stored is not null && wish.Sent is null) return Problem.NotFound($"Appointment/{wish.Stored} does not exist.");
        var appointment = wish.Sent ?? stored;
        var cancelling = wish.Sent is { } sent && FhirJson.Text(sent, "status") == "cancelled" && stored is not null;
        if (!cancelling && stored is { } now && FhirJson.Text(now, "status") is not ("proposed" or "pending" or "waitlist" or "booked") and var over) return Problem.Conflict($"Appointment/{wish.Stored} is {over}: it cannot be {(hold ? "held" : "booked")}.");
        if (hold && stored is { } taken && FhirJson.Text(taken, "status") == "booked") return Problem.Conflict($"Appointment/{wish.Stored} is booked already.");
        var named = wish.Slots.Count > 0 ? wish.Slots : appointment is { } a ? SlotFacts.Named(a) : [];
        if (named.Count == 0 && !cancelling) return Problem.Unprocessable("The appointment names no slot of this server.", "Appointment.slot", "required");
        if (cancelling) return await Made(wish.Sent!.Value, wish.Stored);
        if (await NotFree(tx, named, wish.Stored) is { } no) return no;

        DateTimeOffset? until = hold ? tx.Now + settings.Limits.Hold : null;
        var slots = await ResourceReads.Bodies(tx, named.Select(s => $"Slot/{s}"));
        if (appointment is not { } whole)
        {
            var first = slots[$"Slot/{named[0]}"];
            var schedule = FhirJson.Text(first, "schedule", "reference") is { } reference ? await ResourceReads.Body(tx, reference) : null;
            return await Made(Json(Proposal.Of([.. named.Select(s => slots[$"Slot/{s}"])], schedule, hold ? "pending" : "booked", wish.Patient, until, marked: false)), null);
        }
        var changes = new Dictionary<string, Action<Utf8JsonWriter>?>();
        Booked.Change(whole, changes);
        if (hold)
        {
            changes["status"] = w => w.WriteStringValue("pending");
            changes["extension"] = Booked.Extensions(whole, until);
        }
        if (FhirJson.Text(whole, "start") is null && FhirJson.Text(slots[$"Slot/{named[0]}"], "start") is { } start) changes["start"] = w => w.WriteStringValue(start);
        if (FhirJson.Text(whole, "end") is null && FhirJson.Text(slots[$"Slot/{named[^1]}"], "end") is { } end) changes["end"] = w => w.WriteStringValue(end);
        return await Made(Json(FhirJson.With(whole, changes)), stored is null ? null : wish.Stored);
    }

    /// <summary>After the wait for others who book the same: each slot is here, and free or this appointment's own.</summary>
    private async Task<Problem?> NotFree(Tx tx, IReadOnlyList<string> named, string? appointment)
    {
        await claims.Lock(tx, named);
        var slots = await ResourceReads.Bodies(tx, named.Select(s => $"Slot/{s}"));
        var claimed = (await tx.Query<(string Slot, string Appointment, DateTimeOffset? Until)>(
            "select slot, appointment, until from fhir.slot_claim where tenant = @Tenant and slot = any(@ids)", new { tx.Tenant, ids = named.ToArray() })).ToDictionary(c => c.Slot);
        foreach (var slot in named)
        {
            if (!slots.TryGetValue($"Slot/{slot}", out var resource)) return Problem.Unprocessable($"Slot/{slot} does not exist.", "Appointment.slot", "not-found");
            if (claimed.TryGetValue(slot, out var claim) && (claim.Appointment == appointment || claim.Until <= tx.Now)) continue;
            if (FhirJson.Text(resource, "status") is not "free" and var status) return Problem.Conflict($"Slot/{slot} is {status}, not free. Look for another with $find.") with { Where = "Appointment.slot" };
        }
        return null;
    }

    private Task<Outcome<WriteEntry>> Made(JsonElement appointment, string? id)
    {
        var issues = validator.Validate(JsonMarshal.GetRawUtf8Value(appointment), "Appointment");
        return Task.FromResult<Outcome<WriteEntry>>(issues.Count > 0 ? new Problem(400, issues[0].Code, issues[0].Diagnostics, issues[0].Expression)
            : new WriteEntry { Kind = id is null ? WriteKind.Create : WriteKind.Update, Type = "Appointment", Id = id, Body = appointment });
    }

    private static FhirAnswer Answer(OperationCall call, WriteResult result) => new(200, FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        w.WriteNumber("total", 1);
        w.WriteStartArray("entry");
        FindAppointments.Matched(w, result.Body!, $"{call.Request.Base}/Appointment/{result.Id}");
        w.WriteEndArray();
        w.WriteEndObject();
    })) { Type = "Bundle" };

    private static JsonElement Json(byte[] body) => JsonDocument.Parse(body).RootElement;

    /// <param name="Stored">The Appointment that is changed; null makes a new one.</param>
    private sealed record Wish(string? Stored, JsonElement? Sent, IReadOnlyList<string> Slots, string? Patient);
}
