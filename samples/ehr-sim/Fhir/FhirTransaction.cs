// https://hl7.org/fhir/R4/http.html#transaction
using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

/// <summary>All or nothing: everything is checked and every id drawn before the first write.</summary>
internal static class FhirTransaction
{
    private sealed record Step(string Type, string Id, JsonObject? Resource, RecordVersion? Existing, bool IsNew)
    {
        public string Reference => $"{Type}/{Id}";
    }

    public static FhirAnswer Run(Ehr ehr, FhirCaller caller, JsonObject bundle)
    {
        if (bundle.Text("resourceType") != "Bundle" || bundle.Text("type") != "transaction")
            return FhirAnswer.Problem(400, "invalid", "The base takes a Bundle of type transaction");
        var entries = bundle.Objects("entry").ToList();
        var (steps, names, taken) = (new List<Step>(), new Dictionary<string, string>(), new HashSet<string>());
        foreach (var entry in entries)
        {
            var (step, wrong) = Plan(ehr, caller, entry, taken);
            if (step is null) return wrong!;
            if (entry.Text("fullUrl") is { } fullUrl) names[fullUrl] = step.Reference;
            steps.Add(step);
        }
        foreach (var step in steps.Where(s => s.Resource is not null))
            if (Resolve(step.Resource!, names) is { } unknown)
                return FhirAnswer.Problem(400, "not-found", $"{step.Reference} refers to {unknown}, which no entry has as its fullUrl");

        if (steps.Find(s => s.Resource is not null && !caller.MayChange(s.Resource, s.IsNew ? 'c' : 'u')) is { } beyond)
            return FhirCaller.Refused(beyond.Type, beyond.IsNew ? 'c' : 'u');
        var changes = steps.Where(s => s.Existing is null).Select(s => new RecordChange(s.Type, s.Id, s.Resource)).ToList();
        var written = ehr.Records.WriteAll(changes, caller.Client).ToDictionary(v => v.Reference);
        return new FhirAnswer(200, new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["type"] = "transaction-response",
            ["entry"] = new JsonArray([.. steps.Select(s => (JsonNode)Response(s, s.Existing ?? written[s.Reference]))]),
        });
    }

    private static (Step?, FhirAnswer?) Plan(Ehr ehr, FhirCaller caller, JsonObject entry, HashSet<string> taken)
    {
        var (method, url) = (entry["request"].Text("method"), entry["request"].Text("url") ?? "");
        var resource = (JsonObject?)(entry["resource"] as JsonObject)?.DeepClone();
        var path = url.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.Length == 0 || !RecordTypes.IsKnown(path[0])) return (null, FhirAnswer.Problem(400, "not-supported", $"Cannot {method} {url}"));
        var type = path[0];
        if (method != "DELETE" && (resource is null ? FhirAnswer.Problem(400, "required", $"{method} {url} carries no resource") : ResourceRules.Check(type, resource)) is { } wrong)
            return (null, wrong);
        return (method, path) switch
        {
            ("POST", [_]) => PlanCreate(ehr, caller, type, resource!, entry["request"].Text("ifNoneExist"), taken),
            ("PUT", [_]) => PlanConditionalUpdate(ehr, caller, type, resource!, url, entry, taken),
            ("PUT", [_, var id]) => PlanChange(ehr, caller, type, id, resource, entry, 'u', taken),
            ("DELETE", [_, var id]) => PlanChange(ehr, caller, type, id, null, entry, 'd', taken),
            _ => (null, FhirAnswer.Problem(400, "not-supported", $"A transaction here does not take {method} {url}")),
        };
    }

    private static (Step?, FhirAnswer?) PlanCreate(Ehr ehr, FhirCaller caller, string type, JsonObject resource, string? ifNoneExist, HashSet<string> taken)
    {
        if (caller.On(type, 'c') == Reach.Nothing) return (null, FhirCaller.Refused(type, 'c'));
        if (ifNoneExist is { Length: > 0 })
        {
            var same = FhirSearch.Matches(ehr, type, SearchTerms.Of(ifNoneExist)).ToList();
            if (same.Count > 1) return (null, FhirAnswer.Problem(412, "multiple-matches", $"{same.Count} resources match {ifNoneExist}"));
            if (same.Count == 1) return (new Step(type, same[0].Id, null, same[0], false), null);
        }
        return (new Step(type, ehr.Records.NewId(type, taken), resource, null, true), null);
    }

    private static (Step?, FhirAnswer?) PlanConditionalUpdate(Ehr ehr, FhirCaller caller, string type, JsonObject resource, string url, JsonObject entry, HashSet<string> taken)
    {
        var terms = SearchTerms.Of(url);
        var same = FhirSearch.Matches(ehr, type, terms).ToList();
        if (terms.Count == 0 || same.Count > 1) return (null, FhirAnswer.Problem(412, "multiple-matches", $"{url} must name one resource"));
        return same.Count == 0
            ? PlanCreate(ehr, caller, type, resource, null, taken)
            : PlanChange(ehr, caller, type, same[0].Id, resource, entry, 'u', taken);
    }

    private static (Step?, FhirAnswer?) PlanChange(Ehr ehr, FhirCaller caller, string type, string id, JsonObject? resource, JsonObject entry, char letter, HashSet<string> taken)
    {
        if (caller.On(type, letter) == Reach.Nothing) return (null, FhirCaller.Refused(type, letter));
        if (ehr.Records.Current($"{type}/{id}") is not { Resource: { } before } now) return (null, FhirAnswer.NotFound($"{type}/{id}"));
        if (!caller.MayChange(before, letter)) return (null, FhirCaller.Refused(type, letter));
        if (entry["request"].Text("ifMatch") is { Length: > 0 } ifMatch && ifMatch != now.ETag)
            return (null, FhirAnswer.Problem(412, "conflict", $"{type}/{id} is at {now.ETag}, not at {ifMatch}"));
        // Two entries for one resource would silently drop one of them.
        if (!taken.Add($"{type}/{id}")) return (null, FhirAnswer.Problem(400, "invalid", $"{type}/{id} is changed twice in this transaction"));
        return (new Step(type, id, resource, null, false), null);
    }

    private static string? Resolve(JsonObject resource, Dictionary<string, string> names)
    {
        foreach (var reference in References.In(resource).ToList())
        {
            var target = reference.Text("reference")!;
            if (names.TryGetValue(target, out var resolved)) reference["reference"] = resolved;
            else if (target.StartsWith("urn:uuid:", StringComparison.Ordinal)) return target;
        }
        return null;
    }

    private static JsonObject Response(Step step, RecordVersion version) => new()
    {
        ["response"] = new JsonObject
        {
            ["status"] = step.IsNew ? "201 Created" : step.Resource is null && step.Existing is null ? "204 No Content" : "200 OK",
            ["location"] = string.Create(CultureInfo.InvariantCulture, $"{version.Reference}/_history/{version.Number}"),
            ["etag"] = version.ETag,
            ["lastModified"] = version.At,
        },
    };
}
