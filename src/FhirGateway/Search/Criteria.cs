using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <summary>One criterion of a search as a <see cref="Clause"/>. Values within it are ORed, criteria ANDed.</summary>
/// <param name="by">Whose scopes narrow what chains and _has look through; null is the product itself.</param>
internal sealed class Criteria(SqlArgs args, string server, Caller? by, ParameterSet parameters, Terms terms)
{
    private const int MostDepth = 4;
    private readonly Matching matching = new(args, server, terms);

    /// <summary>Whether the name means something for all of the types; else it may be ignored.</summary>
    public bool Knows(IReadOnlyList<string> types, string name) =>
        name is "_id" or "_lastUpdated" or "_list" || name.StartsWith("_id:", StringComparison.Ordinal) || name.StartsWith("_lastUpdated:", StringComparison.Ordinal)
        || name.StartsWith("_has:", StringComparison.Ordinal) || Find(types, Head(name)) is not null;

    /// <summary>The parameter when criteria on it speak of one and the same value.</summary>
    public Parameter? OneDate(IReadOnlyList<string> types, string name) => types.Count == 1 && Find(types, name) is { Kind: ParameterKind.Date, Single: true } p ? p : null;

    /// <returns>Null when the criterion says nothing (an empty value).</returns>
    public Outcome<Clause?> Make(IReadOnlyList<string> types, string name, IReadOnlyList<string> values, int depth = 0)
    {
        if (values.Any(SearchValue.HoldsZero) || SearchValue.HoldsZero(name)) return SearchValue.Zero;
        var groups = values.Select(v => SearchValue.Split(v, ',').Where(x => x.Length > 0).ToList()).Where(g => g.Count > 0).ToList();
        if (groups.Count == 0) return (Clause?)null;
        if (depth > MostDepth) return Problem.Invalid($"'{name}' goes through more than {MostDepth} references.", Head(name), "too-costly");
        if (name.StartsWith("_has:", StringComparison.Ordinal)) return Chains.Has(this, types, name, values[0], depth);
        if (name == "_list") return groups[0][0].StartsWith('$') ? Problem.Invalid("Only lists that are stored are searched: _list=id.", "_list", "not-supported") : Chains.Has(this, types, "_has:List:item:_id", values[0], depth);
        var (code, modifier, rest) = Read(name);
        switch (code)
        {
            case "_id" or "_lastUpdated" when modifier is not null || rest is not null:
                return Problem.Invalid($"The modifier ':{modifier}' is not supported for '{code}'.", code, "not-supported");
            case "_id":
                return Ids(types, [.. groups[0].Select(SearchValue.Unescape)]);
            case "_lastUpdated":
                return Updated(types, groups[0]);
        }
        if (Find(types, code) is not { } p) return Unknown(types, code);
        if (p.Pending is { } pending) return Problem.Invalid(pending, code, "incomplete");
        if (rest is not null) return Chains.To(this, types, p, modifier, rest, values[0], depth);
        return modifier == "missing" ? Missing(types, p, values[0]) : Rows(types, p, modifier, groups);
    }

    public static Problem Unknown(IReadOnlyList<string> types, string code) =>
        Problem.Invalid($"{string.Join(", ", types.Take(3))} {(types.Count > 1 ? "have" : "has")} no search parameter '{code}'.", code, "not-supported");

    public SqlArgs Args => args;
    public Caller? By => by;

    /// <summary>What the caller may search of a type.</summary>
    public Outcome<Limit> Reach(string type) => by is null ? new Limit(null) : FhirAccess.Reach(by, type, 's');

    /// <summary>Of several types the parameter they all have, of one kind.</summary>
    public Parameter? Find(IReadOnlyList<string> types, string code)
    {
        if (types.Count == 0) return null;
        var first = parameters.Find(types[0], code);
        return first is not null && types.Skip(1).All(t => parameters.Find(t, code) is { } p && p.Kind == first.Kind) ? first : null;
    }

