using System.Text.Json.Nodes;

namespace EhrSim;

internal static class References
{
    /// <summary>Every Reference object in a resource, at any depth.</summary>
    public static IEnumerable<JsonObject> In(JsonNode? node) => node switch
    {
        JsonObject o => (o.Text("reference") is not null ? new[] { o } : []).Concat(o.SelectMany(p => In(p.Value))),
        JsonArray a => a.SelectMany(In),
        _ => [],
    };

    /// <summary>"Patient/pat-1" of a relative reference or an absolute one that points into this EHR.</summary>
    public static string Relative(string reference, string fhirBase) =>
        reference.StartsWith(fhirBase + "/", StringComparison.Ordinal) ? reference[(fhirBase.Length + 1)..] : reference;
}
