using System.Globalization;
using System.Text.Json;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>
/// http://hl7.org/fhir/R4/slot.html: a Slot on a Schedule of a roster is a thing on that roster (<see cref="ShiftSlotDoor"/>): free on
/// the team's an open shift, busy on a person's a shift, busy-unavailable time off. Slots of other Schedules are for patients.
/// </summary>
internal sealed class RosterSlotSlice(ShiftSlotDoor door) : IResourceSlice
{
    public string Type => "Slot";
    public int Order => 5;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        var caller = tx.Actor.Caller is { Kind: CallerKind.Staff } person ? person : null;
        foreach (var one in written)
        {
            if (await One(tx, caller, one) is { } refused) return refused.Code == BrokenRules.Code ? refused with { Where = "Slot", Code = "business-rule" } : refused with { Where = refused.Where ?? "Slot" };
        }
        return null;
    }

    private async Task<Problem?> One(Tx tx, Caller? caller, Written one)
    {
        var known = Guid.TryParse(one.Id, out var id) && await ShiftSlotDoor.Known(tx, id);
        var schedule = one.Resource is { } said && Reference.Split(FhirJson.Text(said, "schedule", "reference") ?? "") is { Type: "Schedule", Id: var text } && Guid.TryParse(text, out var named)
            && await ShiftSlotDoor.Of(tx, named) is not null ? named : (Guid?)null;
        if (!known && schedule is null) return null;
        // A patient's or guest's token has no business on a roster.
        if (caller is null && tx.Actor.Kind != CallerKind.System) return Problem.Forbidden("A roster is written by its managers and the hospital's systems.", "not-yours");
        if (one.Resource is not { } slot) return await door.Forget(tx, caller, id);
        if (schedule is not { } on) return Problem.Unprocessable("A shift stays on a Schedule of its roster.", "Slot.schedule", "business-rule");
        if (id.ToString() != one.Id) return Problem.Unprocessable("The id of a shift is a UUID in lower case: POST the Slot, and it gets one.", "Slot.id", "business-rule");
        if (Instant(slot, "start") is not { } start || Instant(slot, "end") is not { } end) return Problem.Unprocessable("A shift has a start and an end.", "Slot.start", "required");
        return await door.Hear(tx, caller, new SlotSaid(id, on, FhirJson.Text(slot, "status") ?? "", start, end, FhirJson.Text(slot, "comment"), Extension(slot, "shift-group", "valueString"),
            FhirJson.Items(slot, "extension").Where(e => FhirJson.Text(e, "url") == Url("slot-count") && e.TryGetProperty("valueInteger", out _)).Select(e => e.GetProperty("valueInteger").TryGetInt32(out var n) ? n : (int?)null).FirstOrDefault(),
            Extension(slot, "shift-theme", "valueCode"), [.. Activities(slot)],
            [.. FhirJson.Items(slot, "extension").Where(e => FhirJson.Text(e, "url") == Url("required-skill")).Select(e => FhirJson.Text(e, "valueString")).OfType<string>()]));
    }

    private static IEnumerable<ShiftActivity> Activities(JsonElement slot) => FhirJson.Items(slot, "extension").Where(e => FhirJson.Text(e, "url") == Url("shift-activity")).Select(e =>
    {
        var parts = FhirJson.Items(e, "extension").ToList();
        var period = parts.Find(p => FhirJson.Text(p, "url") == "period");
        var code = parts.Select(p => FhirJson.Text(p, "url") == "code" ? FhirJson.Text(p, "valueCode") : null).FirstOrDefault(c => c is not null) ?? "";
        return new ShiftActivity(code == "activity" ? "" : code, parts.Select(p => FhirJson.Text(p, "url") == "name" ? FhirJson.Text(p, "valueString") : null).FirstOrDefault(n => n is not null) ?? "",
            parts.Any(p => FhirJson.Text(p, "url") == "paid" && p.TryGetProperty("valueBoolean", out var paid) && paid.ValueKind == JsonValueKind.True),
            Moment(FhirJson.Text(period, "valuePeriod", "start")) ?? default, Moment(FhirJson.Text(period, "valuePeriod", "end")) ?? default);
    });

    private static string Url(string name) => $"{RosterToFhir.Base}/StructureDefinition/{name}";
    private static string? Extension(JsonElement slot, string name, string value) => FhirJson.Items(slot, "extension").Where(e => FhirJson.Text(e, "url") == Url(name)).Select(e => FhirJson.Text(e, value)).FirstOrDefault();
    private static DateTimeOffset? Instant(JsonElement slot, string name) => Moment(FhirJson.Text(slot, name));
    private static DateTimeOffset? Moment(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUniversalTime() : null;
}
