using System.Text.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Subscriptions;

/// <summary>
/// The topics of this server: one for every resource type, told of at create, update and delete, and one for all types.
/// http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-topics-in-fhir-r4
/// </summary>
internal static class Topics
{
    public const string Prefix = "https://healthteams.example/fhir/SubscriptionTopic/";
    public const string Any = Prefix + "any";
    private static readonly Dictionary<string, string> ByName = ResourceTypes.All.ToDictionary(t => Prefix + t.ToLowerInvariant(), t => t, StringComparer.Ordinal);

    /// <summary>Named in the CapabilityStatement; every other type has its own by the same pattern.</summary>
    public static readonly IReadOnlyList<string> Shown =
        [Any, .. ((string[])["Appointment", "AppointmentResponse", "Communication", "Encounter", "Observation", "Patient", "Practitioner", "Schedule", "Slot", "Task"]).Select(Of)];

    public static string Of(string type) => Prefix + type.ToLowerInvariant();

    public static bool Is(string criteria) => criteria.StartsWith("http", StringComparison.Ordinal);

    /// <summary>The topics, in the CapabilityStatement's entry of Subscription.</summary>
    public static void Describe(Utf8JsonWriter w)
    {
        w.WriteStartArray("extension");
        foreach (var topic in Shown)
        {
            w.WriteStartObject();
            w.WriteString("url", "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical");
            w.WriteString("valueCanonical", topic);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteStartArray("supportedProfile");
        w.WriteStringValue("http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription");
        w.WriteEndArray();
    }

    /// <returns>Whether it is one of ours; the type, or null for all.</returns>
    public static bool Known(string topic, out string? type)
    {
        type = null;
        return topic == Any || ByName.TryGetValue(topic, out type);
    }
}
