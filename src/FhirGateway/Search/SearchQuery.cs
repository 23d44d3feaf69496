using System.Globalization;
using System.Text;
using HealthTeams.FhirGateway.Storage;
using Npgsql;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// A search of one type as SQL: one exists() per parameter over its index table. http://hl7.org/fhir/R4/search.html
/// Values within a parameter are ORed, parameters ANDed; nothing of the request reaches the SQL but as a parameter.
/// </summary>
internal sealed class SearchQuery
{
    /// <summary>Above every character in the order of "C": the end of a prefix's range.</summary>
    private const string Highest = "\U0010FFFF";

    // Planning time grows with the first, PostgreSQL takes 65,535 of the second.
    private const int MostCriteria = 60;
    private const int MostValues = 5000;

    private readonly string server;
    private readonly StringBuilder where = new();
    private readonly List<NpgsqlParameter> parameters = [];

    public string Type { get; }
    public List<(string Name, string Value)> Used { get; } = [];
    public List<string> Ignored { get; } = [];
    public IReadOnlyList<NpgsqlParameter> Parameters => parameters;
    public string Where => where.ToString();

    private SearchQuery(string type, int tenant, string server)
    {
        (Type, this.server) = (type, server);
        Add(tenant);
        Add(ResourceTypes.Number(type));
        where.Append("r.tenant = $1 and r.type = $2 and not r.deleted");
    }

    public static Outcome<SearchQuery> Build(string type, int tenant, IEnumerable<(string Name, string Value)> criteria, bool strict, string server)
    {
        var query = new SearchQuery(type, tenant, server);
        foreach (var (name, value) in criteria)
        {
            if (query.Criterion(name, value, strict) is { } problem) return problem;
            if (query.Used.Count > MostCriteria || query.parameters.Count > MostValues)
            {
                return Problem.Invalid($"A search has at most {MostCriteria} parameters and about {MostValues} values.", code: "too-costly");
            }
        }
        return query;
    }

    /// <summary>Limits a patient/ scope to what belongs to that patient (FHIR-106).</summary>
    public void OnlyPatient(string patient)
    {
        var id = Add(patient);
        var type = Add(ResourceTypes.Number("Patient"));
        where.Append(Type == "Patient"
            ? $" and r.id = {id}"
            : $" and exists (select from fhir.reference x where x.tenant = $1 and x.rid = r.rid and x.target_type = {type} and x.target_id = {id})");
    }

    public string Add(object value, NpgsqlDbType? type = null)
    {
        var p = new NpgsqlParameter { Value = value };
        if (type is { } t) p.NpgsqlDbType = t;
        parameters.Add(p);
        return $"${parameters.Count}";
    }

    public void And(string condition) => where.Append(" and ").Append(condition);

    private Problem? Criterion(string name, string value, bool strict)
    {
        if (SearchValue.HoldsZero(value)) return SearchValue.Zero;
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var code = colon < 0 ? name : name[..colon];
        var modifier = colon < 0 ? null : name[(colon + 1)..];
        var values = SearchValue.Split(value, ',').Where(v => v.Length > 0).ToList();
        if (values.Count == 0) return null;
        if (code is "_id" or "_lastUpdated" && modifier is not null) return Problem.Invalid($"The modifier ':{modifier}' is not supported for '{code}'.", code, "not-supported");
        if (code == "_id")
        {
            And($"r.id = any({Add(values.Select(SearchValue.Unescape).ToArray())})");
            Used.Add((name, value));
            return null;
        }
        if (code == "_lastUpdated")
        {
            var any = new List<string>();
            foreach (var v in values)
            {
                if (DateCondition("r.updated", "r.updated", v, width: TimeSpan.FromMilliseconds(1)) is not { } c) return Problem.Invalid($"'{v}' is not a date.", "_lastUpdated");
                any.Add(c);
            }
            And($"({string.Join(" or ", any)})");
            Used.Add((name, value));
            return null;
        }
        if (SearchParameters.Find(Type, code) is not { } parameter)
        {
            if (strict) return Problem.Invalid($"{Type} has no search parameter '{code}'.", code, "not-supported");
            Ignored.Add($"{Type} has no search parameter '{code}'; it was ignored.");
            return null;
        }
        var condition = modifier == "missing" ? Missing(parameter, value) : Condition(parameter, modifier, values);
        if (!condition.Ok) return condition.Problem;
        And(condition.Value);
        Used.Add((name, value));
        return null;
    }

