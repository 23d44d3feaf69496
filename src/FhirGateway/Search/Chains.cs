using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// Criteria on other resources: http://hl7.org/fhir/R4/search.html#chaining and #has. What is looked through must be
/// within the caller's scopes as if it were searched: neither matches nor totals tell of anything else.
/// </summary>
internal static class Chains
{
    private const int MostTargets = 30;

    /// <summary>subject:Patient.name=x: resources that refer to such a target.</summary>
    public static Outcome<Clause?> To(Criteria criteria, IReadOnlyList<string> types, Parameter p, string? modifier, string rest, string value, int depth)
    {
        if (p.Kind != ParameterKind.Reference) return Problem.Invalid($"'{p.Code}' is no reference: nothing can be searched through it.", p.Code);
        if (modifier is not null && !ResourceTypes.Known(modifier)) return Problem.Invalid($"'{modifier}' is no type to search through.", p.Code, "not-supported");
        var targets = (modifier is not null ? [modifier] : p.OnlyTarget is { } only ? [only] : p.Targets).Where(ResourceTypes.Known).Where(t => criteria.Knows([t], rest)).ToList();
        if (targets.Count == 0) return Criteria.Unknown([modifier ?? p.Code], rest);
        if (targets.Count > MostTargets) return Problem.Invalid($"'{p.Code}' may refer to {targets.Count} types: say which, as in {p.Code}:Patient.{rest}.", p.Code, "too-costly");
        var inner = new List<(string Type, Clause Clause, string? Limit)>();
        Problem? refused = null;
        foreach (var target in targets)
        {
            var one = Inner(criteria, target, rest, value, depth);
            if (!one.Ok) refused = one.Problem;
            if (!one.Ok && one.Problem.Status != 403) return one.Problem;
            if (one.Ok && one.Value is { } found) inner.Add(found);
        }
        if (inner.Count == 0) return refused is null ? (Clause?)null : refused;
        var param = criteria.Param(types, p);
        var sides = inner.ConvertAll(i => (Type: criteria.Args.Add(ResourceTypes.Number(i.Type)), i.Clause, i.Limit));
        string Probe(string a) => $"""
            exists (select from fhir.reference x join fhir.resource t{a} on t{a}.tenant = $1 and t{a}.type = x.target_type and t{a}.id = x.target_id and not t{a}.deleted
              where x.tenant = $1 and x.rid = {a}.rid and x.{param} and ({string.Join(" or ", sides.Select(s => $"(x.target_type = {s.Type} and {s.Clause.Probe("t" + a)}{And(s.Limit, "t" + a)})"))}) offset 0)
            """;
        var drive = sides.TrueForAll(s => s.Clause.Drive is not null) ? string.Join(" union all ", sides.Select(s => $"""
            (select x.rid from (select distinct rid from ({s.Clause.Drive}) d) d join fhir.resource t on t.tenant = $1 and t.rid = d.rid and t.type = {s.Type} and not t.deleted{And(s.Limit, "t")}
              join fhir.reference x on x.tenant = $1 and x.{param} and x.target_type = {s.Type} and x.target_id = t.id)
            """)) : null;
        return new Clause(Probe, drive, sides.Max(s => s.Clause.Rank) + 1);
    }

    /// <summary>_has:Observation:patient:code=x: resources that such a one refers to. The rest may be a chain or a _has again.</summary>
    public static Outcome<Clause?> Has(Criteria criteria, IReadOnlyList<string> types, string name, string value, int depth)
    {
        if (name.Split(':', 4) is not [_, var source, var code, { Length: > 0 } rest] || !ResourceTypes.Known(source)) return Problem.Invalid($"'{name}' is not _has:Type:reference:parameter.", "_has");
        if (criteria.Find([source], code) is not { Kind: ParameterKind.Reference } p) return Criteria.Unknown([source], code);
        var one = Inner(criteria, source, rest, value, depth);
        if (!one.Ok) return one.Problem;
        if (one.Value is not { } inner) return (Clause?)null;
        var (param, of) = (criteria.Param([source], p), criteria.Args.Add(ResourceTypes.Number(source)));
        var only = p.OnlyTarget is { } view ? $" and x.target_type = {criteria.Args.Add(ResourceTypes.Number(view))}" : "";
        string Probe(string a) => $"""
            exists (select from fhir.reference x join fhir.resource t{a} on t{a}.tenant = $1 and t{a}.rid = x.rid and t{a}.type = {of} and not t{a}.deleted
              where x.tenant = $1 and x.{param} and x.target_id = {a}.id and x.target_type = {a}.type{only} and {inner.Clause.Probe("t" + a)}{And(inner.Limit, "t" + a)} offset 0)
            """;
        var drive = inner.Clause.Drive is not { } rows ? null : $"""
            select h.rid from (select distinct rid from ({rows}) d) d join fhir.resource t on t.tenant = $1 and t.rid = d.rid and t.type = {of} and not t.deleted{And(inner.Limit, "t")}
              join fhir.reference x on x.tenant = $1 and x.rid = t.rid and x.{param}{only} join fhir.resource h on h.tenant = $1 and h.type = x.target_type and h.id = x.target_id
            """;
        return new Clause(Probe, drive, inner.Clause.Rank + 1);
    }

    private static string And(string? limit, string alias) => limit is null ? "" : $" and {limit.Replace("{row}", alias, StringComparison.Ordinal)}";

    /// <summary>The criterion on the other type, with what the caller may search of it.</summary>
    private static Outcome<(string Type, Clause Clause, string? Limit)?> Inner(Criteria criteria, string type, string rest, string value, int depth)
    {
        var limit = criteria.Reach(type);
        if (!limit.Ok) return limit.Problem;
        var clause = criteria.Make([type], rest, [value], depth + 1);
        if (!clause.Ok) return clause.Problem;
        if (clause.Value is null) return ((string, Clause, string?)?)null;
        var within = criteria.Within(type, limit.Value, "{row}");
        return within.Ok ? (type, clause.Value, within.Value) : within.Problem;
    }
}
