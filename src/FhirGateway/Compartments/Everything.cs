using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Compartments;

/// <summary>
/// http://hl7.org/fhir/R4/patient-operation-everything.html and encounter-operation-everything.html: the resource, its
/// compartment, and the people, places and things those refer to; of an encounter its patient too, and never another one.
/// </summary>
internal sealed class Everything(Db db, AccessLog audit, FhirSettings settings)
{
    private static readonly string[] Support = ["Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService", "Medication", "Substance", "Device", "Endpoint"];

    public async Task<FhirAnswer> Of(Caller caller, FhirRequest request, string type, string id, CancellationToken stop)
    {
        var ask = EverythingAsk.Read(request.Query, settings.Limits.Page);
        if (!ask.Ok) return FhirAnswer.Of(ask.Problem);
        await using var link = await ReadLink.Open(db, caller.Tenant, request.Within, stop);
        var itself = await ResourceReads.Current(link, caller.Tenant, type, id, stop);
        if (FhirAccess.Reach(caller, type, 'r') is { Ok: false } no) return FhirAnswer.Of(no.Problem);
        if (itself is null || (itself.Body is not null && !FhirAccess.Belongs(FhirAccess.Reach(caller, type, 'r').Value, type, id, itself.Body))) return FhirAnswer.Of(Problem.NotFound($"{type}/{id} does not exist."));
        if (itself.Body is not { } body) return FhirAnswer.Of(FhirAccess.Reach(caller, type, 'r').Value.Grants is null ? Problem.Gone($"{type}/{id} has been deleted.") : Problem.NotFound($"{type}/{id} does not exist."));
        var patient = type == "Patient" ? id : IndexRows.Of(System.Text.Json.JsonDocument.Parse(body).RootElement, Compartment.Parameters("Patient", type)).References.FirstOrDefault().TargetId;

        var (hits, total, more) = await Read(caller, link, ask.Value, type, itself.Rid, id, patient, stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", $"{type}/{id}/$everything", patient is null ? null : $"Patient/{patient}", 200), stop);
        return new FhirAnswer(200, Bundle(request, ask.Value, hits, total, more, (type, id))) { Type = "Bundle" };
    }

    /// <summary>In the order of rid, so that pages hold still while others write; what the caller may not see is in no count.</summary>
    private static async Task<(List<Hit> Hits, long Total, bool More)> Read(Caller caller, ReadLink link, EverythingAsk ask, string type, long rid, string id, string? patient, CancellationToken stop)
    {
        var args = new SqlArgs(caller.Tenant);
        var criteria = new Criteria(args, "", caller, ParameterSet.Standard, Terms.None);
        var members = Compartment.Types(type).Where(t => FhirAccess.Reach(caller, t, 'r').Ok).ToArray();
        var own = args.Add(rid);
        var support = type == "Patient" ? Support : [.. Support, "Patient"];
        var only = patient is null ? "false" : $"t.id = {args.Add(patient)}";
        var allowed = Allowed(caller, criteria, args, [type, .. members, .. support]);
        var limited = $"""
            r.tenant = $1 and not r.deleted and {allowed}
            {(ask.Types is null ? "" : $"and r.type = any({args.Add(ask.Types)})")} {(ask.Since is { } since ? $"and r.updated >= {args.Add(since)}" : "")} {During(args, members, ask)}
            """;
        var with = $"""
            with c as materialized (select {own}::bigint as rid union {criteria.Member(type, id, Compartment.Numbers(type, members)).Drive}),
              s as materialized (select rid from c union
                select t.rid from c join fhir.reference x on x.tenant = $1 and x.rid = c.rid and x.target_type = any({args.Add(support.Select(ResourceTypes.Number).ToArray())})
                join fhir.resource t on t.tenant = $1 and t.type = x.target_type and t.id = x.target_id and (t.type <> {args.Add(ResourceTypes.Number("Patient"))} or {only}))
            """;
        await using var batch = link.Batch();
        batch.BatchCommands.Add(args.Command($"{with} select count(*) from s {SqlArgs.Resource("s.rid", "r")} where {limited}"));
        batch.BatchCommands.Add(args.Command($"{with} select r.type, r.id, r.rid, r.body from s {SqlArgs.Resource("s.rid", "r")} where {limited} and r.rid > {args.Add(ask.After)} order by r.rid limit {ask.Count + 1}"));
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        await reader.ReadAsync(stop);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(stop);
        var hits = new List<Hit>();
        while (await reader.ReadAsync(stop)) hits.Add(new Hit(ResourceTypes.Name(reader.GetInt16(0)), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3)));
        return hits.Count > ask.Count ? (hits[..ask.Count], total, true) : (hits, total, false);
    }

