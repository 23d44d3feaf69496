using System.Globalization;
using HealthTeams.FhirGateway.Storage;
using NpgsqlTypes;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// One value of a criterion as a condition on a row of its index table. http://hl7.org/fhir/R4/search.html#ptypes
/// x is the beginning of the columns' names ("x." or, of a composite's second component, "x.b_").
/// </summary>
internal sealed class Matching(SqlArgs args, string server, Terms terms)
{
    /// <summary>Above every character in the order of "C": the end of a prefix's range.</summary>
    private const string Highest = "\U0010FFFF";

    public Outcome<string> Of(Parameter p, string? modifier, string raw, string x = "x.") => p.Kind switch
    {
        ParameterKind.Token when modifier is null or "not" => Token(p, raw, x),
        ParameterKind.Token when modifier is "text" => Prefix($"{x}text", raw),
        ParameterKind.Token when modifier is "of-type" => OfType(p, raw, x),
        ParameterKind.Token when modifier is "in" or "not-in" or "above" or "below" => Concepts(p, modifier, raw, x),
        ParameterKind.String when modifier is null or "exact" or "contains" => Text(raw, modifier, x),
        ParameterKind.Date when modifier is null => DateValue.Read(args, raw) is { } d ? d.Condition($"{x}{(x == "x." ? "lo" : "from")}", $"{x}{(x == "x." ? "hi" : "until")}") : Problem.Invalid($"'{raw}' is not a date.", p.Code),
        ParameterKind.Reference when modifier is "identifier" => Token(p with { OnlySystem = null }, raw, x),
        ParameterKind.Reference when modifier is null || ResourceTypes.Known(modifier) => Ref(p, raw, modifier, x),
        ParameterKind.Quantity or ParameterKind.Number when modifier is null => Quantity(p, raw, x),
        ParameterKind.Uri when modifier is null or "below" or "above" => Uri(raw, modifier, x),
        ParameterKind.Composite when modifier is null => Composite(p, raw),
        ParameterKind.Special when modifier is null => Near(p, raw, x),
        _ => Problem.Invalid($"The modifier ':{modifier}' is not supported for '{p.Code}'.", p.Code, "not-supported"),
    };

    /// <summary>code | system|code | system| | |code</summary>
    private Outcome<string> Token(Parameter p, string raw, string x)
    {
        var only = p.OnlySystem is { } fixedSystem ? $"{x}system = {args.Add(fixedSystem)} and " : "";
        var parts = SearchValue.Split(raw, '|');
        if (parts.Count == 1) return $"({only}{x}code = {args.Add(IndexRows.Cut(SearchValue.Unescape(raw)))})";
        if (parts.Count > 2 || parts.TrueForAll(t => t.Length == 0)) return Problem.Invalid($"'{raw}' is not code, system|code, system| or |code.", p.Code);
        var (system, code) = (IndexRows.Cut(SearchValue.Unescape(parts[0])), IndexRows.Cut(SearchValue.Unescape(parts[1])));
        if (system.Length == 0) return $"({only}{x}system is null and {x}code = {args.Add(code)})";
        var ofSystem = p.Implies(system) ? $"({x}system = {args.Add(system)} or {x}system is null)" : $"{x}system = {args.Add(system)}";
        return code.Length == 0 ? $"({only}{ofSystem})" : $"({only}{x}code = {args.Add(code)} and {ofSystem})";
    }

    /// <summary>system|code|value of Identifier.type and Identifier.value.</summary>
    private Outcome<string> OfType(Parameter p, string raw, string x) =>
        SearchValue.Split(raw, '|') is [var system, { Length: > 0 } code, { Length: > 0 } value]
            ? $"({x}code = {args.Add(IndexRows.Cut(SearchValue.Unescape(value)))} and {x}system = {args.Add(IndexRows.Cut($"{SearchValue.Unescape(system)}|{SearchValue.Unescape(code)}"))})"
            : Problem.Invalid("':of-type' takes system|code|value.", p.Code);

