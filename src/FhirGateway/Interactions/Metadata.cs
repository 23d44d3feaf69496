using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>http://hl7.org/fhir/R4/http.html#capabilities, made from what is on: types, their search parameters, security.</summary>
internal static class Metadata
{
    private static readonly string[] Typed = ["read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"];

    public static byte[] Statement(string server, Uri authorization, DateTimeOffset started) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "CapabilityStatement");
        w.WriteString("status", "active");
        w.WriteString("date", FhirJson.Instant(started));
        w.WriteString("publisher", "HealthTeams");
        w.WriteString("kind", "instance");
        w.WriteStartObject("software");
        w.WriteString("name", "HealthTeams.Fhir");
        w.WriteString("version", "0.1.0");
        w.WriteEndObject();
        w.WriteStartObject("implementation");
        w.WriteString("description", "HealthTeams FHIR gateway");
        w.WriteString("url", server);
        w.WriteEndObject();
        w.WriteString("fhirVersion", "4.0.1");
        w.WriteStartArray("format");
        w.WriteStringValue("application/fhir+json");
        w.WriteStringValue("application/fhir+xml");
        w.WriteEndArray();
        w.WriteStartArray("patchFormat");
        w.WriteStringValue("application/json-patch+json");
        w.WriteEndArray();
        w.WriteStartArray("rest");
        w.WriteStartObject();
        w.WriteString("mode", "server");
        Security(w, authorization);
        w.WriteStartArray("resource");
        foreach (var type in ResourceTypes.All) Resource(w, type);
        w.WriteEndArray();
        w.WriteStartArray("interaction");
        foreach (var code in (string[])["transaction", "batch", "search-system", "history-system"])
        {
            w.WriteStartObject();
            w.WriteString("code", code);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    });

    private static void Security(System.Text.Json.Utf8JsonWriter w, Uri authorization)
    {
        w.WriteStartObject("security");
        w.WriteStartArray("extension");
        w.WriteStartObject();
        w.WriteString("url", "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris");
        w.WriteStartArray("extension");
        foreach (var name in (string[])["authorize", "token", "introspect", "revoke"])
        {
            w.WriteStartObject();
            w.WriteString("url", name);
            w.WriteString("valueUri", $"{authorization.AbsoluteUri.TrimEnd('/')}/{name}");
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteBoolean("cors", true);
        w.WriteStartArray("service");
        w.WriteStartObject();
        w.WriteStartArray("coding");
        w.WriteStartObject();
        w.WriteString("system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
        w.WriteString("code", "SMART-on-FHIR");
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Resource(System.Text.Json.Utf8JsonWriter w, string type)
    {
        w.WriteStartObject();
        w.WriteString("type", type);
        w.WriteStartArray("interaction");
        foreach (var code in Typed)
        {
            w.WriteStartObject();
            w.WriteString("code", code);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteString("versioning", "versioned-update");
        w.WriteBoolean("readHistory", true);
        w.WriteBoolean("updateCreate", true);
        w.WriteBoolean("conditionalCreate", true);
        w.WriteString("conditionalRead", "full-support");
        w.WriteBoolean("conditionalUpdate", true);
        w.WriteString("conditionalDelete", "single");
        var includes = SearchParameters.Of(type).Where(p => p.Kind == ParameterKind.Reference).Select(p => p.Code).Order(StringComparer.Ordinal).ToList();
        if (includes.Count > 0)
        {
            w.WriteStartArray("searchInclude");
            foreach (var code in includes) w.WriteStringValue($"{type}:{code}");
            w.WriteEndArray();
        }
        w.WriteStartArray("searchParam");
        var parameters = SearchParameters.Of(type).Select(p => (p.Code, Type: p.Kind.ToString().ToLowerInvariant())).Append((Code: "_id", Type: "token")).Append((Code: "_lastUpdated", Type: "date"));
        foreach (var (name, kind) in parameters.OrderBy(p => p.Code, StringComparer.Ordinal))
        {
            w.WriteStartObject();
            w.WriteString("name", name);
            w.WriteString("type", kind);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }
}