    private Outcome<string> Missing(Parameter p, string value) => value switch
    {
        "true" => $"not exists (select from fhir.{Table(p)} x where x.tenant = $1 and x.rid = r.rid and x.param = {Add(p.Number)})",
        "false" => $"exists (select from fhir.{Table(p)} x where x.tenant = $1 and x.rid = r.rid and x.param = {Add(p.Number)})",
        _ => Problem.Invalid("':missing' takes true or false.", p.Code),
    };

    private Outcome<string> Condition(Parameter p, string? modifier, List<string> values)
    {
        var any = new List<string>();
        foreach (var raw in values)
        {
            var one = p.Kind switch
            {
                ParameterKind.Token when modifier is null or "not" => Token(p, raw),
                ParameterKind.String when modifier is null or "exact" or "contains" => Text(raw, modifier),
                ParameterKind.Date when modifier is null => DateCondition("x.lo", "x.hi", raw) is { } d ? d : Problem.Invalid($"'{raw}' is not a date.", p.Code),
                ParameterKind.Reference => Ref(p, raw, modifier),
                ParameterKind.Quantity or ParameterKind.Number when modifier is null => Quantity(p, raw),
                ParameterKind.Uri when modifier is null or "below" or "above" => Uri(raw, modifier),
                _ => Problem.Invalid($"The modifier ':{modifier}' is not supported for '{p.Code}'.", p.Code, "not-supported"),
            };
            if (!one.Ok) return one.Problem;
            any.Add(one.Value);
        }
        var exists = $"exists (select from fhir.{Table(p)} x where x.tenant = $1 and x.rid = r.rid and x.param = {Add(p.Number)} and ({string.Join(" or ", any)}))";
        return modifier == "not" && p.Kind == ParameterKind.Token ? $"not {exists}" : exists;
    }

    /// <summary>code | system|code | system| | |code</summary>
    private Outcome<string> Token(Parameter p, string raw)
    {
        var parts = SearchValue.Split(raw, '|');
        if (parts.Count == 1) return $"x.code = {Add(IndexRows.Cut(SearchValue.Unescape(raw)))}";
        if (parts.Count > 2) return Problem.Invalid($"'{raw}' is not code, system|code, system| or |code.", p.Code);
        var (system, code) = (IndexRows.Cut(SearchValue.Unescape(parts[0])), IndexRows.Cut(SearchValue.Unescape(parts[1])));
        if (system.Length == 0) return $"(x.system is null and x.code = {Add(code)})";
        var ofSystem = p.Implies(system) ? $"(x.system = {Add(system)} or x.system is null)" : $"x.system = {Add(system)}";
        return code.Length == 0 ? ofSystem : $"(x.code = {Add(code)} and {ofSystem})";
    }

    /// <summary>Prefix by default; the range form lets the index serve it behind row-level security.</summary>
    private Outcome<string> Text(string raw, string? modifier)
    {
        var text = SearchValue.Unescape(raw);
        if (modifier == "exact") return $"x.exact = {Add(IndexRows.Cut(text))}";
        var norm = IndexRows.Normalize(text);
        if (modifier == "contains") return $"position({Add(norm)} in x.norm) > 0";
        return $"(x.norm >= {Add(norm)} and x.norm < {Add(norm + Highest)})";
    }

    /// <summary>http://hl7.org/fhir/R4/search.html#prefix: lo inclusive, hi exclusive on both sides.</summary>
    /// <param name="width">How far hi lies beyond its column: compared to the value, so that an index on the column serves.</param>
    private string? DateCondition(string lo, string hi, string raw, TimeSpan width = default)
    {
        var (prefix, text) = SearchValue.Prefix(raw);
        // A "+" that was not escaped arrives as a space; no date has another.
        if (DateRange.Parse(SearchValue.Unescape(text).Replace(' ', '+')) is not { } d) return null;
        var (from, to) = (Add(d.Lo), Add(d.Hi));
        var (hiFrom, hiTo) = width == default ? (from, to) : (Add(d.Lo - width), Add(d.Hi - width));
        return prefix switch
        {
            "eq" => $"({lo} >= {from} and {hi} <= {hiTo})",
            "ne" => $"({lo} < {from} or {hi} > {hiTo})",
            "gt" => $"{hi} > {hiTo}",
            "lt" => $"{lo} < {from}",
            "ge" => $"({hi} > {hiTo} or ({lo} >= {from} and {hi} <= {hiTo}))",
            "le" => $"({lo} < {from} or ({lo} >= {from} and {hi} <= {hiTo}))",
            "sa" => $"{lo} >= {to}",
            "eb" => $"{hi} <= {hiFrom}",
            _ => $"({lo} < {to} and {hi} > {hiFrom})", // ap: they overlap
        };
    }