    /// <summary>A code set that was looked up beforehand: a ValueSet's, or the branch of a CodeSystem.</summary>
    private Outcome<string> Concepts(Parameter p, string modifier, string raw, string x)
    {
        var found = terms.Of(modifier, raw);
        if (!found.Ok) return found.Problem with { Where = p.Code };
        // A code element has no system in the index: that of its binding is meant.
        var all = found.Value.Concat(found.Value.Where(c => p.Implies(c.System)).Select(c => (System: "", c.Code))).Distinct().ToList();
        return $"({x}code, coalesce({x}system, '')) in (select u.code, u.system from unnest({args.Add(all.Select(c => c.Code).ToArray())}::text[], {args.Add(all.Select(c => c.System).ToArray())}::text[]) as u (code, system))";
    }

    private Outcome<string> Text(string raw, string? modifier, string x) => modifier switch
    {
        "exact" => $"({x}exact = {args.Add(IndexRows.Cut(SearchValue.Unescape(raw)))} and {x}norm = {args.Add(IndexRows.Normalize(SearchValue.Unescape(raw)))})",
        "contains" => $"position({args.Add(IndexRows.Normalize(SearchValue.Unescape(raw)))} in {x}norm) > 0",
        _ => Prefix($"{x}norm", raw),
    };

    /// <summary>The range form lets the index serve it behind row-level security.</summary>
    private string Prefix(string column, string raw)
    {
        var norm = IndexRows.Normalize(SearchValue.Unescape(raw));
        return $"({column} >= {args.Add(norm)} and {column} < {args.Add(norm + Highest)})";
    }

