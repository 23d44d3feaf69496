using System.Text.Json;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.AuditEvents;

/// <summary>A line of the records as an R4 AuditEvent (RESTful Application Security Event profile's codes). Ids only.</summary>
internal static class AuditEventFromTrail
{
    public static void Write(Utf8JsonWriter w, TrailRow row)
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "AuditEvent");
        w.WriteString("id", row.Id.ToString());
        w.WriteStartObject("meta");
        w.WriteString("versionId", "1");
        w.WriteString("lastUpdated", FhirJson.Instant(row.At));
        w.WriteEndObject();
        w.WritePropertyName("type");
        Coding(w, "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest");
        w.WriteStartArray("subtype");
        Coding(w, row.Action.StartsWith("fhir.", StringComparison.Ordinal) || row.Read ? "http://hl7.org/fhir/restful-interaction" : "https://healthteams.example/fhir/CodeSystem/event",
            row.Action switch { "fhir.create" => "create", "fhir.update" => "update", "fhir.delete" => "delete", "search" => "search-type", "history" => "history-instance", "view" or "list" => "read", var other => other });
        w.WriteEndArray();
        w.WriteString("action", row.Action switch { "fhir.create" => "C", "fhir.update" => "U", "fhir.delete" => "D", "search" or "list" => "E", _ => row.Read ? "R" : "E" });
        w.WriteString("recorded", FhirJson.Instant(row.At));
        w.WriteString("outcome", row.Outcome switch { 0 or < 400 => "0", < 500 => "4", _ => "8" });
        Agent(w, row);
        w.WriteStartObject("source");
        w.WriteStartObject("observer");
        w.WriteString("display", "HealthTeams");
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteStartArray("entity");
        Entity(w, row.Subject, "2");
        if (row.Who is not null && row.Who != row.Subject) Entity(w, row.Who, "1");
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Agent(Utf8JsonWriter w, TrailRow row)
    {
        w.WriteStartArray("agent");
        w.WriteStartObject();
        w.WriteStartObject("who");
        w.WriteStartObject("identifier");
        w.WriteString("value", row.Actor);
        w.WriteEndObject();
        w.WriteEndObject();
        w.WriteStartArray("role");
        w.WriteStartObject();
        w.WriteString("text", row.ActorKind.ToLowerInvariant());
        w.WriteEndObject();
        w.WriteEndArray();
        if (row.Client is not null) w.WriteString("name", row.Client);
        w.WriteBoolean("requestor", true);
        if (row.Source is not null)
        {
            w.WriteStartObject("network");
            w.WriteString("address", row.Source);
            w.WriteString("type", "2");
            w.WriteEndObject();
        }
        w.WriteEndObject();
        w.WriteEndArray();
    }

    private static void Entity(Utf8JsonWriter w, string subject, string type)
    {
        w.WriteStartObject();
        w.WriteStartObject("what");
        // What is not a FHIR resource (a visit, a list) is named by identifier, not by a reference that leads nowhere.
        if (Search.Reference.Split(subject).Type is not null) w.WriteString("reference", subject);
        else
        {
            w.WriteStartObject("identifier");
            w.WriteString("value", subject);
            w.WriteEndObject();
        }
        w.WriteEndObject();
        w.WritePropertyName("type");
        Coding(w, "http://terminology.hl7.org/CodeSystem/audit-entity-type", type);
        w.WriteEndObject();
    }

    private static void Coding(Utf8JsonWriter w, string system, string code)
    {
        w.WriteStartObject();
        w.WriteString("system", system);
        w.WriteString("code", code);
        w.WriteEndObject();
    }
}