    private Outcome<string> Ref(Parameter p, string raw, string? modifier)
    {
        var text = Reference.Local(SearchValue.Unescape(raw), server);
        if (modifier is not null && !ResourceTypes.Known(modifier)) return Problem.Invalid($"The modifier ':{modifier}' is not supported for '{p.Code}'.", p.Code, "not-supported");
        var (type, id) = Reference.Split(text);
        var foreign = text.Contains(':', StringComparison.Ordinal) || text.StartsWith('#');
        type ??= modifier ?? (p.Targets is [var only] ? only : null);
        return type is not null && !foreign
            ? $"(x.target_id = {Add(id)} and x.target_type = {Add(ResourceTypes.Number(type))})"
            : $"x.target_id = {Add(id)}";
    }

    private Outcome<string> Quantity(Parameter p, string raw)
    {
        var parts = SearchValue.Split(raw, '|');
        var (prefix, text) = SearchValue.Prefix(parts[0]);
        if (NumberRange.Parse(text) is not { } n) return Problem.Invalid($"'{raw}' is not a number.", p.Code);
        var (lo, hi, value) = (Add(n.Lo), Add(n.Hi), Add(n.Value));
        var condition = prefix switch
        {
            "eq" => $"(x.lo >= {lo} and x.hi <= {hi})",
            "ne" => $"(x.lo < {lo} or x.hi > {hi})",
            "gt" or "sa" => $"(x.lo + x.hi) / 2 > {value}",
            "lt" or "eb" => $"(x.lo + x.hi) / 2 < {value}",
            "ge" => $"(x.lo + x.hi) / 2 >= {value}",
            "le" => $"(x.lo + x.hi) / 2 <= {value}",
            _ => $"(x.lo + x.hi) / 2 between {value} - abs({value}) * 0.1 and {value} + abs({value}) * 0.1",
        };
        if (parts.Count == 3 && parts[1].Length > 0) condition += $" and x.system = {Add(SearchValue.Unescape(parts[1]))}";
        if (parts.Count == 3 && parts[2].Length > 0) condition += $" and x.code = {Add(SearchValue.Unescape(parts[2]))}";
        return $"({condition})";
    }

    private Outcome<string> Uri(string raw, string? modifier)
    {
        var text = SearchValue.Unescape(raw);
        return modifier switch
        {
            "below" => $"(x.value >= {Add(text)} and x.value < {Add(text + Highest)})",
            "above" => $"starts_with({Add(text)}, x.value)",
            _ => $"x.value = {Add(IndexRows.Cut(text))}",
        };
    }

    private static string Table(Parameter p) => p.Kind switch
    {
        ParameterKind.Token => "token",
        ParameterKind.String => "string",
        ParameterKind.Date => "date",
        ParameterKind.Reference => "reference",
        ParameterKind.Uri => "uri",
        _ => "quantity",
    };
}

/// <summary>Lists, escapes and prefixes of search values. http://hl7.org/fhir/R4/search.html#escaping</summary>
internal static class SearchValue
{
    private static readonly string[] Prefixes = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

    /// <summary>PostgreSQL has no text with U+0000 in it, and a statement that fails over it while being prepared spoils its connection.</summary>
    public static readonly Problem Zero = Problem.Invalid("The search holds a character that no text has (U+0000).");

    public static bool HoldsZero(string text) => text.Contains('\0', StringComparison.Ordinal) || text.Contains("%00", StringComparison.Ordinal);

    public static List<string> Split(string value, char at)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length) part.Append(value[i]).Append(value[++i]);
            else if (value[i] == at)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else part.Append(value[i]);
        }
        parts.Add(part.ToString());
        return parts;
    }

    public static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal)) return value;
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length && value[i + 1] is (',' or '|' or '$' or '\\')) i++;
            text.Append(value[i]);
        }
        return text.ToString();
    }

    public static (string Operator, string Value) Prefix(string value) =>
        value.Length > 2 && Prefixes.Contains(value[..2]) ? (value[..2], value[2..]) : ("eq", value);

    public static int? Count(string? value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
}
