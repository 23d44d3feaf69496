using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

internal sealed record VisitWish(int StartInMinutes, string? Patient, string? Practitioner, string? Reason, int Minutes = 20);

/// <summary>What became of a change to a visit: the visit and what the product said to it, or why nothing happened.</summary>
internal sealed record VisitChange(BookedVisit? Visit, PushResult? Pushed, int Status, string? Problem)
{
    public static VisitChange Refused(int status, string problem) => new(null, null, status, problem);
}

internal static class BookVisit
{
    private const string Ids = "https://hospital.example/id/";

    public static async Task<VisitChange> Book(Ehr ehr, VisitWish wish, CancellationToken cancellation)
    {
        if (wish.StartInMinutes is < -1440 or > 525600 || wish.Minutes is < 5 or > 480) return VisitChange.Refused(400, "A visit starts within a year and lasts 5 to 480 minutes");
        if (Person(ehr, "Patient", wish.Patient) is not { } patient) return VisitChange.Refused(404, $"No patient {wish.Patient}");
        if (Person(ehr, "Practitioner", wish.Practitioner) is not { } practitioner) return VisitChange.Refused(404, $"No clinician {wish.Practitioner}");
        var (appointmentId, encounterId) = ehr.Records.Atomically(() =>
        {
            var ids = (ehr.Records.NewId("Appointment"), ehr.Records.NewId("Encounter"));
            ehr.Records.WriteAll(Both(ehr, wish, patient, practitioner, ids), "ehr");
            return ids;
        });
        return await Pushed(ehr, appointmentId, cancellation);
    }

    public static Task<VisitChange> Reschedule(Ehr ehr, string id, int minutes, CancellationToken cancellation) => Change(ehr, id, visit =>
    {
        var appointment = (JsonObject)visit.Appointment.DeepClone();
        appointment["start"] = Instants.Write(visit.Start.AddMinutes(minutes));
        appointment["end"] = Instants.Write(visit.End.AddMinutes(minutes));
        return [new RecordChange("Appointment", visit.Id, appointment)];
    }, cancellation);

    public static Task<VisitChange> Cancel(Ehr ehr, string id, CancellationToken cancellation) => Change(ehr, id, visit =>
    {
        var appointment = (JsonObject)visit.Appointment.DeepClone();
        appointment["status"] = "cancelled";
        appointment["cancelationReason"] = new JsonObject { ["text"] = "Cancelled in the EHR" };
        if (visit.Encounter is null) return [new RecordChange("Appointment", visit.Id, appointment)];
        var encounter = (JsonObject)visit.Encounter.DeepClone();
        encounter["status"] = "cancelled";
        return [new RecordChange("Appointment", visit.Id, appointment), new RecordChange("Encounter", visit.EncounterId!, encounter)];
    }, cancellation);

    public static async Task<VisitChange> Pushed(Ehr ehr, string id, CancellationToken cancellation)
    {
        if (Schedule.Find(ehr.Records, id) is not { } visit) return VisitChange.Refused(404, $"No appointment {id}");
        return new VisitChange(visit, await ehr.Push.Send(visit, cancellation), 200, null);
    }

    private static async Task<VisitChange> Change(Ehr ehr, string id, Func<BookedVisit, List<RecordChange>> change, CancellationToken cancellation)
    {
        var refused = ehr.Records.Atomically(() =>
        {
            if (Schedule.Find(ehr.Records, id) is not { } visit) return VisitChange.Refused(404, $"No appointment {id}");
            if (visit.IsOver) return VisitChange.Refused(409, $"The visit is {visit.Status} already");
            ehr.Records.WriteAll(change(visit), "ehr");
            return null;
        });
        return refused ?? await Pushed(ehr, id, cancellation);
    }

    private static List<RecordChange> Both(Ehr ehr, VisitWish wish, JsonObject patient, JsonObject practitioner, (string Appointment, string Encounter) ids)
    {
        var start = ehr.Now.AddMinutes(wish.StartInMinutes);
        start = start.AddTicks(-(start.Ticks % TimeSpan.TicksPerMinute));
        var number = start.UtcDateTime.ToString("yyyyMMdd'T'HHmm", CultureInfo.InvariantCulture) + "-" + Secrets.ShortHex();
        var reason = string.IsNullOrWhiteSpace(wish.Reason) ? "Virtual visit" : wish.Reason.Trim();
        var clinic = ehr.Records.All("Location").FirstOrDefault(l => l.Resource!["physicalType"].Objects("coding").Any(c => c.Text("code") == "vi"))?.Resource;
        JsonArray Reasons() => new(new JsonObject { ["text"] = reason });

        var appointment = new JsonObject
        {
            ["resourceType"] = "Appointment",
            ["identifier"] = Identifier("appointment", "A-" + number),
            ["status"] = "booked",
            ["appointmentType"] = new JsonObject { ["text"] = "Virtual visit" },
            ["reasonCode"] = Reasons(),
            ["description"] = "Virtual visit",
            ["start"] = Instants.Write(start),
            ["end"] = Instants.Write(start.AddMinutes(wish.Minutes)),
            ["minutesDuration"] = wish.Minutes,
            ["participant"] = new JsonArray([.. new[] { patient, practitioner, clinic }.OfType<JsonObject>()
                .Select(who => (JsonNode)new JsonObject { ["actor"] = Reference(who), ["required"] = "required", ["status"] = "accepted" })]),
        };
        var encounter = new JsonObject
        {
            ["resourceType"] = "Encounter",
            ["identifier"] = Identifier("encounter", "V-" + number),
            ["status"] = "planned",
            ["class"] = new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ActCode", ["code"] = "VR", ["display"] = "virtual" },
            ["subject"] = Reference(patient),
            ["participant"] = new JsonArray(new JsonObject { ["individual"] = Reference(practitioner) }),
            ["appointment"] = new JsonArray(new JsonObject { ["reference"] = $"Appointment/{ids.Appointment}" }),
            ["reasonCode"] = Reasons(),
        };
        if (clinic is not null) encounter["location"] = new JsonArray(new JsonObject { ["location"] = Reference(clinic) });
        return [new RecordChange("Appointment", ids.Appointment, appointment), new RecordChange("Encounter", ids.Encounter, encounter)];
    }

    /// <summary>By id or identifier value; the first on the books when nobody is named.</summary>
    private static JsonObject? Person(Ehr ehr, string type, string? wanted)
    {
        var all = ehr.Records.All(type).Select(v => v.Resource!);
        return string.IsNullOrWhiteSpace(wanted)
            ? all.FirstOrDefault()
            : all.FirstOrDefault(p => p.Text("id") == wanted || p.Objects("identifier").Any(i => i.Text("value") == wanted));
    }

    private static JsonArray Identifier(string kind, string value) => new(new JsonObject { ["system"] = Ids + kind, ["value"] = value });

    private static JsonObject Reference(JsonObject resource) => new()
    {
        ["reference"] = $"{resource.Text("resourceType")}/{resource.Text("id")}",
        ["display"] = resource.Text("name") ?? PersonName.Of(resource),
    };
}
