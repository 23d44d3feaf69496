// https://docs.oracle.com/en/industries/health/millennium-platform-apis/mfrap/op-appointment-id-patch.html
// https://github.com/cerner/fhir.cerner.com/blob/main/content/millennium/r4/base/workflow/appointment.md
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>JSON Patch as Oracle Health documents it: the listed paths, each with its conditions, and nothing else.</summary>
internal static class OraclePatch
{
    private const int LongestLink = 255;
    private const string ClinicLink = "/contained/0/telecom/0/value", PatientLink = "/contained/1/telecom/0/value";
    private const string LinkStart = "/contained/0/telecom/0/period/start", LinkEnd = "/contained/0/telecom/0/period/end";
    private static readonly string[] Links = [ClinicLink, PatientLink, LinkStart, LinkEnd];
    private static readonly string[] Statuses = ["arrived", "checked-in", "cancelled", "booked", "fulfilled"];

    /// <summary>Its own codes for a version that is missing or wrong.</summary>
    public static FhirAnswer? Version(string ifMatch, RecordVersion now) =>
        ifMatch.Length == 0 ? FhirAnswer.Problem(412, "required", "If-Match is required")
        : ifMatch != now.ETag ? FhirAnswer.Problem(409, "conflict", $"{now.Reference} is at {now.ETag}, not at {ifMatch}") : null;

    /// <returns>What is wrong, or null when all was applied.</returns>
    public static FhirAnswer? Apply(string type, JsonObject resource, JsonArray operations)
    {
        var said = operations.Select(o => (Op: o.Text("op") ?? "", Path: o.Text("path") ?? "", Value: o!["value"])).ToList();
        if (said.Count == 0) return Wrong("There is no operation");
        if (said.GroupBy(o => o.Path).FirstOrDefault(g => g.Count() > 1) is { } twice) return Wrong($"{twice.Key} is patched twice");
        return type == "Encounter" ? OnEncounter(resource, said) : OnAppointment(resource, said);
    }

    private static FhirAnswer? OnEncounter(JsonObject encounter, List<(string Op, string Path, JsonNode? Value)> said)
    {
        foreach (var (op, path, value) in said)
        {
            if (op != "replace" || path is not ("/period/start" or "/period/end")) return Wrong($"{op} {path} is not supported on Encounter");
            if (encounter["period"] is not JsonObject period) encounter["period"] = period = [];
            period[path[8..]] = value?.DeepClone();
        }
        return null;
    }

    private static FhirAnswer? OnAppointment(JsonObject appointment, List<(string Op, string Path, JsonNode? Value)> said)
    {
        var links = said.Where(o => Links.Contains(o.Path)).ToList();
        if (links.Count > 0 && OnLinks(appointment, links) is { } wrong) return wrong;
        foreach (var (op, path, value) in said.Where(o => !Links.Contains(o.Path)))
        {
            var text = value is JsonValue v && v.TryGetValue<string>(out var t) ? t : null;
            switch (op, path)
            {
                case ("replace", "/status") when Statuses.Contains(text):
                    if (text == "booked" && !said.Any(o => o is { Op: "add", Path: "/slot" })) return Wrong("Status booked needs a slot");
                    appointment["status"] = text;
                    break;
                case ("replace", "/patient-status"):
                    var patient = appointment.Objects("participant").FirstOrDefault(p => p["actor"].Text("reference")?.StartsWith("Patient/", StringComparison.Ordinal) == true);
                    if (appointment.Text("status") != "booked" || patient.Text("status") != "tentative") return Wrong("/patient-status is for tentative patients of booked appointments");
                    patient!["status"] = text;
                    break;
                default:
                    return Wrong($"{op} {path} = {text} is not supported on Appointment");
            }
        }
        return null;
    }

    /// <summary>All four together, all "add" or all "replace", only on video visits; "add" where links are is a conflict.</summary>
    private static FhirAnswer? OnLinks(JsonObject appointment, List<(string Op, string Path, JsonNode? Value)> links)
    {
        if (appointment["appointmentType"].Text("text") != "Virtual visit") return Wrong("Links are for video visits only");
        if (links.Count != Links.Length) return Wrong("Links are patched all four together");
        if (links.Select(l => l.Op).Distinct().ToList() is not [var op] || op is not ("add" or "replace")) return Wrong("Links are all added or all replaced");
        var has = Room(appointment, "Provider Virtual Meeting Room") is not null;
        if (op == "add" && has) return FhirAnswer.Problem(409, "conflict", "The links were added before");
        if (op == "replace" && !has) return Wrong("There are no links to replace");
        string Of(string path) => links.First(l => l.Path == path).Value?.GetValue<string>() ?? "";
        if (Of(ClinicLink).Length is 0 or > LongestLink || Of(PatientLink).Length is 0 or > LongestLink) return Wrong($"A link has 1 to {LongestLink} characters");
        Put(appointment, "28", "Patient Virtual Meeting Room", Of(PatientLink), Of(LinkStart), Of(LinkEnd));
        Put(appointment, "31", "Provider Virtual Meeting Room", Of(ClinicLink), Of(LinkStart), Of(LinkEnd));
        return null;
    }

    private static void Put(JsonObject appointment, string id, string type, string link, string start, string end)
    {
        var room = Room(appointment, type);
        if (room is null)
        {
            room = new JsonObject { ["resourceType"] = "HealthcareService", ["id"] = id, ["type"] = new JsonArray(new JsonObject { ["text"] = type }) };
            if (appointment["contained"] is not JsonArray contained) appointment["contained"] = contained = [];
            contained.Add(room);
            appointment["participant"]!.AsArray().Add(new JsonObject
            {
                ["type"] = new JsonArray(new JsonObject { ["text"] = type }), ["actor"] = new JsonObject { ["reference"] = $"#{id}" }, ["status"] = "accepted",
            });
        }
        room["telecom"] = new JsonArray(new JsonObject
        {
            ["system"] = "url", ["value"] = link, ["period"] = new JsonObject { ["start"] = start, ["end"] = end },
        });
    }

    private static JsonObject? Room(JsonObject appointment, string type) =>
        appointment.Objects("contained").FirstOrDefault(c => c.Objects("type").Any(t => t.Text("text") == type));

    private static FhirAnswer Wrong(string what) => FhirAnswer.Problem(400, "processing", what);
}
