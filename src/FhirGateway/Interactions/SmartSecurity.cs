using System.Text.Json;
using HealthTeams.FhirGateway.Access;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>CapabilityStatement.rest.security as SMART App Launch 1.0 reads it; 2.x reads .well-known/smart-configuration.</summary>
internal static class SmartSecurity
{
    private const string Registry = "http://fhir-registry.smarthealthit.org/StructureDefinition";

    public static void Write(Utf8JsonWriter w, Uri authorization)
    {
        w.WriteStartObject("security");
        w.WriteStartArray("extension");
        w.WriteStartObject();
        w.WriteString("url", $"{Registry}/oauth-uris");
        w.WriteStartArray("extension");
        foreach (var name in (string[])["authorize", "token", "introspect", "revoke", "register"])
        {
            w.WriteStartObject();
            w.WriteString("url", name);
            w.WriteString("valueUri", $"{authorization.AbsoluteUri.TrimEnd('/')}/{name}");
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
        foreach (var capability in SmartCapabilities.All)
        {
            w.WriteStartObject();
            w.WriteString("url", $"{Registry}/capabilities");
            w.WriteString("valueCode", capability);
            w.WriteEndObject();
        }
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
}
