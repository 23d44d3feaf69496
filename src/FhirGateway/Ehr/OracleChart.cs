using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>
/// A visit's course as Oracle Health takes it: JSON Patch of the few paths it lists, each with its own rules
/// (https://docs.oracle.com/en/industries/health/millennium-platform-apis/mfrap/op-appointment-id-patch.html). Pure.
/// </summary>
internal static class OracleChart
{
    /// <summary>Longer links are refused there.</summary>
    internal const int LongestLink = 255;

    /// <summary>No-show is not among the statuses that it lets a client set: it stays with the front desk.</summary>
    public static JsonArray? Appointment(JsonElement resource, VisitFacts facts, bool withLink)
    {
        var before = FhirJson.Text(resource, "status");
        if (VisitStatuses.AppointmentRank(before) == 3) return null;
        var patch = new JsonArray();
        var status = facts.Target is { } target and not VisitStatus.NoShow ? VisitStatuses.Appointment(target) : null;
        var moves = status is not null && VisitStatuses.AppointmentRank(before) < VisitStatuses.AppointmentRank(status);
        // "/patient-status" is theirs alone, and open only while the appointment is booked and the patient's answer tentative.
        if (before == "booked" && !moves && facts.People.Any(p => p.Role == nameof(SeatRole.Patient)) && Tentative(resource)) patch.Add(Operation("replace", "/patient-status", "accepted"));
        if (moves) patch.Add(Operation("replace", "/status", status!));
        if (withLink && facts.Links is { From: { } from, Until: { } until } links) Links(patch, resource, links, from, until);
        return patch.Count == 0 ? null : patch;
    }

    /// <summary>Of an Encounter the times only; its status follows from the appointment there.</summary>
    public static JsonArray? Encounter(JsonElement resource, VisitFacts facts)
    {
        if (!PlainChart.IsTheVisit(resource) || facts.Target is null) return null;
        var told = facts.AsTold;
        var patch = new JsonArray();
        if (told.StartedAt is { } started && FhirJson.Text(resource, "period", "start") is null) patch.Add(Operation("replace", "/period/start", FhirJson.Instant(started)));
        if (told.FinishedAt is { } finished && FhirJson.Text(resource, "period", "end") is null) patch.Add(Operation("replace", "/period/end", FhirJson.Instant(finished)));
        return patch.Count == 0 ? null : patch;
    }

    /// <summary>Index 0 is the clinic's link and 1 the patient's; all four or none, all "add" or all "replace".</summary>
    private static void Links(JsonArray patch, JsonElement resource, JoinLinks links, DateTimeOffset from, DateTimeOffset until)
    {
        if (links.Patient.Length > LongestLink || links.Clinic.Length > LongestLink) return;
        var (clinic, patient) = (Room(resource, "Provider Virtual Meeting Room"), Room(resource, "Patient Virtual Meeting Room"));
        var (start, end) = (FhirJson.Instant(from), FhirJson.Instant(until));
        if (Said(clinic, "value") == links.Clinic && Said(patient, "value") == links.Patient && Same(Said(clinic, "period", "start"), from) && Same(Said(clinic, "period", "end"), until)) return;
        var op = Said(clinic, "value") is null && Said(patient, "value") is null ? "add" : "replace";
        patch.Add(Operation(op, "/contained/0/telecom/0/value", links.Clinic));
        patch.Add(Operation(op, "/contained/1/telecom/0/value", links.Patient));
        patch.Add(Operation(op, "/contained/0/telecom/0/period/start", start));
        patch.Add(Operation(op, "/contained/0/telecom/0/period/end", end));
    }

    /// <summary>Read by what it says it is: the order of reading is not that of patching.</summary>
    private static JsonElement Room(JsonElement resource, string type) =>
        FhirJson.Items(resource, "contained").FirstOrDefault(c => FhirJson.Text(c, "resourceType") == "HealthcareService" && FhirJson.Text(c, "type", "text") == type);

    private static string? Said(JsonElement room, params ReadOnlySpan<string> path) =>
        room.ValueKind == JsonValueKind.Object && FhirJson.Items(room, "telecom").FirstOrDefault() is { ValueKind: JsonValueKind.Object } telecom ? FhirJson.Text(telecom, path) : null;

    private static bool Same(string? said, DateTimeOffset at) => DateTimeOffset.TryParse(said, out var read) && Math.Abs((read - at).TotalSeconds) < 1;

    private static bool Tentative(JsonElement resource) => FhirJson.Items(resource, "participant").Any(p =>
        FhirJson.Text(p, "status") == "tentative" && FhirJson.Text(p, "actor", "reference") is { } actor && (actor.StartsWith("Patient/", StringComparison.Ordinal) || actor.Contains("/Patient/", StringComparison.Ordinal)));

    private static JsonObject Operation(string op, string path, string value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
