// https://hl7.org/fhir/R4/http.html#read
using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class FhirReading
{
    public static FhirAnswer Read(Ehr ehr, FhirCaller caller, string type, string id)
    {
        if (caller.On(type, 'r') == Reach.Nothing) return FhirCaller.Refused(type, 'r');
        if (ehr.Records.Current($"{type}/{id}") is not { } version) return FhirAnswer.NotFound($"{type}/{id}");
        if (version.IsDeleted) return FhirAnswer.Problem(410, "deleted", $"{type}/{id} was deleted");
        return caller.MaySee(version.Resource!, 'r') ? FhirAnswer.Of(version) : FhirCaller.Refused(type, 'r');
    }

    public static FhirAnswer ReadVersion(Ehr ehr, FhirCaller caller, string type, string id, string number)
    {
        if (caller.On(type, 'r') == Reach.Nothing) return FhirCaller.Refused(type, 'r');
        var history = ehr.Records.History($"{type}/{id}");
        var version = history.FirstOrDefault(v => v.Number.ToString(CultureInfo.InvariantCulture) == number);
        if (version is null) return FhirAnswer.NotFound($"{type}/{id}/_history/{number}");
        if (version.IsDeleted) return FhirAnswer.Problem(410, "deleted", $"{type}/{id} was deleted in version {number}");
        return caller.MaySee(version.Resource!, 'r') ? FhirAnswer.Of(version) : FhirCaller.Refused(type, 'r');
    }

    public static FhirAnswer History(Ehr ehr, FhirCaller caller, string type, string id)
    {
        if (caller.On(type, 'r') == Reach.Nothing) return FhirCaller.Refused(type, 'r');
        var history = ehr.Records.History($"{type}/{id}");
        if (history.Count == 0) return FhirAnswer.NotFound($"{type}/{id}");
        if (history.LastOrDefault(v => !v.IsDeleted) is { Resource: { } last } && !caller.MaySee(last, 'r')) return FhirCaller.Refused(type, 'r');
        var entries = history.Reverse().Select(v => (JsonNode)HistoryEntry(v, ehr));
        return new FhirAnswer(200, new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["type"] = "history",
            ["total"] = history.Count,
            ["entry"] = new JsonArray([.. entries]),
        });
    }

    private static JsonObject HistoryEntry(RecordVersion version, Ehr ehr)
    {
        var entry = new JsonObject { ["fullUrl"] = $"{ehr.FhirBase}/{version.Reference}" };
        if (version.Resource is { } resource) entry["resource"] = resource.DeepClone();
        var method = version.IsDeleted ? "DELETE" : version.Number == 1 ? "POST" : "PUT";
        entry["request"] = new JsonObject { ["method"] = method, ["url"] = method == "POST" ? version.Type : version.Reference };
        entry["response"] = new JsonObject
        {
            ["status"] = method == "POST" ? "201" : method == "DELETE" ? "204" : "200",
            ["etag"] = version.ETag,
            ["lastModified"] = version.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        return entry;
    }
}
