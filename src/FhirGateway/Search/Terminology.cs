using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using Npgsql;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// The code sets behind :in, :not-in, :above and :below, from the ValueSets and CodeSystems that are stored here.
/// http://hl7.org/fhir/R4/search.html#token
/// </summary>
internal sealed class Terminology(ReadLink link, int tenant, CancellationToken stop)
{
    private const int MostCodes = 20_000;
    private const int MostDepth = 6;

    /// <summary>Looks up what the criteria name; most name nothing and cost nothing.</summary>
    public static async Task<Terms> Of(ReadLink link, int tenant, IEnumerable<(string Name, string Value)> criteria, CancellationToken stop)
    {
        var asked = criteria.Select(c => (Modifier: c.Name[(c.Name.LastIndexOf(':') + 1)..], c.Value)).Where(c => c.Modifier is "in" or "not-in" or "above" or "below" && !SearchValue.HoldsZero(c.Value)).ToList();
        if (asked.Count == 0) return Terms.None;
        var (terms, terminology) = (new Terms(), new Terminology(link, tenant, stop));
        foreach (var (modifier, values) in asked)
        {
            foreach (var value in SearchValue.Split(values, ',').Distinct())
            {
                terms.Add(modifier, value, modifier is "in" or "not-in" ? await terminology.ValueSet(SearchValue.Unescape(value), 0) : await terminology.Branch(modifier, value));
            }
        }
        return terms;
    }

    private async Task<Outcome<IReadOnlyList<(string System, string Code)>>> ValueSet(string reference, int depth)
    {
        if (depth > MostDepth) return Problem.Invalid($"The ValueSet '{reference}' is nested more than {MostDepth} deep.", code: "too-costly");
        if (await Find("ValueSet", reference) is not { } set) return Problem.Invalid($"The ValueSet '{reference}' is not stored here: name it by url or as ValueSet/id.", code: "not-found");
        var codes = new HashSet<(string, string)>();
        if (!set.TryGetProperty("compose", out var compose))
        {
            if (set.TryGetProperty("expansion", out var expansion)) Contains(expansion, codes);
            return codes.ToArray();
        }
        foreach (var include in FhirJson.Items(compose, "include"))
        {
            var part = await Part(include, depth);
            if (!part.Ok) return part.Problem;
            codes.UnionWith(part.Value);
        }
        foreach (var exclude in FhirJson.Items(compose, "exclude"))
        {
            var part = await Part(exclude, depth);
            if (!part.Ok) return part.Problem;
            codes.ExceptWith(part.Value);
        }
        return codes.Count <= MostCodes ? codes.ToArray() : Problem.Invalid($"The ValueSet '{reference}' has more than {MostCodes} codes.", code: "too-costly");
    }

    private static void Contains(JsonElement expansion, HashSet<(string, string)> codes)
    {
        foreach (var item in FhirJson.Items(expansion, "contains"))
        {
            if (FhirJson.Text(item, "code") is { } code) codes.Add((FhirJson.Text(item, "system") ?? "", code));
            Contains(item, codes);
        }
    }

    /// <summary>One include or exclude: codes, a branch, a whole system; of value sets what all of them hold.</summary>
    private async Task<Outcome<HashSet<(string, string)>>> Part(JsonElement include, int depth)
    {
        HashSet<(string, string)>? codes = null;
        if (FhirJson.Text(include, "system") is { } system)
        {
            if (FhirJson.Items(include, "concept").Select(c => FhirJson.Text(c, "code")).OfType<string>().ToList() is { Count: > 0 } named) codes = [.. named.Select(c => (system, c))];
            else
            {
                if (await Find("CodeSystem", system) is not { } codeSystem) return Problem.Invalid($"The CodeSystem '{system}' is not stored here.", code: "not-found");
                var parents = Parents(codeSystem);
                codes = [.. parents.Keys.Select(c => (system, c))];
                foreach (var filter in FhirJson.Items(include, "filter"))
                {
                    var (op, root) = (FhirJson.Text(filter, "op"), FhirJson.Text(filter, "value") ?? "");
                    if (op is not ("is-a" or "descendent-of") || FhirJson.Text(filter, "property") is not ("concept" or "code")) return Problem.Invalid($"A ValueSet that filters by '{op}' cannot be answered.", code: "not-supported");
                    var below = Below(parents, root);
                    if (op == "descendent-of") below.Remove(root);
                    codes.IntersectWith(below.Select(c => (system, c)));
                }
            }
        }
        foreach (var nested in FhirJson.Items(include, "valueSet").Select(v => v.GetString()).OfType<string>())
        {
            var inner = await ValueSet(nested, depth + 1);
            if (!inner.Ok) return inner.Problem;
            if (codes is null) codes = [.. inner.Value];
            else codes.IntersectWith(inner.Value);
        }
        return codes ?? [];
    }