    /// <summary>A limit as a condition on a row of fhir.resource; null when it limits nothing.</summary>
    public Outcome<string?> Within(string type, Limit limit, string alias)
    {
        if (limit.Grants is null) return (string?)null;
        var any = new List<string>();
        foreach (var grant in limit.Grants)
        {
            var all = new List<string>();
            if (grant.Patient is { } patient) all.Add(OfPatient(type, patient, alias));
            foreach (var filter in grant.Filter)
            {
                var clause = Make([type], filter.Name, [filter.Value]);
                if (!clause.Ok) return clause.Problem;
                all.Add(clause.Value!.Probe(alias));
            }
            any.Add($"({string.Join(" and ", all)})");
        }
        return $"({string.Join(" or ", any)})";
    }

    private string OfPatient(string type, string patient, string alias)
    {
        if (type == "Patient") return $"{alias}.id = {args.Add(patient)}";
        var numbers = Compartment.Numbers("Patient", [type]);
        return numbers.Length == 0 ? "false" : Member("Patient", patient, numbers).Probe(alias);
    }

    /// <summary>Membership of a compartment: by any of these parameters.</summary>
    public Clause Member(string compartment, string id, int[] numbers)
    {
        var (param, target) = ($"param = any({args.Add(numbers)})", $"x.target_type = {args.Add(ResourceTypes.Number(compartment))} and x.target_id = {args.Add(id)}");
        return new Clause(a => SqlArgs.Has("reference", param, a, target), $"select x.rid from fhir.reference x where x.tenant = $1 and x.{param} and {target}", compartment is "Practitioner" or "Device" ? 1 : 0);
    }

    private Clause Ids(IReadOnlyList<string> types, string[] ids)
    {
        var asked = args.Add(ids);
        return new Clause(a => $"{a}.id = any({asked})", types.Count == 1 ? $"select x.rid from fhir.resource x where x.tenant = $1 and x.type = {args.Add(ResourceTypes.Number(types[0]))} and x.id = any({asked})" : null, 0);
    }

    /// <summary>With its bounds in so many words, so that the index on updated serves: this is how changes are polled for.</summary>
    private Outcome<Clause?> Updated(IReadOnlyList<string> types, List<string> values)
    {
        var any = new List<DateValue>();
        foreach (var v in values)
        {
            if (DateValue.Read(args, v, TimeSpan.FromMilliseconds(1)) is not { } d) return Problem.Invalid($"'{v}' is not a date.", "_lastUpdated");
            any.Add(d);
        }
        string Condition(string a) => any is [var one]
            ? $"({one.Condition($"{a}.updated", $"{a}.updated")}{(one.HiMin is null ? "" : $" and {a}.updated > {one.From}")}{(one.LoMin is { } min ? $" and {a}.updated >= {min}" : "")}{(one.LoMax is { } max ? $" and {a}.updated < {max}" : "")})"
            : $"({string.Join(" or ", any.Select(d => d.Condition($"{a}.updated", $"{a}.updated")))})";
        var drive = types.Count == 1 && any is [{ HiMin: not null } or { LoMin: not null } or { LoMax: not null }]
            ? $"select x.rid from fhir.resource x where x.tenant = $1 and x.type = {args.Add(ResourceTypes.Number(types[0]))} and not x.deleted and {Condition("x")}" : null;
        return new Clause(Condition, drive, 6);
    }

    private Outcome<Clause?> Missing(IReadOnlyList<string> types, Parameter p, string value)
    {
        if (value is not ("true" or "false")) return Problem.Invalid("':missing' takes true or false.", p.Code);
        var rows = $"select from fhir.{p.Table} x where x.tenant = $1 and x.{Param(types, p)}{View(p)}";
        return new Clause(a => $"{(value == "true" ? "not " : "")}exists ({rows} and x.rid = {a}.rid offset 0)", null, 9);
    }

    private Outcome<Clause?> Rows(IReadOnlyList<string> types, Parameter p, string? modifier, List<List<string>> groups)
    {
        var and = new List<string>();
        foreach (var group in groups)
        {
            var or = new List<string>();
            foreach (var raw in group)
            {
                var one = matching.Of(p, modifier, raw);
                if (!one.Ok) return one.Problem;
                or.Add(one.Value);
            }
            and.Add($"({string.Join(" or ", or)})");
        }
        var table = modifier == "identifier" ? "token" : p.Table;
        var param = modifier switch { "of-type" => Param(types, p, x => x.OfType), "identifier" => Param(types, p, x => x.Identifier), _ => Param(types, p) };
        var conditions = $"{string.Join(" and ", and)}{(modifier == "identifier" ? "" : View(p))}";
        var rows = $"select x.rid from fhir.{table} x where x.tenant = $1 and x.{param} and {conditions}";
        Func<string, string> probe = a => SqlArgs.Has(table, param, a, conditions);
        if (modifier is "not" or "not-in") return new Clause(a => $"not {probe(a)}", null, 9);
        if (p.Kind == ParameterKind.Date && groups.TrueForAll(g => g.Count == 1)) return DateClause(p, probe, param, conditions, [.. groups.Select(g => DateValue.Read(args, g[0])!)]);
        return new Clause(probe, rows, Rank(p, modifier, groups[0])) { Exact = types.Count == 1 && p.RowsOf.StartsWith(types[0], StringComparison.Ordinal) };
    }

