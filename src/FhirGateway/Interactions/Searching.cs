using System.Globalization;
using System.Text;
using System.Text.Json;
using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Outcomes;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Search.Own;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;
using Npgsql;

namespace HealthTeams.FhirGateway.Interactions;

/// <summary>
/// http://hl7.org/fhir/R4/http.html#search of one type, of the system and of a compartment: keyset pages that stay stable
/// while others write, raw entries, the page and its total in one round trip.
/// </summary>
internal sealed class Searching(Db db, AccessLog audit, OwnParameters own, FhirSettings settings)
{
    public const int DefaultCount = 20;

    public Task<FhirAnswer> Search(Caller caller, FhirRequest request, string type, string query, CancellationToken stop) =>
        Of(caller, request, [type], null, query, stop);

    /// <summary>The whole system, or the types that _type names.</summary>
    public Task<FhirAnswer> System(Caller caller, FhirRequest request, CancellationToken stop) => Of(caller, request, null, null, request.Query, stop);

    /// <summary>http://hl7.org/fhir/R4/compartmentdefinition.html: Patient/1/Encounter, Patient/1/* (FHIR-91).</summary>
    public Task<FhirAnswer> Member(Caller caller, FhirRequest request, string type, string id, string member, CancellationToken stop)
    {
        if (!Compartment.Known(type)) return Task.FromResult(FhirAnswer.Of(Problem.NotFound($"'{type}' is no compartment: Patient, Encounter, Practitioner, RelatedPerson and Device are.", "not-supported")));
        if (member != "*" && !ResourceTypes.Known(member)) return Task.FromResult(FhirAnswer.Of(Problem.NotFound($"'{member}' is not a resource type of R4.", "not-supported")));
        if (member != "*" && Compartment.Parameters(type, member).Length == 0) return Task.FromResult(FhirAnswer.Of(Problem.NotFound($"No {member} is in the compartment of a {type}.", "not-supported")));
        return Of(caller, request, member == "*" ? null : [member], (type, id), request.Query, stop);
    }