    /// <summary>system|code and what lies below it, or above it, in the CodeSystem.</summary>
    private async Task<Outcome<IReadOnlyList<(string System, string Code)>>> Branch(string modifier, string value)
    {
        if (SearchValue.Split(value, '|') is not [{ Length: > 0 } of, { Length: > 0 } root]) return Problem.Invalid($"':{modifier}' takes system|code.");
        var (system, code) = (SearchValue.Unescape(of), SearchValue.Unescape(root));
        if (await Find("CodeSystem", system) is not { } codeSystem) return Problem.Invalid($"The CodeSystem '{system}' is not stored here.", code: "not-found");
        var parents = Parents(codeSystem);
        var codes = modifier == "below" ? Below(parents, code) : Above(parents, code);
        return codes.Select(c => (system, c)).ToArray();
    }

    private static Dictionary<string, HashSet<string>> Parents(JsonElement codeSystem)
    {
        var parents = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var open = new Stack<(JsonElement Concept, string? Parent)>(FhirJson.Items(codeSystem, "concept").Select(c => (c, (string?)null)));
        while (open.TryPop(out var next))
        {
            if (FhirJson.Text(next.Concept, "code") is not { } code) continue;
            var above = Of(code);
            if (next.Parent is not null) above.Add(next.Parent);
            foreach (var property in FhirJson.Items(next.Concept, "property"))
            {
                if (FhirJson.Text(property, "valueCode") is not { } other) continue;
                if (FhirJson.Text(property, "code") is "parent" or "subsumedBy") above.Add(other);
                else if (FhirJson.Text(property, "code") == "child") Of(other).Add(code);
            }
            foreach (var child in FhirJson.Items(next.Concept, "concept")) open.Push((child, code));
        }
        return parents;

        HashSet<string> Of(string code) => parents.TryGetValue(code, out var set) ? set : parents[code] = [];
    }

    private static HashSet<string> Above(Dictionary<string, HashSet<string>> parents, string code)
    {
        var (found, open) = (new HashSet<string> { code }, new Stack<string>([code]));
        while (open.TryPop(out var at))
        {
            foreach (var parent in parents.GetValueOrDefault(at) ?? [])
            {
                if (found.Add(parent)) open.Push(parent);
            }
        }
        return found;
    }

    private static HashSet<string> Below(Dictionary<string, HashSet<string>> parents, string root)
    {
        var children = parents.SelectMany(p => p.Value.Select(parent => (parent, p.Key))).ToLookup(p => p.parent, p => p.Key);
        var (found, open) = (new HashSet<string> { root }, new Stack<string>([root]));
        while (open.TryPop(out var at))
        {
            foreach (var child in children[at])
            {
                if (found.Add(child)) open.Push(child);
            }
        }
        return found;
    }

    /// <summary>By "Type/id", "url" or "url|version"; of several versions the latest stored.</summary>
    private async Task<JsonElement?> Find(string type, string reference)
    {
        var (local, id) = Reference.Split(reference);
        var bar = reference.IndexOf('|', StringComparison.Ordinal);
        await using var batch = link.Batch();
        var args = new SqlArgs(tenant);
        var of = args.Add(ResourceTypes.Number(type));
        batch.BatchCommands.Add(local == type
            ? args.Command($"select r.body from fhir.resource r where r.tenant = $1 and r.type = {of} and r.id = {args.Add(id)} and not r.deleted")
            : args.Command($"""
                select r.body from fhir.uri x join fhir.resource r on r.tenant = $1 and r.rid = x.rid and r.type = {of} and not r.deleted
                where x.tenant = $1 and x.param = {args.Add(SearchParameters.Find(type, "url")!.Number)} and x.value = {args.Add(bar < 0 ? reference : reference[..bar])}
                order by r.updated desc, r.rid desc limit 20
                """));
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        while (await reader.ReadAsync(stop))
        {
            var body = JsonDocument.Parse(reader.GetFieldValue<byte[]>(0)).RootElement;
            if (local == type || bar < 0 || FhirJson.Text(body, "version") == reference[(bar + 1)..]) return body;
        }
        return null;
    }
}