    private Outcome<string> Ref(Parameter p, string raw, string? modifier, string x)
    {
        var text = Reference.Local(SearchValue.Unescape(raw), server);
        var (type, id) = Reference.Split(text);
        var foreign = text.Contains(':', StringComparison.Ordinal) || text.StartsWith('#');
        // A canonical names every version of what it means: http://hl7.org/fhir/R4/references.html#canonical
        if (foreign) return text.Contains('|', StringComparison.Ordinal)
            ? $"{x}target_id = {args.Add(IndexRows.Cut(text))}"
            : $"({x}target_id = {args.Add(IndexRows.Cut(text))} or ({x}target_id >= {args.Add(IndexRows.Cut(text) + "|")} and {x}target_id < {args.Add(IndexRows.Cut(text) + "}")}))";
        type ??= modifier ?? p.OnlyTarget ?? (p.Targets is [var only] ? only : null);
        if (type is null || !ResourceTypes.Known(type)) return $"{x}target_id = {args.Add(id)}";
        var asked = $"{x}target_id = {args.Add(id)} and {x}target_type = {args.Add(ResourceTypes.Number(type))}";
        return modifier is not null && modifier != type || p.OnlyTarget is { } view && view != type ? $"({asked} and false)" : $"({asked})";
    }

    /// <summary>[prefix]number|system|code. http://hl7.org/fhir/R4/search.html#quantity</summary>
    private Outcome<string> Quantity(Parameter p, string raw, string x)
    {
        var parts = SearchValue.Split(raw, '|');
        var (prefix, text) = SearchValue.Prefix(parts[0]);
        if (NumberRange.Parse(text) is not { } n || parts.Count > 3) return Problem.Invalid($"'{raw}' is not a number{(p.Kind == ParameterKind.Quantity ? " or number|system|code" : "")}.", p.Code);
        var condition = prefix switch
        {
            "eq" => Between(args.Add(n.Lo), args.Add(n.Hi)),
            "ne" => $"not {Between(args.Add(n.Lo), args.Add(n.Hi))}",
            "gt" => $"{x}high > {args.Add(n.Value)}",
            "sa" => $"{x}low > {args.Add(n.Value)}",
            "lt" => $"{x}low < {args.Add(n.Value)}",
            "eb" => $"{x}high < {args.Add(n.Value)}",
            "ge" => $"{x}high >= {args.Add(n.Value)}",
            "le" => $"{x}low <= {args.Add(n.Value)}",
            _ => $"({x}low <= {args.Add(n.Value + Math.Abs(n.Value) / 10)} and {x}high >= {args.Add(n.Value - Math.Abs(n.Value) / 10)})",
        };
        if (parts.Count == 3 && parts[1].Length > 0) condition += $" and {x}system = {args.Add(SearchValue.Unescape(parts[1]))}";
        if (parts.Count > 1 && parts[^1].Length > 0)
        {
            var code = args.Add(SearchValue.Unescape(parts[^1]));
            condition += parts.Count == 3 && parts[1].Length > 0 ? $" and {x}code = {code}" : $" and ({x}code = {code} or {x}unit = {code})";
        }
        return $"({condition})";

        string Between(string lo, string hi) => $"({x}lo >= {lo} and {x}hi <= {hi} and {x}low >= {lo} and {x}high <= {hi})";
    }

    private Outcome<string> Uri(string raw, string? modifier, string x)
    {
        var text = SearchValue.Unescape(raw);
        switch (modifier)
        {
            case "below":
                return $"({x}value >= {args.Add(text)} and {x}value < {args.Add(text + Highest)})";
            case "above":
                // Every address that this one lies below, each with and without the closing stroke.
                var above = new List<string> { text };
                for (var at = text.LastIndexOf('/'); at > 0 && above.Count < 100; at = text.LastIndexOf('/', at - 1)) above.AddRange([text[..at], text[..(at + 1)]]);
                return $"{x}value = any({args.Add(above.Select(IndexRows.Cut).ToArray())})";
            default:
                return $"{x}value = {args.Add(IndexRows.Cut(text))}";
        }
    }

    private Outcome<string> Composite(Parameter p, string raw)
    {
        var parts = SearchValue.Split(raw, '$');
        if (parts.Count != p.Components.Count) return Problem.Invalid($"'{p.Code}' takes {p.Components.Count} values joined by $.", p.Code);
        var all = new List<string>();
        foreach (var ((component, part), column) in p.Components.Zip(parts).Zip((string[])["x.a_", "x.b_", "x.c_"]))
        {
            var one = Of(component.Parameter, null, part, column);
            if (!one.Ok) return one;
            all.Add(one.Value);
        }
        return $"({string.Join(" and ", all)})";
    }

    /// <summary>latitude|longitude|distance|km or mi. http://hl7.org/fhir/R4/location.html#search; straight over the globe.</summary>
    private Outcome<string> Near(Parameter p, string raw, string x)
    {
        var parts = SearchValue.Split(raw, '|');
        double? Number(int i) => i < parts.Count && double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && double.IsFinite(n) ? n : null;
        var unit = parts.Count > 3 ? parts[3] : "km";
        if (parts.Count is < 2 or > 4 || Number(0) is not (>= -90 and <= 90 and var lat) || Number(1) is not (>= -180 and <= 180 and var lon)
            || (parts.Count > 2 ? Number(2) : 50) is not (>= 0 and <= 20_100 and var distance) || unit is not ("km" or "mi" or "[mi_i]" or "m" or ""))
        {
            return Problem.Invalid("'near' takes latitude|longitude|distance|unit, the unit km, m or mi; without a distance 50 km.", p.Code);
        }
        var km = distance * unit switch { "mi" or "[mi_i]" => 1.609344, "m" => 0.001, _ => 1 };
        var (north, east, reach) = (args.Add(lat, NpgsqlDbType.Double), args.Add(lon, NpgsqlDbType.Double), args.Add(km, NpgsqlDbType.Double));
        var (from, to) = (args.Add((decimal)(lat - km / 111.0 - 0.01)), args.Add((decimal)(lat + km / 111.0 + 0.01)));
        return $"""
            ({x}low between {from} and {to} and 12742 * asin(least(1, sqrt(
              power(sin(radians({x}low::float8 - {north}) / 2), 2) + cos(radians({north})) * cos(radians({x}low::float8)) * power(sin(radians({x}high::float8 - {east}) / 2), 2)))) <= {reach})
            """;
    }
}
