using System.Text.Json;
using HealthTeams.FhirGateway.Storage;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace HealthTeams.FhirGateway.Search;

/// <summary>Queries that decide a write: If-None-Exist, conditional update, patch and delete, conditional references.</summary>
internal static class Conditions
{
    /// <param name="by">Whose scopes bound what can match; null is the product itself.</param>
    /// <returns>Ids that match, two at most. Unknown parameters are an error here: a typo must not match everything.</returns>
    public static async Task<Outcome<List<string>>> Find(Tx tx, string type, string condition, string server, Caller? by = null) => (await Find(tx, [(type, condition, by)], server))[0];

    /// <summary>Many conditions in one round trip, together with what the transaction has waiting (the locks that guard them).</summary>
    public static async Task<Outcome<List<string>>[]> Find(Tx tx, IReadOnlyList<(string Type, string Condition, Caller? By)> conditions, string server)
    {
        var found = new Outcome<List<string>>[conditions.Count];
        var queries = conditions.Select(c => Query(tx, c.Type, c.Condition, server, c.By)).ToArray();
        for (var i = 0; i < found.Length; i++) found[i] = queries[i].Ok ? new List<string>() : queries[i].Problem!;
        if (!Array.Exists(queries, q => q.Ok)) return found;
        await using var batch = tx.Batch();
        foreach (var query in queries.Where(q => q.Ok)) batch.BatchCommands.Add(query.Value.Args.Command(query.Value.Some(2)));
        await using var reader = await batch.ExecuteReaderAsync(tx.Stop);
        for (var i = 0; i < found.Length; i++)
        {
            if (!queries[i].Ok) continue;
            while (await reader.ReadAsync(tx.Stop)) found[i].Value.Add(reader.GetString(0));
            await reader.NextResultAsync(tx.Stop);
        }
        return found;
    }

    private static Outcome<SearchQuery> Query(Tx tx, string type, string condition, string server, Caller? by)
    {
        var criteria = Parse(condition).Where(c => c.Name is not ("_format" or "_pretty")).ToList();
        if (criteria.Count == 0) return Problem.Precondition("A condition needs at least one search parameter.", "invalid");
        var query = SearchQuery.Build(new SearchOf(tx.Tenant, server, by, [type]), criteria, strict: true);
        if (!query.Ok) return query.Problem.Status == 403 ? query.Problem : query.Problem with { Status = 412 };
        return query.Value.Used.Count == 0 ? Problem.Precondition("A condition needs at least one search parameter with a value.", "invalid") : query;
    }

    public static IEnumerable<(string Name, string Value)> Parse(string query) =>
        QueryHelpers.ParseQuery(query).SelectMany(p => p.Value.Select(v => (p.Key, v ?? "")));

    /// <summary>The value of each identifier token, as the writes of such identifiers lock them.</summary>
    public static IEnumerable<string> Identifiers(string? condition)
    {
        if (condition is null) yield break;
        foreach (var (name, value) in Parse(condition))
        {
            if (name != "identifier") continue;
            foreach (var token in SearchValue.Split(value, ',')) yield return SearchValue.Unescape(SearchValue.Split(token, '|')[^1]);
        }
    }

    /// <summary>Every reference, uri and canonical in a resource that a transaction may have to rewrite.</summary>
    public static IEnumerable<string> ReferencesIn(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var p in element.EnumerateObject())
                {
                    if (p.Value.ValueKind == JsonValueKind.String)
                    {
                        if (p.Name == "reference") yield return p.Value.GetString()!;
                    }
                    else
                    {
                        foreach (var found in ReferencesIn(p.Value)) yield return found;
                    }
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    foreach (var found in ReferencesIn(item)) yield return found;
                }
                break;
        }
    }
}
