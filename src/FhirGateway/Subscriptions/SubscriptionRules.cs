using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>What a Subscription asks for. http://hl7.org/fhir/R4/subscription.html and its R5 backport.</summary>
/// <param name="Type">Null: every type.</param>
/// <param name="Topic">Null: R4 without a topic.</param>
/// <param name="Payload">"application/fhir+json", "application/fhir+xml", or null for an empty body.</param>
/// <param name="ByPost">Every notification is a POST to the endpoint itself.</param>
internal sealed record SubscriptionSaid(
    string Status, string? Type, string Criteria, string? Topic, string Channel, Uri? Endpoint, string[] Headers, string? Payload, string Content,
    bool ByPost, string? Secret, int Timeout, int? Heartbeat, int MaxCount, DateTimeOffset? Ends);

/// <summary>Reads and refuses; pure.</summary>
internal static class SubscriptionRules
{
    public const string SecretExtension = "https://healthteams.example/fhir/StructureDefinition/subscription-secret";
    public const string PostExtension = "https://healthteams.example/fhir/StructureDefinition/subscription-post";
    private const string Backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-";
    private const int MostHeaders = 20;
    public const int LongestTimeout = 15;
    public const int MostAtOnce = 100;
    private static readonly HashSet<string> OurHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "Idempotency-Key", "X-Signature", "X-Subscription", "X-Event-Number",
    };

    public static Outcome<SubscriptionSaid> Read(JsonElement r)
    {
        var status = FhirJson.Text(r, "status") ?? "requested";
        if (status is not ("requested" or "active" or "error" or "off")) return No("status", $"'{status}' is not a status.");
        var criteria = (FhirJson.Text(r, "criteria") ?? "").Trim();
        var topic = Topics.Is(criteria) ? criteria : null;
        var filter = Extension(ElementOf(r, "_criteria"), "filter-criteria", "valueString");
        var what = topic is null ? Plain(criteria) : Filtered(topic, filter);
        if (!what.Ok) return what.Problem;

        if (!r.TryGetProperty("channel", out var channel)) return No("channel", "A channel is needed.", "required");
        var kind = FhirJson.Text(channel, "type");
        if (kind is not ("rest-hook" or "websocket")) return No("channel.type", $"The channel '{kind}' is not supported: rest-hook or websocket.", "not-supported");
        var endpoint = Endpoint(kind, FhirJson.Text(channel, "endpoint"));
        if (!endpoint.Ok) return endpoint.Problem;
        var headers = FhirJson.Items(channel, "header").Select(h => h.ValueKind == JsonValueKind.String ? h.GetString()! : "").ToArray();
        if (Headers(headers) is { } wrong) return wrong;
        var payload = FhirJson.Text(channel, "payload");
        var media = Media(payload);
        if (!media.Ok) return media.Problem;

        var content = Extension(ElementOf(channel, "_payload"), "payload-content", "valueCode");
        if (content is not (null or "empty" or "id-only" or "full-resource")) return No("channel.payload", $"The payload content '{content}' is none of empty, id-only, full-resource.");
        content = topic is not null ? content ?? "id-only" : media.Value.Type is null ? "empty" : "full-resource";
        var (heartbeat, timeout, most) = (Number(channel, "heartbeat-period"), Number(channel, "timeout"), Number(channel, "max-count"));
        if (heartbeat is <= 0 or > 86_400) return No("channel.extension", "The heartbeat period is 1 to 86400 seconds.");
        if (timeout is <= 0 || most is <= 0) return No("channel.extension", "Timeout and max-count are positive numbers.");
        DateTimeOffset? ends = null;
        if (FhirJson.Text(r, "end") is { } end)
        {
            if (!DateTimeOffset.TryParse(end, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)) return No("end", "The end is not an instant.", "value");
            ends = at;
        }
        return new SubscriptionSaid(status, what.Value.Type, what.Value.Query, topic, kind, endpoint.Value.Uri, headers, topic is not null && media.Value.Type is null ? "application/fhir+json" : media.Value.Type, content,
            ValueOf(r, PostExtension, "valueBoolean") == "true", ValueOf(r, SecretExtension, "valueString"), Math.Min(timeout ?? LongestTimeout, LongestTimeout), topic is null ? null : heartbeat, Math.Min(most ?? 1, MostAtOnce), ends);
    }

    /// <summary>The resource without what nobody is to read again; null when there was no secret.</summary>
    public static byte[]? WithoutSecret(JsonElement r)
    {
        if (ValueOf(r, SecretExtension, "valueString") is null) return null;
        var others = FhirJson.Items(r, "extension").Where(e => FhirJson.Text(e, "url") != SecretExtension).ToList();
        return FhirJson.With(r, new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["extension"] = others.Count == 0 ? null : w =>
            {
                w.WriteStartArray();
                foreach (var e in others) FhirJson.Copy(w, e, null);
                w.WriteEndArray();
            },
        });
    }

    private static Outcome<(string? Type, string Query)> Plain(string criteria)
    {
        var question = criteria.IndexOf('?', StringComparison.Ordinal);
        var type = (question < 0 ? criteria : criteria[..question]).TrimStart('/');
        return ResourceTypes.Known(type) ? (type, question < 0 ? "" : criteria[(question + 1)..])
            : No("criteria", $"The criteria are a search like Appointment?status=booked, or a topic like {Topics.Of("Appointment")}; '{type}' is not a resource type.");
    }

    private static Outcome<(string? Type, string Query)> Filtered(string topic, string? filter)
    {
        if (!Topics.Known(topic, out var type)) return No("criteria", $"{topic} is not a topic of this server. There are {Topics.Any} and {Topics.Of("Appointment")}, the same for every type.", "not-supported");
        if (string.IsNullOrWhiteSpace(filter)) return (type, "");
        var question = filter.IndexOf('?', StringComparison.Ordinal);
        if (type is null) return No("criteria", "The topic of all types takes no filter.", "not-supported");
        return question > 0 && filter[..question] != type ? No("criteria", $"The filter is about {filter[..question]}, the topic about {type}.") : (type, filter[(question + 1)..]);
    }

    private static Outcome<(Uri? Uri, bool _)> Endpoint(string kind, string? endpoint)
    {
        if (kind == "websocket") return (null, true);
        if (endpoint is null) return No("channel.endpoint", "A rest-hook needs an endpoint.", "required");
        return Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            ? (uri, true) : No("channel.endpoint", "The endpoint is not an http or https address without user and fragment.", "value");
    }

    private static Problem? Headers(string[] headers)
    {
        if (headers.Length > MostHeaders) return No("channel.header", $"At most {MostHeaders} headers.", "too-long");
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || header.Length > 4000 || !header[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || header.Any(c => c is < ' ' or > '~')) return No("channel.header", "A header is 'Name: value' in ASCII.", "value");
            if (OurHeaders.Contains(header[..colon])) return No("channel.header", $"The header {header[..colon]} is the server's.", "not-supported");
        }
        return null;
    }

    private static Outcome<(string? Type, bool _)> Media(string? payload) => payload?.Split(';')[0].Trim().ToLowerInvariant() switch
    {
        null or "" => (null, true),
        "application/fhir+json" or "application/json" => ("application/fhir+json", true),
        "application/fhir+xml" or "application/xml" => ("application/fhir+xml", true),
        _ => No("channel.payload", $"The payload '{payload}' is not supported: application/fhir+json or application/fhir+xml.", "not-supported"),
    };

    private static JsonElement ElementOf(JsonElement r, string name) => r.TryGetProperty(name, out var element) ? element : default;
    private static string? Extension(JsonElement of, string name, string value) => ValueOf(of, Backport + name, value);

    private static string? ValueOf(JsonElement of, string url, string value)
    {
        foreach (var e in FhirJson.Items(of, "extension"))
        {
            if (FhirJson.Text(e, "url") == url && e.TryGetProperty(value, out var v)) return v.ValueKind == JsonValueKind.String ? v.GetString() : v.GetRawText();
        }
        return null;
    }

    private static int? Number(JsonElement channel, string name) =>
        (Extension(channel, name, "valueUnsignedInt") ?? Extension(channel, name, "valuePositiveInt") ?? Extension(channel, name, "valueInteger")) is { } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1 : null;

    private static Problem No(string where, string detail, string code = "value") => Problem.Unprocessable(detail, $"Subscription.{where}", code);
}
