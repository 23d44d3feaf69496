using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Storage;
using Npgsql;

namespace HealthTeams.FhirGateway.Search;

/// <summary>
/// http://hl7.org/fhir/R4/search.html#include: one round trip for all of them, and one more for each turn of :iterate.
/// Each produced resource is authorised before it is shown: an include must not leak what a search would not.
/// </summary>
internal sealed class Inclusions(Caller caller, ReadLink link, SearchQuery query, FhirLimits limits, CancellationToken stop)
{
    public const int MostIncludes = 20;

    public static Problem? Check(SearchQuery query, IReadOnlyList<Inclusion> includes)
    {
        foreach (var include in includes)
        {
            var known = (include.Source == "*" || ResourceTypes.Known(include.Source)) && (include.Target is null || ResourceTypes.Known(include.Target))
                && (include.Code == "*" || query.Of.Parameters.Find(include.Source, include.Code) is { Kind: ParameterKind.Reference });
            if (!known || (!include.Reverse && !include.Iterate && include.Source != "*" && !query.Of.Types.Contains(include.Source))) return Problem.Invalid($"{include} is not known{Why(query, include)}.", include.Reverse ? "_revinclude" : "_include", "not-supported");
        }
        return null;
    }

    /// <summary>What would have been right.</summary>
    private static string Why(SearchQuery query, Inclusion include)
    {
        if (!ResourceTypes.Known(include.Source)) return $": '{include.Source}' is not a resource type of R4";
        if (include.Target is { } target && !ResourceTypes.Known(target)) return $": '{target}' is not a resource type of R4";
        if (query.Of.Parameters.Find(include.Source, include.Code) is { Kind: ParameterKind.Reference }) return $": this search finds {string.Join(", ", query.Of.Types.Take(5))}, not {include.Source}; add :iterate for what was included";
        return $": {include.Source} refers by {string.Join(", ", query.Of.Parameters.Of(include.Source).Where(p => p.Kind == ParameterKind.Reference).Select(p => p.Code).Order(StringComparer.Ordinal))}";
    }

    public async Task Run(IReadOnlyList<Inclusion> includes, Found found)
    {
        var from = found.Matches;
        for (var turn = 0; from.Count > 0; turn++)
        {
            var asked = includes.Where(i => turn == 0 || i.Iterate).ToList();
            if (asked.Count == 0) return;
            if (turn == limits.Turns)
            {
                found.Warnings.Add($":iterate goes {limits.Turns} turns; what the last resources refer to is not here.");
                return;
            }
            from = await Turn(asked, from, found);
        }
    }

    private async Task<List<Hit>> Turn(List<Inclusion> asked, List<Hit> from, Found found)
    {
        var added = new List<Hit>();
        await using var batch = link.Batch();
        var commands = asked.Select(i => (Include: i, Command: i.Reverse ? Reverse(i, from) : Forward(i, from))).Where(c => c.Command is not null).ToList();
        if (commands.Count == 0) return added;
        foreach (var (_, command) in commands) batch.BatchCommands.Add(command!);
        await using var reader = await batch.ExecuteReaderAsync(stop);
        foreach (var (include, _) in commands)
        {
            await reader.NextResultAsync(stop);
            for (var rows = 1; await reader.ReadAsync(stop); rows++)
            {
                if (rows > limits.Included || found.Included.Count == limits.Included)
                {
                    var said = $"Of {include} not all are here: a page includes at most {limits.Included}. Ask for smaller pages.";
                    if (!found.Warnings.Contains(said)) found.Warnings.Add(said);
                    break;
                }
                var hit = new Hit(ResourceTypes.Name(reader.GetInt16(0)), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
                if (!May(hit, include.Reverse ? 's' : 'r') || !found.Rids.Add(hit.Rid)) continue;
                found.Included.Add(hit);
                added.Add(hit);
            }
        }
        return added;
    }

    private bool May(Hit hit, char interaction)
    {
        var limit = FhirAccess.Reach(caller, hit.Type, interaction);
        return limit.Ok && FhirAccess.Belongs(limit.Value, hit.Type, hit.Id, hit.Body);
    }

    private NpgsqlBatchCommand? Forward(Inclusion include, List<Hit> from)
    {
        var sources = from.Where(h => include.Source == "*" || h.Type == include.Source).ToList();
        if (sources.Count == 0) return null;
        var args = new SqlArgs(query.Of.Tenant);
        var (param, target) = Params(include, sources.Select(h => h.Type).Distinct(), args);
        return args.Command($"""
            select r.type, r.id, r.rid, r.body from (
              select distinct x.target_type, x.target_id from unnest({args.Add(sources.Select(h => h.Rid).ToArray())}::bigint[]) as s (rid)
              cross join lateral (select * from fhir.reference x where x.tenant = $1 and x.rid = s.rid and {param} offset 0) x where true{target}) x
            cross join lateral (select * from fhir.resource r where r.tenant = $1 and r.type = x.target_type and r.id = x.target_id offset 0) r
            where not r.deleted
            order by r.rid limit {limits.Included + 1}
            """);
    }

    private NpgsqlBatchCommand? Reverse(Inclusion include, List<Hit> from)
    {
        var targets = from.Where(h => include.Target is null || h.Type == include.Target).ToList();
        var types = include.Source == "*" ? ResourceTypes.All.Where(t => FhirAccess.Reach(caller, t, 's').Ok).ToArray() : [include.Source];
        if (targets.Count == 0 || types.Length == 0) return null;
        var args = new SqlArgs(query.Of.Tenant);
        var (param, target) = Params(include, types, args);
        return args.Command($"""
            select r.type, r.id, r.rid, r.body from (
              select distinct x.rid from unnest({args.Add(targets.Select(h => ResourceTypes.Number(h.Type)).ToArray())}::smallint[], {args.Add(targets.Select(h => h.Id).ToArray())}::text[]) as t (type, id)
              join fhir.reference x on x.tenant = $1 and {param} and x.target_id = t.id and x.target_type = t.type{target}) x
            {SqlArgs.Resource("x.rid", "r")} where not r.deleted
            order by r.rid limit {limits.Included + 1}
            """);
    }

    private (string Param, string Target) Params(Inclusion include, IEnumerable<string> types, SqlArgs args)
    {
        if (include.Code == "*")
        {
            var all = types.SelectMany(query.Of.Parameters.Of).Where(p => p.Kind == ParameterKind.Reference).Select(p => p.Number).Distinct().ToArray();
            return ($"x.param = any({args.Add(all)})", include.Target is { } wanted && !include.Reverse ? $" and x.target_type = {args.Add(ResourceTypes.Number(wanted))}" : "");
        }
        var p = query.Of.Parameters.Find(include.Source, include.Code)!;
        var target = include.Target ?? p.OnlyTarget;
        var both = include.Target is not null && p.OnlyTarget is not null && include.Target != p.OnlyTarget;
        return ($"x.param = {args.Add(p.Number)}", both ? " and false" : target is null ? "" : $" and x.target_type = {args.Add(ResourceTypes.Number(target))}");
    }
}
