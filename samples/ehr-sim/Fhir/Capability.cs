// https://hl7.org/fhir/R4/capabilitystatement.html
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class Capability
{
    private static readonly string[] Interactions = ["read", "vread", "update", "patch", "delete", "history-instance", "create", "search-type"];

    public static JsonObject Statement(Ehr ehr) => new()
    {
        ["resourceType"] = "CapabilityStatement",
        ["status"] = "active",
        ["date"] = Instants.Write(ehr.Now),
        ["kind"] = "instance",
        ["software"] = new JsonObject { ["name"] = "EHR simulator" },
        ["implementation"] = new JsonObject { ["description"] = "Example General Hospital, simulated", ["url"] = ehr.FhirBase },
        ["fhirVersion"] = "4.0.1",
        ["format"] = new JsonArray("json"),
        ["patchFormat"] = new JsonArray("application/json-patch+json"),
        ["rest"] = new JsonArray(new JsonObject
        {
            ["mode"] = "server",
            ["security"] = Security(ehr),
            ["resource"] = new JsonArray([.. RecordTypes.All.Select(t => (JsonNode)Resource(t, ehr))]),
            ["interaction"] = new JsonArray(new JsonObject { ["code"] = "transaction" }),
        }),
    };

    private static JsonObject Security(Ehr ehr) => new()
    {
        // Older apps find the authorization server here instead of in smart-configuration.
        ["extension"] = new JsonArray(new JsonObject
        {
            ["url"] = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            ["extension"] = new JsonArray(
                Uri("authorize", ehr.Issuer + "/authorize"), Uri("token", ehr.TokenUrl),
                Uri("introspect", ehr.Issuer + "/introspect"), Uri("revoke", ehr.Issuer + "/revoke")),
        }),
        ["service"] = new JsonArray(new JsonObject
        {
            ["coding"] = new JsonArray(new JsonObject
            {
                ["system"] = "http://terminology.hl7.org/CodeSystem/restful-security-service",
                ["code"] = "SMART-on-FHIR",
            }),
        }),
    };

    private static JsonObject Uri(string name, string value) => new() { ["url"] = name, ["valueUri"] = value };

    private static JsonObject Resource(string type, Ehr ehr) => new JsonObject
    {
        ["type"] = type,
        ["versioning"] = "versioned-update",
        ["readHistory"] = true,
        ["updateCreate"] = false,
        ["conditionalCreate"] = true,
        ["conditionalUpdate"] = true,
        ["interaction"] = new JsonArray([.. ehr.Style.Interactions(type, Interactions).Select(i => (JsonNode)new JsonObject { ["code"] = i })]),
    };
}
