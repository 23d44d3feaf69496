using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search;

/// <summary>What a search is of, and for whom.</summary>
/// <param name="Types">One, or those of a search of the system or of a compartment.</param>
/// <param name="By">Whose scopes narrow it; null is the product itself.</param>
internal sealed record SearchOf(int Tenant, string Server, Caller? By, IReadOnlyList<string> Types)
{
    public ParameterSet Parameters { get; init; } = ParameterSet.Standard;
    public Terms Terms { get; init; } = Terms.None;

    /// <summary>Patient/1 of Patient/1/Encounter.</summary>
    public (string Type, string Id)? Compartment { get; init; }
}

/// <summary>
/// A search as SQL. http://hl7.org/fhir/R4/search.html. The text depends on the shape of the question only, never on its
/// values, and the plan must be right without knowing them: the most selective criterion names the resources, the others
/// are checked on those; should it name more than <see cref="Few"/>, the next one leads; when all name many, the
/// resources are walked in the order asked for until the page is full.
/// </summary>
internal sealed class SearchQuery
{
    public const int Few = 5_000;
    private const int MostDrivers = 3;

    // Planning time grows with the first, PostgreSQL takes 65,535 of the second.
    private const int MostCriteria = 60;
    private const int MostValues = 5000;

    private readonly List<Clause> clauses = [];
    private readonly string ofType;

    /// <summary>The scopes' limit: what it leads to is a superset, so it is checked even where it leads.</summary>
    private Clause? leash;

    public SearchOf Of { get; }
    public SqlArgs Args { get; }
    public Criteria Criteria { get; }
    public string Type => Of.Types[0];
    public List<(string Name, string Value)> Used { get; } = [];
    public List<string> Ignored { get; } = [];

    private SearchQuery(SearchOf of)
    {
        (Of, Args) = (of, new SqlArgs(of.Tenant));
        Criteria = new Criteria(Args, of.Server, of.By, of.Parameters, of.Terms);
        ofType = of.Types.Count == 1 ? $"type = {Args.Add(ResourceTypes.Number(of.Types[0]))}" : $"type = any({Args.Add(of.Types.Select(ResourceTypes.Number).ToArray())})";
    }

    public static Outcome<SearchQuery> Build(SearchOf of, IEnumerable<(string Name, string Value)> criteria, bool strict)
    {
        var query = new SearchQuery(of);
        if (query.Limit() is { } refused) return refused;
        if (of.Compartment is { } c) query.clauses.Add(query.Criteria.Member(c.Type, c.Id, Compartments.Compartment.Numbers(c.Type, of.Types)));
        // Criteria on one date of a resource speak of the same date, together: ge this and lt that.
        foreach (var group in criteria.Select((c, i) => (c.Name, c.Value, Key: query.Criteria.OneDate(of.Types, c.Name) is null ? i : -1)).GroupBy(c => (c.Name, c.Key)))
        {
            if (query.Add(group.Key.Name, [.. group.Select(g => g.Value)], strict) is { } problem) return problem;
            if (query.Used.Count > MostCriteria || query.Args.Count > MostValues)
            {
                return Problem.Invalid($"A search has at most {MostCriteria} parameters and about {MostValues} values.", code: "too-costly");
            }
        }
        return query;
    }

    private Problem? Add(string name, IReadOnlyList<string> values, bool strict)
    {
        if (SearchValue.HoldsZero(name)) return SearchValue.Zero;
        if (!Criteria.Knows(Of.Types, name))
        {
            var unknown = Criteria.Unknown(Of.Types, name.Split(':', '.')[0]);
            if (strict) return unknown;
            Ignored.Add($"{unknown.Detail.TrimEnd('.')}; it was ignored.");
            return null;
        }
        var clause = Criteria.Make(Of.Types, name, values);
        if (!clause.Ok) return clause.Problem;
        if (clause.Value is null) return null;
        clauses.Add(clause.Value);
        Used.AddRange(values.Select(v => (name, v)));
        return null;
    }

