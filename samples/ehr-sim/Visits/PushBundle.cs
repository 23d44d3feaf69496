using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>One visit as a transaction for another system: identifiers cross the border, our ids stay here.</summary>
internal static class PushBundle
{
    public static JsonObject Of(BookedVisit visit, Ehr ehr)
    {
        // Without an identifier the other side could not recognise it again: it is then named by its display only.
        var about = new[] { visit.Appointment, visit.Encounter }.OfType<JsonObject>().Where(IsNamed).ToList();
        var people = about.SelectMany(References.In).Select(r => r.Text("reference")!).Distinct()
            .Where(r => r.Split('/')[0] is "Patient" or "Practitioner" or "Location")
            .Select(ehr.Records.Find).OfType<JsonObject>().Where(IsNamed);
        var sent = people.Concat(about).ToList();
        var names = sent.ToDictionary(LocalReference, _ => $"urn:uuid:{Guid.CreateVersion7(ehr.Now)}");
        return new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["type"] = "transaction",
            ["entry"] = new JsonArray([.. sent.Select(r => (JsonNode)Entry(r, names, ehr))]),
        };
    }

    public static bool IsNamed(JsonObject resource) => resource.Objects("identifier").Any(i => i.Text("system") is not null && i.Text("value") is not null);

    private static JsonObject Entry(JsonObject local, Dictionary<string, string> names, Ehr ehr)
    {
        var resource = (JsonObject)local.DeepClone();
        resource.Remove("id");
        resource.Remove("meta");
        foreach (var reference in References.In(resource).ToList()) Translate(reference, names, ehr);
        var type = local.Text("resourceType")!;
        var identifier = local.Objects("identifier").First();
        var query = $"identifier={identifier.Text("system")}|{identifier.Text("value")}";
        return new JsonObject
        {
            ["fullUrl"] = names[LocalReference(local)],
            ["resource"] = resource,
            // People are left as the receiver knows them; the visit itself is what this EHR decides.
            ["request"] = type is "Appointment" or "Encounter"
                ? new JsonObject { ["method"] = "PUT", ["url"] = $"{type}?{query}" }
                : new JsonObject { ["method"] = "POST", ["url"] = type, ["ifNoneExist"] = query },
        };
    }

    private static void Translate(JsonObject reference, Dictionary<string, string> names, Ehr ehr)
    {
        var target = reference.Text("reference")!;
        if (names.TryGetValue(target, out var name))
        {
            reference["reference"] = name;
            return;
        }
        // Not in this bundle: named by identifier, for our id means nothing over there.
        reference.Remove("reference");
        reference["type"] = target.Split('/')[0];
        if (ehr.Records.Find(target).Objects("identifier").FirstOrDefault() is { } identifier)
            reference["identifier"] = new JsonObject { ["system"] = identifier.Text("system"), ["value"] = identifier.Text("value") };
    }

    private static string LocalReference(JsonObject resource) => $"{resource.Text("resourceType")}/{resource.Text("id")}";
}
