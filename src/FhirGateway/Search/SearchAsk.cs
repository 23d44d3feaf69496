using System.Text;

namespace HealthTeams.FhirGateway.Search;

/// <summary>_include=Source:code[:Target] or _revinclude.</summary>
internal sealed record Inclusion(string Source, string Code, string? Target, bool Reverse);

/// <summary>The result parameters of a search: how much, in what order, with what beside it.</summary>
internal sealed record SearchAsk
{
    public List<(string Name, string Value)> Criteria { get; } = [];

    /// <summary>Result parameters that belong into the self link.</summary>
    public List<(string Name, string Value)> Shown { get; } = [];
    public List<Inclusion> Includes { get; } = [];
    public List<string> Warnings { get; } = [];
    public int Count { get; private set; } = Interactions.Searching.DefaultCount;
    public string? Sort { get; private set; }
    public bool WantsTotal { get; private set; }
    public string? Cursor { get; private set; }

    public static Outcome<SearchAsk> Read(IEnumerable<(string Name, string Value)> query)
    {
        var ask = new SearchAsk();
        foreach (var (name, value) in query)
        {
            switch (name)
            {
                case "_count":
                    if (SearchValue.Count(value) is not { } count) return Problem.Invalid($"'{value}' is not a count.", "_count");
                    ask.Count = Math.Min(count, Interactions.Searching.MaxCount);
                    if (count > ask.Count) ask.Warnings.Add($"A page has at most {ask.Count} matches; follow the next link for more.");
                    ask.WantsTotal |= count == 0;
                    ask.Shown.Add((name, ask.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    break;
                case "_summary" when value == "count":
                    ask.Count = 0;
                    ask.WantsTotal = true;
                    ask.Shown.Add((name, value));
                    break;
                case "_total":
                    if (value is not ("none" or "estimate" or "accurate")) return Problem.Invalid($"_total is none, estimate or accurate.", "_total");
                    ask.WantsTotal |= value != "none";
                    ask.Shown.Add((name, value));
                    break;
                case "_sort":
                    ask.Sort = value;
                    ask.Shown.Add((name, value));
                    break;
                case "_cursor":
                    if (Unseal(value) is not { } cursor) return Problem.Invalid("The page link is not one of ours. Start the search again.", "_cursor");
                    ask.Cursor = cursor;
                    break;
                case "_include" or "_revinclude":
                    var parts = value.Split(':');
                    if (parts.Length is not (2 or 3)) return Problem.Invalid($"{name} is Source:parameter[:Target].", name);
                    ask.Includes.Add(new Inclusion(parts[0], parts[1], parts.Length == 3 ? parts[2] : null, name == "_revinclude"));
                    ask.Shown.Add((name, value));
                    break;
                case "_format" or "_pretty":
                    break;
                default:
                    ask.Criteria.Add((name, value));
                    break;
            }
        }
        return ask;
    }

    public static string Seal(string cursor) => Convert.ToBase64String(Encoding.UTF8.GetBytes(cursor)).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    private static string? Unseal(string text)
    {
        var padded = text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4);
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var cursor && cursor.Contains('|', StringComparison.Ordinal) && !SearchValue.HoldsZero(cursor) ? cursor : null;
    }
}