    /// <summary>Each type within what the caller's scopes leave of it.</summary>
    private static string Allowed(Caller caller, Criteria criteria, SqlArgs args, IEnumerable<string> types)
    {
        var any = new List<string>();
        foreach (var group in types.Distinct().Select(t => (Type: t, Limit: FhirAccess.Reach(caller, t, 'r'))).Where(t => t.Limit.Ok).GroupBy(t => t.Limit.Value.Grants is null ? "" : t.Type))
        {
            var within = criteria.Within(group.Key, group.First().Limit.Value, "r");
            var these = args.Add(group.Select(t => ResourceTypes.Number(t.Type)).ToArray());
            if (within.Ok) any.Add(within.Value is { } condition ? $"(r.type = any({these}) and {condition})" : $"r.type = any({these})");
        }
        return any.Count == 0 ? "false" : $"({string.Join(" or ", any)})";
    }

    /// <summary>start and end: of what has a date of care, that it lies between; what has none is always of interest.</summary>
    private static string During(SqlArgs args, string[] members, EverythingAsk ask)
    {
        if (ask.Start is null && ask.End is null) return "";
        var dates = args.Add(members.Select(t => SearchParameters.Find(t, "date")).OfType<Parameter>().Where(p => p.Kind == ParameterKind.Date).Select(p => p.Number).ToArray());
        var rows = $"select from fhir.date x where x.tenant = $1 and x.rid = r.rid and x.param = any({dates})";
        var between = $"{(ask.Start is { } start ? $" and x.hi > {args.Add(start)}" : "")}{(ask.End is { } end ? $" and x.lo < {args.Add(end)}" : "")}";
        return $"and (exists ({rows}{between} offset 0) or not exists ({rows} offset 0))";
    }

    private static byte[] Bundle(FhirRequest request, EverythingAsk ask, List<Hit> hits, long total, bool more, (string Type, string Id) of) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        w.WriteNumber("total", total);
        w.WriteStartArray("link");
        var self = $"{request.Base}/{of.Type}/{of.Id}/$everything";
        var query = string.Join('&', Conditions.Parse(request.Query).Where(q => q.Name != "_cursor").Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
        FhirJson.Link(w, "self", query.Length > 0 ? $"{self}?{query}" : self);
        if (more) FhirJson.Link(w, "next", FormattableString.Invariant($"{self}?{(query.Length > 0 ? query + "&" : "")}_cursor={hits[^1].Rid}"));
        w.WriteEndArray();
        if (hits.Count > 0)
        {
            w.WriteStartArray("entry");
            foreach (var hit in hits) Searching.Entry(w, request.Base, hit, Array.IndexOf(Support, hit.Type) >= 0 ? "include" : "match", Subset.Whole);
            w.WriteEndArray();
        }
        w.WriteEndObject();
    });
}

/// <summary>The parameters of $everything.</summary>
internal sealed record EverythingAsk(int Count, short[]? Types, DateTimeOffset? Since, DateTimeOffset? Start, DateTimeOffset? End, long After)
{
    public static Outcome<EverythingAsk> Read(string query, int most)
    {
        var ask = new EverythingAsk(most, null, null, null, null, 0);
        foreach (var (name, value) in Conditions.Parse(query))
        {
            switch (name)
            {
                case "_count":
                    if (SearchValue.Count(value) is not (> 0 and var count)) return Problem.Invalid("_count must be a positive number.", "_count");
                    ask = ask with { Count = Math.Min(count, most) };
                    break;
                case "_type":
                    var types = value.Split(',', StringSplitOptions.RemoveEmptyEntries);
                    if (Array.Find(types, t => !ResourceTypes.Known(t)) is { } unknown) return Problem.Invalid($"'{unknown}' is not a resource type of R4.", "_type");
                    ask = ask with { Types = [.. types.Select(ResourceTypes.Number)] };
                    break;
                case "_since" or "start" or "end":
                    if (DateRange.Parse(value.Replace(' ', '+')) is not { } d) return Problem.Invalid($"'{value}' is not a date.", name);
                    ask = name switch { "_since" => ask with { Since = d.Lo }, "start" => ask with { Start = d.Lo }, _ => ask with { End = d.Hi } };
                    break;
                case "_cursor":
                    if (!long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var after)) return Problem.Invalid("The page link is not one of ours. Start again.", "_cursor");
                    ask = ask with { After = after };
                    break;
                case "_format" or "_pretty":
                    break;
                default:
                    return Problem.Invalid($"$everything takes _type, _since, _count, start and end, not '{name}'.", name, "not-supported");
            }
        }
        return ask;
    }
}