    /// <summary>Leads by when it begins where that is said, else by the two indexes of what is short and what is long.</summary>
    private static Clause DateClause(Parameter p, Func<string, string> probe, string param, string conditions, DateValue[] values)
    {
        var (hiMin, loMax) = (values.Select(v => v.HiMin).FirstOrDefault(h => h is not null), values.Select(v => v.LoMax).FirstOrDefault(m => m is not null));
        var bounds = string.Concat(values.Select(v => $"{(v.LoMin is { } min ? $" and x.lo >= {min}" : "")}{(v.LoMax is { } max ? $" and x.lo < {max}" : "")}"));
        string[] parts = hiMin is not { } h || values.Any(v => v.LoMin is not null)
            ? [$"{conditions}{bounds}"]
            : [$"x.hi - x.lo <= interval '1 day' and x.lo > {h.DayBefore}{bounds} and {conditions}", $"x.hi - x.lo > interval '1 day' and x.hi > {h.Hi}{bounds} and {conditions}"];
        var drive = string.Join(" union all ", parts.Select(c => $"(select x.rid from fhir.date x where x.tenant = $1 and x.{param} and {c})"));
        var bounded = values.Any(v => v.LoMin is not null) || (hiMin is not null && loMax is not null);
        return new Clause(probe, bounds.Length == 0 && hiMin is null ? null : drive, bounded ? 3 : 6) { Exact = true, Walk = p.Single ? new DateWalk(p.Number, [.. parts.Select(c => c.Replace("x.", "k.", StringComparison.Ordinal))]) : null };
    }

    /// <summary>How likely a criterion is to name few: what carries an identity first, a code of a short list last.</summary>
    private static int Rank(Parameter p, string? modifier, List<string> values) => p.Kind switch
    {
        ParameterKind.Reference when p.OnlyTarget == "Patient" || p.Targets is ["Patient"] || values.TrueForAll(v => v.StartsWith("Patient/", StringComparison.Ordinal)) => 0,
        ParameterKind.Token when p.Code == "identifier" && values.TrueForAll(v => !v.EndsWith('|')) && modifier is null or "of-type" => 0,
        ParameterKind.Reference or ParameterKind.Uri => 1,
        ParameterKind.String when modifier == "contains" => 7,
        ParameterKind.String => 2,
        ParameterKind.Quantity or ParameterKind.Number or ParameterKind.Composite or ParameterKind.Special => 4,
        _ => 5,
    };

    public string Param(IReadOnlyList<string> types, Parameter p, Func<Parameter, int>? number = null)
    {
        var numbers = types.Select(t => parameters.Find(t, p.Code) ?? p).Select(number ?? (x => x.Number)).Distinct().ToArray();
        return numbers.Length == 1 ? $"param = {args.Add(numbers[0])}" : $"param = any({args.Add(numbers)})";
    }

    /// <summary>What a view keeps of the rows it reads.</summary>
    private string View(Parameter p) => p.OnlyTarget is { } target ? $" and x.target_type = {args.Add(ResourceTypes.Number(target))}" : p.OnlySystem is { } system ? $" and x.system = {args.Add(system)}" : "";

    private static string Head(string name) => name.Split(':', '.')[0];

    /// <summary>code[:modifier][.rest of a chain]</summary>
    private static (string Code, string? Modifier, string? Chain) Read(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (head, rest) = dot < 0 ? (name, null) : (name[..dot], name[(dot + 1)..]);
        var colon = head.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (head, null, rest) : (head[..colon], head[(colon + 1)..], rest);
    }
}
