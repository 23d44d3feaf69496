using System.Globalization;
using System.Text;
using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.FhirGateway.Search;

/// <summary>_include=Source:code[:Target] or _revinclude; either may be "*".</summary>
/// <param name="Iterate">Also from what was included.</param>
internal sealed record Inclusion(string Source, string Code, string? Target, bool Reverse, bool Iterate)
{
    public override string ToString() => $"_{(Reverse ? "rev" : "")}include={Source}{(Code == "*" && Source == "*" ? "" : $":{Code}")}{(Target is null ? "" : $":{Target}")}";
}

/// <summary>The result parameters of a search: how much, in what order, with what beside it.</summary>
internal sealed record SearchAsk
{
    public List<(string Name, string Value)> Criteria { get; } = [];

    /// <summary>Result parameters that belong into the self link.</summary>
    public List<(string Name, string Value)> Shown { get; } = [];
    public List<Inclusion> Includes { get; } = [];
    public List<string> Warnings { get; } = [];
    private int most;
    public int Count { get; private set; }
    public string? Sort { get; private set; }
    public bool WantsTotal { get; private set; }
    public string? Cursor { get; private set; }
    public bool Explain { get; private set; }

    /// <summary>_type of a search of the system.</summary>
    public IReadOnlyList<string> Types { get; private set; } = [];
    public Subset Subset { get; private set; } = Subset.Whole;

    public static Outcome<SearchAsk> Read(IEnumerable<(string Name, string Value)> query, int most)
    {
        var ask = new SearchAsk { most = most, Count = Math.Min(Searching.DefaultCount, most) };
        foreach (var (name, value) in query)
        {
            if (ask.One(name, value) is { } problem) return problem;
        }
        return ask;
    }

    private Problem? One(string name, string value)
    {
        switch (name)
        {
            case "_count":
                if (SearchValue.Count(value) is not { } count) return Problem.Invalid($"'{value}' is not a count.", "_count");
                Count = Math.Min(count, most);
                if (count > Count) Warnings.Add($"A page has at most {Count} matches; follow the next link for more.");
                WantsTotal |= count == 0;
                Shown.Add((name, Count.ToString(CultureInfo.InvariantCulture)));
                return null;
            case "_summary" when value == "count":
                Count = 0;
                WantsTotal = true;
                Shown.Add((name, value));
                return null;
            case "_summary" or "_elements":
                var subset = Subset.With(name, value);
                if (!subset.Ok) return subset.Problem;
                Subset = subset.Value;
                Shown.Add((name, value));
                return null;
            case "_total":
                if (value is not ("none" or "estimate" or "accurate")) return Problem.Invalid("_total is none, estimate or accurate.", "_total");
                WantsTotal |= value != "none";
                Shown.Add((name, value));
                return null;
            case "_sort":
                Sort = value;
                Shown.Add((name, value));
                return null;
            case "_cursor":
                if (Unseal(value) is not { } cursor) return Problem.Invalid("The page link is not one of ours. Start the search again.", "_cursor");
                Cursor = cursor;
                return null;
            case "_type":
                Types = [.. Types, .. value.Split(',', StringSplitOptions.RemoveEmptyEntries)];
                Shown.Add((name, value));
                return null;
            case "_include" or "_include:iterate" or "_include:recurse" or "_revinclude" or "_revinclude:iterate" or "_revinclude:recurse":
                return Include(name, value);
            case "_explain":
                Explain = value == "true";
                return null;
            case "_contained" when value != "false":
                return Problem.Invalid("Resources are searched, not what they contain.", name, "not-supported");
            case "_filter" or "_query" or "_text" or "_content":
                return Problem.Invalid($"'{name}' is not supported; use the search parameters of the type.", name, "not-supported");
            case "_format" or "_pretty" or "_contained":
                return null;
            default:
                Criteria.Add((name, value));
                return null;
        }
    }

    private Problem? Include(string name, string value)
    {
        var parts = value.Split(':');
        if (parts.Length > 3 || parts.Any(p => p.Length == 0) || (parts.Length == 1 && value != "*")) return Problem.Invalid($"{name} is Source:parameter[:Target], Source:* or *, like Encounter:subject or Encounter:subject:Patient.", name.Split(':')[0]);
        if (Includes.Count == Inclusions.MostIncludes) return Problem.Invalid($"A search has at most {Inclusions.MostIncludes} _include and _revinclude.", "_include", "too-costly");
        Includes.Add(new Inclusion(parts[0], parts.Length > 1 ? parts[1] : "*", parts.Length == 3 ? parts[2] : null, name.StartsWith("_rev", StringComparison.Ordinal), name.Contains(':', StringComparison.Ordinal)));
        Shown.Add((name, value));
        return null;
    }

    public static string Seal(string cursor) => Convert.ToBase64String(Encoding.UTF8.GetBytes(cursor)).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    private static string? Unseal(string text)
    {
        var padded = text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4);
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var cursor && cursor.StartsWith('[') && !SearchValue.HoldsZero(cursor) && !cursor.Contains("\\u0000", StringComparison.Ordinal) ? cursor : null;
    }
}