    private async Task<FhirAnswer> Of(Caller caller, FhirRequest request, string[]? types, (string Type, string Id)? compartment, string query, CancellationToken stop)
    {
        var ask = SearchAsk.Read(Conditions.Parse(query), settings.Limits.Page);
        if (!ask.Ok) return FhirAnswer.Of(ask.Problem);
        if (ask.Value.Explain && !FhirAccess.Operator(caller)) return FhirAnswer.Of(Problem.Forbidden("_explain needs the scope system/*.cruds."));
        var asked = Types(caller, types, compartment, ask.Value);
        if (!asked.Ok) return FhirAnswer.Of(asked.Problem);
        await using var link = await ReadLink.Open(db, caller.Tenant, request.Within, stop);
        var of = new SearchOf(caller.Tenant, request.Base, caller, asked.Value)
        {
            Compartment = compartment, Parameters = await own.Of(caller.Tenant, stop), Terms = await Terminology.Of(link, caller.Tenant, ask.Value.Criteria, stop),
        };
        var built = SearchQuery.Build(of, ask.Value.Criteria, request.Strict);
        if (!built.Ok) return FhirAnswer.Of(built.Problem);
        if (Inclusions.Check(built.Value, ask.Value.Includes) is { } unknown) return FhirAnswer.Of(unknown);

        var page = await Page(caller, link, built.Value, ask.Value, stop);
        if (!page.Ok) return FhirAnswer.Of(page.Problem);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", string.Join('/', request.Path.Where(p => p != "_search").DefaultIfEmpty("system")),
            null, 200), page.Value.Matches.Concat(page.Value.Included).Select(m => PatientOf.Resource(m.Type, m.Id, m.Body)), stop);
        return new FhirAnswer(200, Bundle(request, built.Value, ask.Value, page.Value)) { Type = "Bundle" };
    }

    /// <summary>Without a type, those that the caller may search; a type that was named must be among them.</summary>
    private static Outcome<IReadOnlyList<string>> Types(Caller caller, string[]? types, (string Type, string Id)? compartment, SearchAsk ask)
    {
        var named = types ?? (ask.Types.Count > 0 ? [.. ask.Types.Distinct()] : null);
        if (named is null)
        {
            string[] all = [.. (compartment is { } c ? Compartment.Types(c.Type) : ResourceTypes.All).Where(t => FhirAccess.Reach(caller, t, 's').Ok)];
            return all.Length > 0 ? all : Problem.Forbidden("The granted scopes do not allow a search.");
        }
        foreach (var type in named)
        {
            if (!ResourceTypes.Known(type)) return Problem.Invalid($"'{type}' is not a resource type of R4.", "_type");
            if (FhirAccess.Reach(caller, type, 's') is { Ok: false } no) return no.Problem;
        }
        return named;
    }

    private async Task<Outcome<Found>> Page(Caller caller, ReadLink link, SearchQuery query, SearchAsk ask, CancellationToken stop)
    {
        var sort = Sort.Of(query, ask);
        if (!sort.Ok) return sort.Problem;
        var found = new Found();
        await using (var batch = link.Batch())
        {
            if (ask.WantsTotal) batch.BatchCommands.Add(query.Args.Command(query.Count()));
            var page = ask.Count > 0 ? query.Page(sort.Value, ask.Count + 1) : null;
            if (page is not null) batch.BatchCommands.Add(query.Args.Command(page));
            if (ask.Explain) batch.BatchCommands.Add(query.Args.Command($"explain (analyze, buffers, settings) {page ?? query.Count()}"));
            await using var reader = await batch.ExecuteReaderAsync(stop);
            if (ask.WantsTotal)
            {
                await reader.NextResultAsync(stop);
                await reader.ReadAsync(stop);
                found.Total = reader.GetInt64(0);
            }
            if (page is not null)
            {
                await reader.NextResultAsync(stop);
                await Read(reader, sort.Value, ask.Count, found, stop);
            }
            if (ask.Explain)
            {
                await reader.NextResultAsync(stop);
                var plan = new StringBuilder(page ?? query.Count());
                while (await reader.ReadAsync(stop)) plan.Append('\n').Append(reader.GetString(0));
                found.Plan = plan.ToString();
            }
        }
        if (ask.Includes.Count > 0) await new Inclusions(caller, link, query, settings.Limits, stop).Run(ask.Includes, found);
        found.Warnings.AddRange(query.Ignored.Concat(ask.Warnings));
        return found;
    }

    private static async Task Read(NpgsqlDataReader reader, Sort sort, int count, Found found, CancellationToken stop)
    {
        while (await reader.ReadAsync(stop))
        {
            if (found.Matches.Count == count)
            {
                found.More = true;
                found.Cursor = sort.Cursor(found.LastKeys, found.Matches[^1].Rid);
                break;
            }
            var hit = new Hit(ResourceTypes.Name(reader.GetInt16(0)), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
            found.Matches.Add(hit);
            found.Rids.Add(hit.Rid);
            if (sort.Keys > 0) found.LastKeys = [.. Enumerable.Range(4, sort.Keys).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))];
        }
    }

    private static byte[] Bundle(FhirRequest request, SearchQuery query, SearchAsk ask, Found found) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        if (ask.WantsTotal) w.WriteNumber("total", found.Total);
        w.WriteStartArray("link");
        var self = new StringBuilder($"{request.Base}/{string.Join('/', request.Path.Where(p => p != "_search").Select(p => p == "*" ? p : Uri.EscapeDataString(p)))}?");
        foreach (var (name, value) in query.Used.Concat(ask.Shown)) self.Append(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}&");
        FhirJson.Link(w, "self", self.ToString().TrimEnd('&', '?'));
        if (found.More) FhirJson.Link(w, "next", $"{self}_cursor={Uri.EscapeDataString(SearchAsk.Seal(found.Cursor))}");
        w.WriteEndArray();
        if (found.Matches.Count > 0 || found.Warnings.Count > 0 || found.Plan is not null)
        {
            w.WriteStartArray("entry");
            foreach (var hit in found.Matches) Entry(w, request.Base, hit, "match", ask.Subset);
            foreach (var hit in found.Included) Entry(w, request.Base, hit, "include", ask.Subset);
            if (found.Warnings.Count > 0) Outcome(w, found.Warnings.Select(i => new Issue("warning", "not-supported", i)));
            if (found.Plan is not null) Outcome(w, [new Issue("information", "informational", found.Plan)]);
            w.WriteEndArray();
        }
        w.WriteEndObject();
    });

    private static void Outcome(Utf8JsonWriter w, IEnumerable<Issue> issues)
    {
        w.WriteStartObject();
        w.WritePropertyName("resource");
        FhirOutcome.Write(w, issues);
        w.WriteStartObject("search");
        w.WriteString("mode", "outcome");
        w.WriteEndObject();
        w.WriteEndObject();
    }

    public static void Entry(Utf8JsonWriter w, string server, Hit hit, string mode, Subset subset)
    {
        w.WriteStartObject();
        w.WriteString("fullUrl", $"{server}/{hit.Type}/{hit.Id}");
        w.WritePropertyName("resource");
        w.WriteRawValue(subset.Of(hit.Body), skipInputValidation: true);
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
    public HashSet<long> Rids { get; } = [];
    public List<string> Warnings { get; } = [];
    public long Total { get; set; }
    public bool More { get; set; }
    public string Cursor { get; set; } = "";
    public IReadOnlyList<object?> LastKeys { get; set; } = [];
    public string? Plan { get; set; }
}
