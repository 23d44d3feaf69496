using System.Globalization;
using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;
using Npgsql;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/http.html#search on one type: keyset pages that stay stable while others write, raw entries,
/// _include and _revinclude of direct references.
/// </summary>
internal sealed class Searching(Db db, AccessLog audit)
{
    public const int DefaultCount = 20;
    public const int MaxCount = 1000;
    public const int MaxIncluded = 1000;

    public async Task<FhirAnswer> Search(Caller caller, FhirRequest request, string type, string query, CancellationToken stop)
    {
        var limit = FhirAccess.Check(caller, type, 's');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        var ask = SearchAsk.Read(Conditions.Parse(query));
        if (!ask.Ok) return FhirAnswer.Of(ask.Problem);
        var built = SearchQuery.Build(type, caller.Tenant, ask.Value.Criteria, request.Strict, request.Base);
        if (!built.Ok) return FhirAnswer.Of(built.Problem);
        if (limit.Value.Patient is { } patient) built.Value.OnlyPatient(patient);

        var page = await Page(caller, request.Within, built.Value, ask.Value, stop);
        if (!page.Ok) return FhirAnswer.Of(page.Problem);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", type,
            page.Value.Matches.Select(m => PatientOf.Resource(type, m.Id, m.Body)).Distinct().Take(2).ToArray() is [{ } one] ? one : null, 200), stop);
        return new FhirAnswer(200, Bundle(request, built.Value, ask.Value, page.Value, type)) { Type = "Bundle" };
    }

    private async Task<Outcome<Found>> Page(Caller caller, Tx? within, SearchQuery query, SearchAsk ask, CancellationToken stop)
    {
        await using var link = await ReadLink.Open(db, caller.Tenant, within, stop);
        await using var batch = link.Batch();
        // Counted before the page's own position narrows the query.
        if (ask.WantsTotal) Command(batch, $"select count(*) from fhir.resource r where {query.Where}", query);
        var sort = Sort.Of(query, ask);
        if (!sort.Ok) return sort.Problem;
        if (ask.Count > 0)
        {
            if (ask.Cursor is { } cursor && sort.Value.After(query, cursor) is { } bad) return bad;
            Command(batch, $"select r.id, r.rid, r.version, r.body, {sort.Value.Key} from fhir.resource r{sort.Value.Join} where {query.Where} order by {sort.Value.Order} limit {ask.Count + 1}", query);
        }
        await using var reader = await batch.ExecuteReaderAsync(stop);
        var found = new Found();
        if (ask.WantsTotal)
        {
            await reader.NextResultAsync(stop);
            await reader.ReadAsync(stop);
            found.Total = reader.GetInt64(0);
        }
        if (ask.Count > 0)
        {
            await reader.NextResultAsync(stop);
            while (await reader.ReadAsync(stop))
            {
                if (found.Matches.Count == ask.Count)
                {
                    found.More = true;
                    break;
                }
                found.Matches.Add(new Hit(query.Type, reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(3)));
                found.Cursor = $"{(reader.IsDBNull(4) ? "" : reader.GetString(4))}|{reader.GetInt64(1)}";
            }
        }
        await reader.CloseAsync();
        foreach (var include in ask.Includes)
        {
            if (await Include(caller, link, query.Type, include, found, stop) is { } problem) return problem;
        }
        found.Warnings.AddRange(query.Ignored.Concat(ask.Warnings));
        return found;
    }

    private static void Command(NpgsqlBatch batch, string sql, SearchQuery query)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var p in query.Parameters) command.Parameters.Add(p.Clone());
        batch.BatchCommands.Add(command);
    }

    /// <summary>Each produced resource is authorised before it is shown: an include must not leak what a search would not.</summary>
    private static async Task<Problem?> Include(Caller caller, ReadLink link, string type, Inclusion include, Found found, CancellationToken stop)
    {
        if (SearchParameters.Find(include.Source, include.Code) is not { Kind: ParameterKind.Reference } parameter || (!include.Reverse && include.Source != type))
        {
            return Problem.Invalid($"_{(include.Reverse ? "rev" : "")}include={include.Source}:{include.Code} is not known.", "_include", "not-supported");
        }
        if (found.Matches.Count == 0) return null;
        await using var batch = link.Batch();
        batch.BatchCommands.Add(include.Reverse
            ? new NpgsqlBatchCommand($"""
              select r.type, r.id, r.rid, r.body from fhir.resource r
              where r.tenant = $1 and not r.deleted and r.rid in (
                select x.rid from fhir.reference x where x.tenant = $1 and x.param = $2 and x.target_type = $3 and x.target_id = any($4))
              order by r.rid limit {MaxIncluded + 1}
              """)
            {
                Parameters = { new() { Value = caller.Tenant }, new() { Value = parameter.Number }, new() { Value = ResourceTypes.Number(type) }, new() { Value = found.Matches.Select(m => m.Id).ToArray() } },
            }
            : new NpgsqlBatchCommand($"""
              select r.type, r.id, r.rid, r.body from fhir.resource r
              where r.tenant = $1 and not r.deleted and (r.type, r.id) in (
                select x.target_type, x.target_id from fhir.reference x where x.tenant = $1 and x.param = $2 and x.rid = any($3)
                  and ($4::smallint is null or x.target_type = $4))
              order by r.rid limit {MaxIncluded + 1}
              """)
            {
                Parameters =
                {
                    new() { Value = caller.Tenant }, new() { Value = parameter.Number }, new() { Value = found.Matches.Select(m => m.Rid).ToArray() },
                    new() { Value = (object?)(include.Target is null ? null : ResourceTypes.NumberOrNone(include.Target)) ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Smallint },
                },
            });
        await using var reader = await batch.ExecuteReaderAsync(stop);
        await reader.NextResultAsync(stop);
        for (var rows = 1; await reader.ReadAsync(stop); rows++)
        {
            if (rows > MaxIncluded)
            {
                found.Warnings.Add($"Of _{(include.Reverse ? "rev" : "")}include={include.Source}:{include.Code} only the first {MaxIncluded} are here; ask for smaller pages.");
                break;
            }
            var hit = new Hit(ResourceTypes.Name(reader.GetInt16(0)), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
            var allowed = FhirAccess.Check(caller, hit.Type, 'r');
            if (allowed.Ok && FhirAccess.Belongs(allowed.Value, hit.Type, hit.Id, hit.Body) && !found.Has(hit)) found.Included.Add(hit);
        }
        return null;
    }

    private static byte[] Bundle(FhirRequest request, SearchQuery query, SearchAsk ask, Found found, string type) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        if (ask.WantsTotal) w.WriteNumber("total", found.Total);
        w.WriteStartArray("link");
        var self = new StringBuilder($"{request.Base}/{type}?");
        foreach (var (name, value) in query.Used.Concat(ask.Shown)) self.Append(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}&");
        FhirJson.Link(w, "self", self.ToString().TrimEnd('&', '?'));
        if (found.More) FhirJson.Link(w, "next", $"{self}_cursor={Uri.EscapeDataString(SearchAsk.Seal(found.Cursor))}");
        w.WriteEndArray();
        if (found.Matches.Count > 0 || found.Warnings.Count > 0)
        {
            w.WriteStartArray("entry");
            foreach (var hit in found.Matches) Entry(w, request.Base, hit, "match");
            foreach (var hit in found.Included) Entry(w, request.Base, hit, "include");
            if (found.Warnings.Count > 0)
            {
                w.WriteStartObject();
                w.WritePropertyName("resource");
                FhirOutcome.Write(w, found.Warnings.Select(i => new Issue("warning", "not-supported", i)));
                w.WriteStartObject("search");
                w.WriteString("mode", "outcome");
                w.WriteEndObject();
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        w.WriteEndObject();
    });

    private static void Entry(Utf8JsonWriter w, string server, Hit hit, string mode)
    {
        w.WriteStartObject();
        w.WriteString("fullUrl", $"{server}/{hit.Type}/{hit.Id}");
        w.WritePropertyName("resource");
        w.WriteRawValue(hit.Body, skipInputValidation: true);
        w.WriteStartObject("search");
        w.WriteString("mode", mode);
        w.WriteEndObject();
        w.WriteEndObject();
    }
}

internal sealed record Hit(string Type, string Id, long Rid, byte[] Body);

internal sealed class Found
{
    public List<Hit> Matches { get; } = [];
    public List<Hit> Included { get; } = [];
    public List<string> Warnings { get; } = [];
    public long Total { get; set; }
    public bool More { get; set; }
    public string Cursor { get; set; } = "";
    public bool Has(Hit hit) => Matches.Concat(Included).Any(h => h.Type == hit.Type && h.Id == hit.Id);
}
