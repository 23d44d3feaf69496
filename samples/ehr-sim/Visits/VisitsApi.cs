using System.Text.Json;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>What scripts use: the same acts as the buttons, as JSON.</summary>
internal static class VisitsApi
{
    public static void MapVisitsApi(this WebApplication app, Ehr ehr)
    {
        app.MapGet("/api/calls", () => Answer(200, new JsonArray([.. ehr.Requests.Latest.Select(c => (JsonNode)new JsonObject
        {
            ["method"] = c.Method, ["path"] = c.Path, ["status"] = c.Status, ["client"] = c.Client, ["says"] = c.Says,
        })])));
        app.MapGet("/api/appointments", () => Answer(200, new JsonArray([.. Schedule.All(ehr.Records).Select(v => (JsonNode)Row(v))])));
        app.MapPost("/api/book", async (HttpContext context) => Wish(await Body(context)) is { } wish
            ? Answer(await BookVisit.Book(ehr, wish, context.RequestAborted), created: true)
            : Answer(400, Problem("Send a JSON object: startInMinutes, patient, practitioner, reason")));
        app.MapPost("/api/appointments/{id}/reschedule", async (string id, HttpContext context) => Number(await Body(context), "minutes") is { } minutes
            ? Answer(await BookVisit.Reschedule(ehr, id, minutes, context.RequestAborted))
            : Answer(400, Problem("Send {\"minutes\": 15}")));
        app.MapPost("/api/appointments/{id}/cancel", async (string id, HttpContext context) => Answer(await BookVisit.Cancel(ehr, id, context.RequestAborted)));
        app.MapPost("/api/appointments/{id}/push", async (string id, HttpContext context) => Answer(await BookVisit.Pushed(ehr, id, context.RequestAborted)));
    }

    private static VisitWish? Wish(JsonObject? body) => body is null ? null
        : new VisitWish(Number(body, "startInMinutes") ?? 10, body.Text("patient"), body.Text("practitioner"), body.Text("reason"), Number(body, "minutes") ?? 20);

    private static int? Number(JsonObject? body, string name) =>
        body?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<int>(out var number) ? number : null;

    private static async Task<JsonObject?> Body(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        return Json.TryParse(await reader.ReadToEndAsync(context.RequestAborted), out var node) ? node as JsonObject : null;
    }

    private static IResult Answer(VisitChange change, bool created = false)
    {
        if (change.Visit is not { } visit) return Answer(change.Status, Problem(change.Problem!));
        var body = Row(visit);
        body["appointment"] = visit.Id;
        body["encounter"] = visit.EncounterId;
        body["pushed"] = JsonSerializer.SerializeToNode(change.Pushed, Json.Compact);
        return Answer(created ? 201 : 200, body);
    }

    private static JsonObject Row(BookedVisit visit) => new()
    {
        ["id"] = visit.Id,
        ["identifier"] = visit.Identifier,
        ["start"] = Instants.Write(visit.Start),
        ["end"] = Instants.Write(visit.End),
        ["status"] = visit.Status,
        ["encounterId"] = visit.EncounterId,
        ["encounterStatus"] = visit.EncounterStatus,
        ["patientId"] = visit.PatientId,
        ["patient"] = visit.PatientName,
        ["practitionerId"] = visit.PractitionerId,
        ["practitioner"] = visit.PractitionerName,
        ["reason"] = visit.Reason,
    };

    private static JsonObject Problem(string what) => new() { ["error"] = what };

    private static IResult Answer(int status, JsonNode body) => Results.Text(body.ToJsonString(Json.Compact), "application/json", statusCode: status);
}
