using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>A booked visit as the EHR's people see it: the Appointment with its Encounter and the two persons.</summary>
internal sealed record BookedVisit(JsonObject Appointment, JsonObject? Encounter, JsonObject? Patient, JsonObject? Practitioner)
{
    public string Id => Appointment.Text("id")!;
    public string? Identifier => Appointment.Objects("identifier").FirstOrDefault().Text("value");
    public string Status => Appointment.Text("status")!;
    public DateTimeOffset Start => Instants.Read(Appointment.Text("start")) ?? DateTimeOffset.MinValue;
    public DateTimeOffset End => Instants.Read(Appointment.Text("end")) ?? Start.AddMinutes(20);
    public string Reason => Appointment.Objects("reasonCode").FirstOrDefault().Text("text") ?? "no reason given";
    public string? EncounterId => Encounter.Text("id");
    public string? EncounterStatus => Encounter.Text("status");
    public string? PatientId => Patient.Text("id");
    public string? PractitionerId => Practitioner.Text("id");
    public string PatientName => PersonName.Of(Patient);
    public string PractitionerName => PersonName.Of(Practitioner);

    public bool IsOver =>
        Status is "fulfilled" or "cancelled" or "noshow" or "entered-in-error"
        || EncounterStatus is "finished" or "cancelled" or "entered-in-error";

    public bool IsUnderWay => EncounterStatus is "arrived" or "triaged" or "in-progress" or "onleave";
}

internal static class Schedule
{
    /// <summary>How long after its start a visit may still be meant by "the next visit".</summary>
    private static readonly TimeSpan StillMeant = TimeSpan.FromMinutes(60);

    public static IReadOnlyList<BookedVisit> All(Records records)
    {
        var encounters = records.All("Encounter").Select(v => v.Resource!)
            .SelectMany(e => e.Objects("appointment").Select(a => (Appointment: a.Text("reference") ?? "", Encounter: e)))
            .ToLookup(p => p.Appointment, p => p.Encounter);
        return [.. records.All("Appointment").Select(v => Visit(v.Resource!, encounters[v.Reference].FirstOrDefault(), records)).OrderBy(v => v.Start).ThenBy(v => v.Id, StringComparer.Ordinal)];
    }

    /// <summary>By the id here or by the identifier that both systems know.</summary>
    public static BookedVisit? Find(Records records, string idOrIdentifier) =>
        All(records).FirstOrDefault(v => v.Id == idOrIdentifier)
        ?? All(records).FirstOrDefault(v => v.Appointment.Objects("identifier")
            .Any(i => i.Text("value") == idOrIdentifier || $"{i.Text("system")}|{i.Text("value")}" == idOrIdentifier));

    /// <summary>The same answer for everybody who asks: a patient and a clinician who launch "now" meet.</summary>
    public static BookedVisit? Next(Records records, DateTimeOffset now, string? patient = null) =>
        All(records).FirstOrDefault(v => !v.IsOver && v.Start >= now - StillMeant && (v.End > now || v.IsUnderWay)
            && (patient is null || v.PatientId == patient));

    private static BookedVisit Visit(JsonObject appointment, JsonObject? encounter, Records records)
    {
        JsonObject? Actor(string type) => records.Find(appointment.Objects("participant")
            .Select(p => p["actor"].Text("reference")).FirstOrDefault(r => r?.StartsWith(type + "/", StringComparison.Ordinal) == true));
        return new BookedVisit(appointment, encounter, Actor("Patient"), Actor("Practitioner"));
    }
}

internal static class PersonName
{
    public static string Of(JsonObject? person)
    {
        var name = person.Objects("name").FirstOrDefault();
        if (name is null) return "unknown";
        return name.Text("text") ?? string.Join(' ', name.Texts("prefix").Concat(name.Texts("given")).Append(name.Text("family")));
    }

    /// <summary>FAMILY NAME, Given (title): the order in which clinicians look for a person.</summary>
    public static string Clinical(JsonObject? person)
    {
        var name = person.Objects("name").FirstOrDefault();
        if (name is null) return "unknown";
        var title = string.Join(' ', name.Texts("prefix"));
        return $"{name.Text("family")?.ToUpperInvariant() ?? "UNKNOWN"}, {string.Join(' ', name.Texts("given"))}{(title.Length > 0 ? $" ({title})" : "")}";
    }
}