    /// <summary>What the caller's scopes leave of each type (FHIR-106); types under the same limit share one condition.</summary>
    private Problem? Limit()
    {
        if (Of.By is null) return null;
        var reach = Of.Types.Select(t => (Type: t, Limit: FhirAccess.Reach(Of.By, t, 's'))).Where(t => t.Limit.Ok).Select(t => (t.Type, Limit: t.Limit.Value)).ToList();
        if (reach.Count == 0) return FhirAccess.Reach(Of.By, Type, 's').Problem;
        if (reach.Count == Of.Types.Count && reach.TrueForAll(t => t.Limit.Grants is null)) return null;
        var any = new List<string>();
        foreach (var group in reach.GroupBy(t => t.Limit.Grants is null ? "" : t.Limit.Patient is not null && t.Type != "Patient" ? "patient" : t.Type))
        {
            var types = group.Select(t => t.Type).ToArray();
            var within = group.Key != "patient" ? Criteria.Within(types[0], group.First().Limit, "{row}")
                : Criteria.Member("Patient", group.First().Limit.Patient!, Compartments.Compartment.Numbers("Patient", types)).Probe("{row}");
            if (!within.Ok) return within.Problem;
            var these = Args.Add(types.Select(ResourceTypes.Number).ToArray());
            any.Add(within.Value is { } condition ? $"({{row}}.type = any({these}) and {condition})" : $"{{row}}.type = any({these})");
        }
        // One patient's data: surely few, so let them lead.
        var patients = reach.SelectMany(t => t.Limit.Grants?.Select(g => g.Patient) ?? [null]).Distinct().ToArray();
        var drive = patients is not [{ } patient] ? null
            : Criteria.Member("Patient", patient, Compartments.Compartment.Numbers("Patient", Of.Types)).Drive
              + (Of.Types.Contains("Patient") ? $" union all select x.rid from fhir.resource x where x.tenant = $1 and x.type = {Args.Add(ResourceTypes.Number("Patient"))} and x.id = {Args.Add(patient)}" : "");
        leash = new Clause(alias => $"({string.Join(" or ", any).Replace("{row}", alias, StringComparison.Ordinal)})", drive, 0);
        clauses.Add(leash);
        return null;
    }

    private string Filter(Clause? leading = null) =>
        $"r.tenant = $1 and r.{ofType} and not r.deleted{string.Concat(clauses.Where(c => c != leading || c == leash).Select(c => $" and {c.Probe("r")}"))}";

    /// <summary>All of it as a condition on rows that are named already, alias r: for exports and for changes compared with subscriptions.</summary>
    public string Where => Filter();

    /// <summary>The first few that match, in no order: for the conditions of writes.</summary>
    public string Some(int limit) => $"{Led(clauses.Where(c => c.Drive is not null).MinBy(c => c.Rank), "r.id, r.rid")} limit {limit}";

    public string Count() => clauses is [{ Exact: true, Drive: { } rows }] ? $"select count(distinct d.rid) from ({rows}) d" : Led(clauses.Where(c => c.Drive is not null).MinBy(c => c.Rank), "count(*)");

    private string Led(Clause? leading, string what) => leading is null
        ? $"select {what} from fhir.resource r where {Filter()}"
        : $"select {what} from (select distinct d.rid from ({leading.Drive}) d) d {SqlArgs.Resource("d.rid", "r")} where {Filter(leading)}";

    /// <summary>One page and one row more, which tells that there is a next.</summary>
    public string Page(Sort sort, int limit)
    {
        var what = $"r.type, r.id, d.rid, r.body{sort.Columns}";
        // A walk in the order of a criterion keeps to it at no cost, and stops when the page is full: it need not lead.
        var drivers = clauses.Where(c => c.Drive is not null && (c.Walk is null || c.Walk.Number != sort.Leading)).OrderBy(c => c.Rank).Take(MostDrivers).ToList();
        if (drivers is [{ Rank: 0 } sure, ..]) return $"select * from (select {what} from {sort.Rids($"({sure.Drive})")} {SqlArgs.Resource("d.rid", "r")} where {Filter(sure)}) b where true{sort.After} {sort.Order} limit {limit}";
        var walked = clauses.Select(c => c.Walk).FirstOrDefault(w => w is not null && w.Number == sort.Leading);
        if (drivers.Count == 0) return Ordered(sort.Walks(walked, Unwalked, "", limit), sort, limit);
        var (with, parts, many) = (new List<string>(), new List<string>(), "");
        for (var i = 0; i < drivers.Count; i++)
        {
            with.Add($"c{i} as materialized (select d.rid from ({drivers[i].Drive}) d limit {Few + 1}), n{i} as materialized (select count(*) as n from c{i})");
            var here = $"{many} and (select n from n{i}) <= {Few}";
            parts.Add($"(select * from (select {what} from {sort.Rids($"c{i}")} {SqlArgs.Resource("d.rid", "r")} where {Filter(drivers[i])}{here}) b where true{sort.After} {sort.Order} limit {limit})");
            many += $" and (select n from n{i}) > {Few}";
        }
        var (walkWith, walks) = sort.Walks(walked, Unwalked, many, limit);
        return Ordered(([.. with, .. walkWith], [.. parts, .. walks]), sort, limit);
    }

    private string Unwalked(DateWalk? walked) => Filter(walked is null ? null : clauses.Find(c => c.Walk == walked));

    private static string Ordered((IReadOnlyList<string> With, IReadOnlyList<string> Parts) of, Sort sort, int limit) =>
        $"{(of.With.Count > 0 ? $"with {string.Join(", ", of.With)} " : "")}{string.Join(" union all ", of.Parts)}{(of.Parts.Count + of.With.Count > 1 ? $" {sort.Order} limit {limit}" : "")}";
}
