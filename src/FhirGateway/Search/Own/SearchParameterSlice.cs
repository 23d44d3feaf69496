using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Search.Own;

/// <summary>
/// http://hl7.org/fhir/R4/searchparameter.html: one that is active makes its tenant searchable by it, once the index is
/// built. One that cannot be kept is refused when it is written, and says why.
/// </summary>
internal sealed partial class SearchParameterSlice : IResourceSlice
{
    private const int Most = 50;
    private const string Hl7 = "http://hl7.org/fhir/SearchParameter/";

    public string Type => "SearchParameter";
    public int Order => 9;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var w in written)
        {
            if (w.Resource is not { } resource) await Remove(tx, w.Id);
            else if (await Apply(tx, w.Id, w.Version, resource) is { } refused) return refused;
        }
        return null;
    }

    private static async Task<Problem?> Apply(Tx tx, string id, int version, JsonElement resource)
    {
        // R4's own definitions are searched by anyway.
        var active = FhirJson.Text(resource, "status") == "active" && FhirJson.Text(resource, "url")?.StartsWith(Hl7, StringComparison.Ordinal) != true;
        var rows = active ? Rows(id, version, resource) : new List<OwnRow>();
        if (!rows.Ok) return rows.Problem;
        var kept = rows.Value.Select(r => r.Number).ToArray();
        await Remove(tx, id);
        if (kept.Length == 0) return null;
        await tx.Execute("select pg_advisory_xact_lock(hashtextextended('search-parameter', @Tenant))", new { tx.Tenant });
        foreach (var row in rows.Value)
        {
            var (taken, count) = await tx.OneOrNone<(bool, int)>("""
                select coalesce(bool_or(type = @Type and code = @Code), false), count(*)::int from fhir.search_parameter where tenant = @Tenant and state <> 'removing'
                """, new { tx.Tenant, row.Type, row.Code });
            if (taken) return Problem.Conflict($"Another SearchParameter of this hospital searches {row.Type} by '{row.Code}'.");
            if (count >= Most) return Problem.Unprocessable($"A hospital has at most {Most} search parameters of its own.", "SearchParameter", "too-costly");
            await tx.Execute("""
                insert into fhir.search_parameter (tenant, number, id, type, code, kind, expression, targets, since, next_at, total)
                select @Tenant, @Number, @Id, @Type, @Code, @Kind, @Expression, @Targets, @Now, @next,
                  (select count(*) from fhir.resource where tenant = @Tenant and type = @of and not deleted)
                """, new { tx.Tenant, row.Number, row.Id, row.Type, row.Code, row.Kind, row.Expression, row.Targets, tx.Now, next = tx.Now + OwnParameters.Lead, of = ResourceTypes.Number(row.Type) });
        }
        return null;
    }

    /// <summary>Its rows go once no host searches by it any more.</summary>
    private static Task<int> Remove(Tx tx, string id) => tx.Execute("update fhir.search_parameter set state = 'removing', next_at = @at where tenant = @Tenant and id = @id and state <> 'removing'",
        new { tx.Tenant, at = tx.Now + OwnParameters.Lead, id });

    private static Outcome<List<OwnRow>> Rows(string id, int version, JsonElement resource)
    {
        var (code, expression) = (FhirJson.Text(resource, "code") ?? "", FhirJson.Text(resource, "expression"));
        if (!Code().IsMatch(code)) return Problem.Unprocessable($"'{code}' cannot be a parameter: letters, digits and -, not beginning with _.", "SearchParameter.code", "value");
        if (expression is null) return Problem.Unprocessable("An active SearchParameter needs an expression.", "SearchParameter.expression", "required");
        var kind = FhirJson.Text(resource, "type") switch
        {
            "token" => ParameterKind.Token, "string" => ParameterKind.String, "date" => ParameterKind.Date, "reference" => ParameterKind.Reference,
            "quantity" => ParameterKind.Quantity, "number" => ParameterKind.Number, "uri" => ParameterKind.Uri, _ => (ParameterKind?)null,
        };
        if (kind is null) return Problem.Unprocessable("A parameter of one's own is token, string, date, reference, quantity, number or uri.", "SearchParameter.type", "not-supported");
        var rows = new List<OwnRow>();
        foreach (var type in FhirJson.Items(resource, "base").Select(b => b.GetString() ?? "").Distinct())
        {
            if (!ResourceTypes.Known(type)) return Problem.Unprocessable($"'{type}' cannot be searched: name resource types.", "SearchParameter.base", "not-supported");
            if (SearchParameters.Find(type, code) is not null) return Problem.Unprocessable($"{type} has a search parameter '{code}' in R4.", "SearchParameter.code", "duplicate");
            if (ElementPath.Whole(type, expression) is null)
            {
                return Problem.Unprocessable($"'{expression}' is not understood for {type}: paths, as(), ofType(), extension('url'), where(a='b'), where(resolve() is T) and | are.", "SearchParameter.expression", "not-supported");
            }
            rows.Add(new OwnRow
            {
                Id = id, Type = type, Code = code, Kind = kind.ToString()!, Expression = expression,
                Number = SearchParameters.Hash($"{type}.{code}#{id}#{version}"), Targets = [.. FhirJson.Items(resource, "target").Select(t => t.GetString()).OfType<string>()],
            });
        }
        return rows.Count > 0 ? rows : Problem.Unprocessable("An active SearchParameter needs a base.", "SearchParameter.base", "required");
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9-]{0,63}\z")]
    private static partial Regex Code();
}
