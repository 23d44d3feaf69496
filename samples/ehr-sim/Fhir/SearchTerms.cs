namespace EhrSim;

internal sealed record SearchTerm(string Name, string Value)
{
    public IEnumerable<string> AnyOf => Value.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

internal static class SearchTerms
{
    public static List<SearchTerm> Of(IQueryCollection query, IFormCollection? form) =>
        [.. query.Concat(form ?? FormCollection.Empty).SelectMany(p => p.Value, (p, v) => new SearchTerm(p.Key, v ?? ""))];

    /// <summary>A query that arrives as text, as in ifNoneExist.</summary>
    public static List<SearchTerm> Of(string query)
    {
        var text = query.Contains('?', StringComparison.Ordinal) ? query[(query.IndexOf('?', StringComparison.Ordinal) + 1)..] : query;
        return [.. text.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Term)];
    }

    private static SearchTerm Term(string pair)
    {
        var parts = pair.Split('=', 2);
        return new SearchTerm(Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1].Replace('+', ' ')) : "");
    }
}
