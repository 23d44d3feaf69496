// https://hl7.org/fhir/R4/http.html#update
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>Single writes. The caller holds the records still, so a check and its write are one step.</summary>
internal sealed class FhirWriting(Ehr ehr, FhirCaller caller)
{
    public FhirAnswer Create(string type, JsonObject resource, string ifNoneExist)
    {
        if (ResourceRules.Check(type, resource) is { } wrong) return wrong;
        if (!caller.MayChange(resource, 'c')) return FhirCaller.Refused(type, 'c');
        if (ifNoneExist.Length > 0)
        {
            var same = FhirSearch.Matches(ehr, type, SearchTerms.Of(ifNoneExist)).ToList();
            if (same.Count == 1) return FhirAnswer.Of(same[0]);
            if (same.Count > 1) return FhirAnswer.Problem(412, "multiple-matches", $"{same.Count} resources match {ifNoneExist}");
        }
        return FhirAnswer.Of(ehr.Records.Write(type, ehr.Records.NewId(type), resource, caller.Client), 201);
    }

    public FhirAnswer Update(string type, string id, JsonObject resource, string ifMatch)
    {
        if (ResourceRules.Check(type, resource) is { } wrong) return wrong;
        if (resource.Text("id") != id) return FhirAnswer.Problem(400, "invalid", "The id in the body is not the id in the URL");
        return Change(type, id, ifMatch, 'u', _ => (resource, null));
    }

    public FhirAnswer ConditionalUpdate(string type, string query, JsonObject resource, string ifMatch)
    {
        var terms = SearchTerms.Of(query);
        if (terms.Count == 0) return FhirAnswer.Problem(400, "required", "A conditional update needs a query");
        var same = FhirSearch.Matches(ehr, type, terms).ToList();
        if (same.Count > 1) return FhirAnswer.Problem(412, "multiple-matches", $"{same.Count} resources match {query}");
        if (same.Count == 0) return Create(type, resource, "");
        if (ResourceRules.Check(type, resource) is { } wrong) return wrong;
        return Change(type, same[0].Id, ifMatch, 'u', _ => (resource, null));
    }

    public FhirAnswer Patch(string type, string id, JsonArray? operations, string ifMatch)
    {
        if (operations is null) return FhirAnswer.Problem(400, "structure", "A JSON Patch is an array of operations");
        var oracle = ehr.Style.IsOracle && type is "Appointment" or "Encounter";
        if (oracle && caller.On(type, 'u') != Reach.Nothing && ehr.Records.Current($"{type}/{id}") is { IsDeleted: false } now && OraclePatch.Version(ifMatch, now) is { } stale) return stale;
        var answer = Change(type, id, ifMatch, 'u', before =>
        {
            var after = (JsonObject)before.DeepClone();
            if (oracle) return OraclePatch.Apply(type, after, operations) is { } refused ? (null, refused) : (after, ResourceRules.Check(type, after));
            if (JsonPatch.Apply(after, operations) is { } problem) return (null, FhirAnswer.Problem(422, "processing", problem));
            if (after.Text("id") != id) return (null, FhirAnswer.Problem(422, "invalid", "A patch cannot change the id"));
            return (after, ResourceRules.Check(type, after));
        });
        // It answers a patch with headers alone.
        return oracle && !answer.IsError ? answer with { Body = null } : answer;
    }

    public FhirAnswer Delete(string type, string id, string ifMatch)
    {
        var answer = Change(type, id, ifMatch, 'd', _ => (null, null));
        return answer.IsError ? answer : new FhirAnswer(204, null, answer.Version);
    }

    private FhirAnswer Change(string type, string id, string ifMatch, char letter, Func<JsonObject, (JsonObject? After, FhirAnswer? Wrong)> change)
    {
        if (caller.On(type, letter) == Reach.Nothing) return FhirCaller.Refused(type, letter);
        if (ehr.Records.Current($"{type}/{id}") is not { Resource: { } before } now) return FhirAnswer.NotFound($"{type}/{id}");
        if (!caller.MayChange(before, letter)) return FhirCaller.Refused(type, letter);
        if (ifMatch.Length > 0 && ifMatch != now.ETag && ifMatch != "*")
            return FhirAnswer.Problem(412, "conflict", $"{type}/{id} is at {now.ETag}, not at {ifMatch}");
        var (after, wrong) = change(before);
        if (wrong is not null) return wrong;
        // A token of one patient must not hand the resource to another patient either.
        if (after is not null && !caller.MayChange(after, letter)) return FhirCaller.Refused(type, letter);
        return FhirAnswer.Of(ehr.Records.Write(type, id, after, caller.Client));
    }
}
