// https://hl7.org/fhir/R4/search.html
using System.Globalization;
using System.Text.Json.Nodes;

namespace EhrSim;

internal static class FhirSearch
{
    private static readonly HashSet<string> Presentation = ["_count", "_sort", "_format", "_pretty", "_summary", "_elements", "_total", "_include"];

    public static FhirAnswer Find(Ehr ehr, FhirCaller caller, string type, IReadOnlyList<SearchTerm> terms)
    {
        // Before anything is looked up: a search must not tell what its scopes may not see.
        if (caller.On(type, 's') == Reach.Nothing) return FhirCaller.Refused(type, 's');
        if (terms.FirstOrDefault(t => !Presentation.Contains(t.Name) && !SearchRules.Knows(type, t.Name)) is { } unknown)
            return FhirAnswer.Problem(400, "not-supported", $"{type} cannot be searched by '{unknown.Name}' here");

        if (ehr.Style.IsOracle && OracleSearch.Refusal(type, terms) is { } refused) return refused;
        var found = Matches(ehr, type, terms).Where(v => caller.MaySee(v.Resource!, 's')).ToList();
        var page = Sorted(found, terms).Take(Count(terms)).ToList();
        var entries = page.Select(v => (JsonNode)Entry(v, "match", ehr))
            .Concat(Included(ehr, caller, page, terms).Select(v => Entry(v, "include", ehr)));
        return new FhirAnswer(200, new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["type"] = "searchset",
            ["total"] = found.Count,
            ["entry"] = new JsonArray([.. entries]),
        });
    }

    public static IEnumerable<RecordVersion> Matches(Ehr ehr, string type, IReadOnlyList<SearchTerm> terms)
    {
        var filters = terms.Where(t => !Presentation.Contains(t.Name)).ToList();
        return ehr.Records.All(type).Where(v => filters.TrueForAll(t => SearchRules.Matches(v, t, ehr)));
    }

    private static IEnumerable<RecordVersion> Sorted(List<RecordVersion> found, IReadOnlyList<SearchTerm> terms) =>
        terms.FirstOrDefault(t => t.Name == "_sort")?.Value switch
        {
            "date" => found.OrderBy(SearchRules.StartOf),
            "-date" => found.OrderByDescending(SearchRules.StartOf),
            "-_lastUpdated" => found.OrderByDescending(v => v.At),
            _ => found.OrderBy(v => v.At).ThenBy(v => v.Id, StringComparer.Ordinal),
        };

    /// <summary>_include of any reference: every directly referenced resource the caller may see.</summary>
    private static IEnumerable<RecordVersion> Included(Ehr ehr, FhirCaller caller, List<RecordVersion> page, IReadOnlyList<SearchTerm> terms)
    {
        if (!terms.Any(t => t.Name == "_include")) return [];
        var shown = page.Select(v => v.Reference).ToHashSet();
        return page.SelectMany(v => References.In(v.Resource!)).Select(r => r.Text("reference")!).Where(shown.Add)
            .Select(ehr.Records.Current).OfType<RecordVersion>()
            .Where(v => v.Resource is { } resource && caller.MaySee(resource, 'r'));
    }

    private static int Count(IReadOnlyList<SearchTerm> terms) =>
        int.TryParse(terms.FirstOrDefault(t => t.Name == "_count")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Min(count, 1000) : 100;

    private static JsonObject Entry(RecordVersion version, string mode, Ehr ehr) => new JsonObject
    {
        ["fullUrl"] = $"{ehr.FhirBase}/{version.Reference}",
        ["resource"] = version.Resource!.DeepClone(),
        ["search"] = new JsonObject { ["mode"] = mode },
    };
}
