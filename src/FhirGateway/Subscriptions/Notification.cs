using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// Notifications of the R5 backport in their R4 form: a history Bundle whose first entry is the status as Parameters.
/// http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription-notification-r4.html
/// </summary>
internal static class Notification
{
    private const string Profiles = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

    /// <param name="type">handshake, heartbeat, event-notification, query-status, query-event.</param>
    /// <param name="content">Of the notices: empty, id-only, full-resource.</param>
    public static byte[] Bundle(string server, Subscribed s, string type, IReadOnlyList<Notice> notices, string content, DateTimeOffset now) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("id", Guid.CreateVersion7(now));
        w.WriteStartObject("meta");
        w.WriteStartArray("profile");
        w.WriteStringValue(Profiles + "backport-subscription-notification-r4");
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteString("type", "history");
        w.WriteString("timestamp", FhirJson.Instant(now));
        w.WriteStartArray("entry");
        StatusEntry(w, server, s, type, notices, content, now);
        if (content != "empty")
        {
            foreach (var notice in notices) Focus(w, server, notice, content);
        }
        w.WriteEndArray();
        w.WriteEndObject();
    });

    /// <summary>The answer of $status: a searchset of Parameters.</summary>
    public static byte[] Statuses(string server, IReadOnlyList<Subscribed> all, DateTimeOffset now) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        w.WriteString("timestamp", FhirJson.Instant(now));
        w.WriteNumber("total", all.Count);
        if (all.Count > 0)
        {
            w.WriteStartArray("entry");
            foreach (var s in all)
            {
                w.WriteStartObject();
                w.WriteString("fullUrl", $"urn:uuid:{Guid.CreateVersion7(now)}");
                w.WritePropertyName("resource");
                Status(w, server, s, "query-status", [], "empty", now);
                w.WriteStartObject("search");
                w.WriteString("mode", "match");
                w.WriteEndObject();
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        w.WriteEndObject();
    });

    private static void StatusEntry(Utf8JsonWriter w, string server, Subscribed s, string type, IReadOnlyList<Notice> notices, string content, DateTimeOffset now)
    {
        w.WriteStartObject();
        w.WriteString("fullUrl", $"urn:uuid:{Guid.CreateVersion7(now)}");
        w.WritePropertyName("resource");
        Status(w, server, s, type, notices, content, now);
        w.WriteStartObject("request");
        w.WriteString("method", "GET");
        w.WriteString("url", $"{server}/Subscription/{s.Id}/$status");
        w.WriteEndObject();
        w.WriteStartObject("response");
        w.WriteString("status", "200");
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Status(Utf8JsonWriter w, string server, Subscribed s, string type, IReadOnlyList<Notice> notices, string content, DateTimeOffset now)
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Parameters");
        w.WriteString("id", Guid.CreateVersion7(now));
        w.WriteStartObject("meta");
        w.WriteStartArray("profile");
        w.WriteStringValue(Profiles + "backport-subscription-status-r4");
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteStartArray("parameter");
        Start(w, "subscription");
        Reference(w, $"{server}/Subscription/{s.Id}");
        if (s.Topic is not null) Value(w, "topic", "valueCanonical", s.Topic);
        Value(w, "status", "valueCode", s.State);
        Value(w, "type", "valueCode", type);
        // Inclusive of what this notification tells of, so that a receiver sees a gap.
        var total = type == "event-notification" && notices.Count > 0 ? notices[^1].Number : s.Last;
        Value(w, "eventsSinceSubscriptionStart", "valueString", total.ToString(CultureInfo.InvariantCulture));
        foreach (var notice in notices) Event(w, server, notice, content);
        if (s.Error is not null)
        {
            Start(w, "error");
            w.WriteStartObject("valueCodeableConcept");
            w.WriteString("text", s.Error);
            w.WriteEndObject();
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Event(Utf8JsonWriter w, string server, Notice notice, string content)
    {
        w.WriteStartObject();
        w.WriteString("name", "notificationEvent");
        w.WriteStartArray("part");
        Value(w, "eventNumber", "valueString", notice.Number.ToString(CultureInfo.InvariantCulture));
        Value(w, "timestamp", "valueInstant", FhirJson.Instant(notice.At));
        if (content != "empty")
        {
            Start(w, "focus");
            Reference(w, $"{server}/{notice.Reference}");
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Focus(Utf8JsonWriter w, string server, Notice notice, string content)
    {
        w.WriteStartObject();
        w.WriteString("fullUrl", $"{server}/{notice.Reference}");
        if (content == "full-resource" && notice.Body is { } body)
        {
            w.WritePropertyName("resource");
            w.WriteRawValue(body, skipInputValidation: true);
        }
        var (method, url, status) = notice.Kind switch
        {
            "fhir.create" => ("POST", notice.Type, "201"),
            "fhir.delete" => ("DELETE", notice.Reference, "204"),
            _ => ("PUT", notice.Reference, "200"),
        };
        w.WriteStartObject("request");
        w.WriteString("method", method);
        w.WriteString("url", url);
        w.WriteEndObject();
        w.WriteStartObject("response");
        w.WriteString("status", status);
        w.WriteString("etag", ETags.Of(notice.Version));
        w.WriteString("lastModified", FhirJson.Instant(notice.At));
        w.WriteEndObject();
        w.WriteEndObject();
    }

    private static void Start(Utf8JsonWriter w, string name)
    {
        w.WriteStartObject();
        w.WriteString("name", name);
    }

    private static void Value(Utf8JsonWriter w, string name, string type, string value)
    {
        Start(w, name);
        w.WriteString(type, value);
        w.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter w, string to)
    {
        w.WriteStartObject("valueReference");
        w.WriteString("reference", to);
        w.WriteEndObject();
        w.WriteEndObject();
    }
}
