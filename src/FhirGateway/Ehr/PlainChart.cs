using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>
/// A visit's course in plain R4: status of Appointment and Encounter, who came, the join link as R5's Appointment.virtualService
/// (http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService). Pure; null: nothing to change.
/// </summary>
internal static class PlainChart
{
    internal const string VirtualService = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService";

    public static JsonObject? Appointment(JsonElement resource, VisitFacts facts, bool withLink)
    {
        var before = FhirJson.Text(resource, "status");
        var next = facts.Target is { } target && VisitStatuses.AppointmentRank(before) < VisitStatuses.AppointmentRank(VisitStatuses.Appointment(target))
            ? Object(VisitProjection.Appointment(resource, facts.AsTold)) : null;
        // What is over in the EHR is left as it is.
        if (next is null && VisitStatuses.AppointmentRank(before) == 3) return null;
        var changed = next ?? Object(resource);
        var accepted = Accept(changed, facts);
        var linked = withLink && facts.Links is { } links && Link(changed, links.Patient);
        return next is not null || accepted || linked ? changed : null;
    }

    public static JsonObject? Encounter(JsonElement resource, VisitFacts facts)
    {
        if (!IsTheVisit(resource)) return null;
        var rank = VisitStatuses.EncounterRank(FhirJson.Text(resource, "status"));
        var next = facts.Target is { } target && rank < VisitStatuses.EncounterRank(VisitStatuses.Encounter(target))
            ? Object(VisitProjection.Encounter(resource, facts.AsTold, facts.At)) : null;
        if (next is null && rank == 4) return null;
        var changed = next ?? Object(resource);
        return Present(changed, facts.People) || next is not null ? changed : null;
    }

    /// <summary>A launch from an in-patient's chart means the stay's encounter: a video call held during it must never begin or close the stay.</summary>
    internal static bool IsTheVisit(JsonElement encounter) =>
        FhirJson.Text(encounter, "class", "code") == "VR" || FhirJson.Items(encounter, "appointment").Any();

    /// <summary>Whoever came had accepted: an open answer of theirs is closed. A refusal is theirs to take back.</summary>
    private static bool Accept(JsonObject appointment, VisitFacts facts)
    {
        var changed = false;
        foreach (var who in facts.People)
        {
            if (Participant(appointment, "actor", who) is not { } participant || participant["status"]?.GetValue<string>() is not ("needs-action" or "tentative")) continue;
            participant["status"] = "accepted";
            changed = true;
        }
        return changed;
    }

    /// <summary>
    /// When clinicians were there, in Encounter.participant.period. A start stays as it was said first; an end moves forward only,
    /// for people leave and come back.
    /// </summary>
    private static bool Present(JsonObject encounter, IReadOnlyList<Attendance> people)
    {
        var changed = false;
        foreach (var who in people.Where(p => p.Role == nameof(SeatRole.Host)))
        {
            var participant = Participant(encounter, "individual", who);
            if (participant is null)
            {
                if (who.Reference is null) continue;
                participant = new JsonObject { ["individual"] = new JsonObject { ["reference"] = who.Reference } };
                if (encounter["participant"] is not JsonArray all) encounter["participant"] = all = [];
                all.Add(participant);
            }
            if (participant["period"] is not JsonObject period) participant["period"] = period = [];
            if (period["start"] is null)
            {
                period["start"] = FhirJson.Instant(who.JoinedAt);
                changed = true;
            }
            if (who.LeftAt is not { } left || (period["end"] is { } said && DateTimeOffset.TryParse(said.GetValue<string>(), out var end) && end >= left.AddMilliseconds(-1))) continue;
            period["end"] = FhirJson.Instant(left);
            changed = true;
        }
        return changed;
    }

    /// <summary>
    /// The entry that means this person: by reference where the EHR's is known; else the only patient, or the only clinician, when
    /// the visit is booked for exactly the one who came. Anything less certain is nobody.
    /// </summary>
    private static JsonObject? Participant(JsonObject resource, string name, Attendance who)
    {
        var entries = (resource["participant"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        string Reference(JsonObject entry) => (entry[name] as JsonObject)?["reference"]?.GetValue<string>() ?? "";
        if (who.Reference is { } known && entries.Find(e => Reference(e) == known || Reference(e).EndsWith("/" + known, StringComparison.Ordinal)) is { } same) return same;
        var isPatient = who.Role == nameof(SeatRole.Patient);
        if (who.Reference is not null || !(isPatient || (who.Role == nameof(SeatRole.Host) && who.Booked))) return null;
        return entries.FindAll(e => Type(Reference(e)) is var type && (isPatient ? type == "Patient" : type is "Practitioner" or "PractitionerRole")) is [var only] ? only : null;
    }

    private static string Type(string reference) => reference.Split('/') is [.., var type, _] ? type : "";

    private static bool Link(JsonObject appointment, string address)
    {
        if (appointment["extension"] is not JsonArray extensions) appointment["extension"] = extensions = [];
        var ours = extensions.OfType<JsonObject>().Where(e => e["url"]?.GetValue<string>() == VirtualService).SelectMany(e => (e["extension"] as JsonArray ?? []).OfType<JsonObject>())
            .FirstOrDefault(e => e["valueUrl"]?.GetValue<string>() is { } said && SameProduct(said, address));
        if (ours is null)
        {
            extensions.Add(new JsonObject { ["url"] = VirtualService, ["extension"] = new JsonArray(new JsonObject { ["url"] = "address", ["valueUrl"] = address }) });
            return true;
        }
        if (ours["valueUrl"]!.GetValue<string>() == address) return false;
        ours["valueUrl"] = address;
        return true;
    }

    /// <summary>Another product's link is not ours to replace.</summary>
    private static bool SameProduct(string one, string other) =>
        Uri.TryCreate(one, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b) && a.Authority == b.Authority;

    private static JsonObject Object(JsonElement resource) => (JsonObject)JsonNode.Parse(resource.GetRawText())!;

    private static JsonObject? Object(byte[]? resource) => resource is null ? null : (JsonObject)JsonNode.Parse(resource)!;
}
