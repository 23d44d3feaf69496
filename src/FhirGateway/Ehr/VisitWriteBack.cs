using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>
/// A visit's course, written to the EHRs that know it: status, who came, the join link, each EHR in its own way. One event at
/// a time per visit, in order, with If-Match; idempotent, for all is computed from what is stored, and a status is never taken
/// back (15.5, EHR-07).
/// </summary>
internal sealed class VisitWriteBack(
    Db db, OutboundHttp http, EhrConnections connections, WriteRulesOf rulesOf, EhrAbilities abilities, VisitLookUp lookUp, EhrLinks links, EhrHealth health) : IEventConsumer
{
    public const string Consumer = "ehr";
    private const int Conflicts = 4;
    private static readonly JsonSerializerOptions AsText = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly EventRoute Route = new(Consumer, e => e.Kind is "visit.arrived" or "visit.started" or "visit.finished" or "visit.noshow"
        or "visit.joined" or "visit.left" or "visit.booked" or "visit.rescheduled" or "visit.changed", e => e.Subject);

    public string Name => Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        var rules = await rulesOf(e.Tenant, stop);
        // A booking brings the link and nothing else.
        var onlyLink = e.Kind is "visit.booked" or "visit.rescheduled" or "visit.changed";
        if (!rules.Values.Any(r => onlyLink ? r.Links : r.Writes)) return null;
        var (visit, keys) = await db.In(e.Tenant, Actor.Product, async tx => (
            await tx.OneOrNone<Visit>("""
                select id, status, start_at as StartAt, end_at as EndAt, patient, started_at as StartedAt, finished_at as FinishedAt
                from collab.visit where tenant = @Tenant and id = @id
                """, new { tx.Tenant, id = e.SubjectId }),
            (await tx.Query<VisitKey>("select source, kind, id from collab.visit_key where tenant = @Tenant and visit = @id and source <> @own", new { tx.Tenant, id = e.SubjectId, own = Guid.Empty })).ToList()), stop);
        if (visit is null || (e.Kind == "visit.noshow" && visit.Status != VisitStatus.NoShow)) return null;
        var ehrs = (await connections(e.Tenant, visit.Id, stop)).Where(c => rules.TryGetValue(c.Id, out var r) && (onlyLink ? r.Links : r.Writes)).DistinctBy(c => c.Id).ToList();
        if (ehrs.Count == 0) return null;
        // Keys of a registration that is gone are nobody's.
        if (!keys.Exists(k => ehrs.Exists(c => c.Id == k.Source)))
        {
            var looked = await lookUp.Find(e.Tenant, visit.Id, [.. ehrs.Where(c => !rules[c.Id].ForTests)], stop);
            if (!looked.Ok) return looked.Problem;
            keys = looked.Value;
        }
        Problem? failed = null;
        foreach (var ehr in ehrs.Where(c => keys.Exists(k => k.Source == c.Id)))
        {
            var facts = new VisitFacts(visit, Target(e.Kind), e.At, await Who(e.Tenant, visit.Id, ehr.Id, stop),
                rules[ehr.Id].Links ? await links.Of(e.Tenant, visit, stop) : null);
            var problem = await Write(ehr, rules[ehr.Id], [.. keys.Where(k => k.Source == ehr.Id)], facts, stop);
            await health.Keep(e.Tenant, ehr.Id, problem, stop);
            failed = Worst(failed, problem);
        }
        return failed;
    }

    private Task<IReadOnlyList<Attendance>> Who(int tenant, Guid visit, Guid ehr, CancellationToken stop) =>
        db.In(tenant, Actor.Product, tx => VisitFacts.WhoCame(tx, visit, ehr), stop);

    /// <summary>What may pass is tried again before what will not is given up.</summary>
    internal static Problem? Worst(Problem? before, Problem? now) => now is null || before is { Status: >= 500 } ? before : Lasting(now);

    /// <summary>A refusal keeps its 4xx, which no repetition mends; what may pass (busy, changed meanwhile, locked, token just over) counts as away.</summary>
    private static Problem Lasting(Problem problem) => problem switch
    {
        { Code: "ehr-refused", Status: 401 or 408 or 409 or 412 or 423 or 424 or 425 or 429 } => problem with { Status = 503 },
        _ => problem,
    };

    private async Task<Problem?> Write(EhrConnection ehr, WriteRules rules, List<VisitKey> keys, VisitFacts facts, CancellationToken stop)
    {
        var client = new EhrClient(http, ehr);
        var appointment = keys.Find(k => k.Kind == "Appointment")?.Id;
        var encounter = keys.Find(k => k.Kind == "Encounter")?.Id;
        if (encounter is null && appointment is not null)
        {
            // Not every EHR searches so: one that refuses has none to name, one that does not know the word answers with strangers.
            var found = await client.Get($"Encounter?appointment=Appointment/{appointment}", stop);
            if (!found.Ok && !VisitLookUp.NoSuchSearch(found.Problem)) return found.Problem;
            encounter = found.Ok && VisitLookUp.Ids(found.Value, "Encounter", e => Names(e, appointment)) is [var only] ? only : null;
        }
        var patches = rules.Adapter == "oracle";
        if (encounter is not null && await Save(client, ehr.Id, "Encounter", encounter, patches,
            r => patches ? OracleChart.Encounter(r, facts) : PlainChart.Encounter(r, facts), stop) is { } problem) return problem;
        return appointment is null ? null : await Save(client, ehr.Id, "Appointment", appointment, patches,
            r => patches ? OracleChart.Appointment(r, facts, rules.JoinLink == "oracle") : PlainChart.Appointment(r, facts, rules.JoinLink == "extension"), stop);
    }

    private static bool Names(JsonElement encounter, string appointment) => FhirJson.Items(encounter, "appointment")
        .Any(a => FhirJson.Text(a, "reference") is { } r && (r == $"Appointment/{appointment}" || r.EndsWith($"/Appointment/{appointment}", StringComparison.Ordinal)));

    /// <param name="next">The next resource, or the patch that makes it; null when there is nothing to say.</param>
    private async Task<Problem?> Save(EhrClient client, Guid ehr, string type, string id, bool patches, Func<JsonElement, JsonNode?> next, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = await client.Get($"{type}/{id}", stop);
            if (!read.Ok) return read.Problem;
            if (next(read.Value) is not { } change) return null;
            var version = FhirJson.Text(read.Value, "meta", "versionId");
            var etag = version is null ? null : $"W/\"{version}\"";
            var way = patches ? WriteWay.Patch : await abilities.Way(client, ehr, type, stop);
            var written = way switch
            {
                WriteWay.Refused => new Problem(422, "ehr-offers-no-write", $"The EHR's CapabilityStatement offers neither update nor JSON Patch of {type}."),
                WriteWay.Patch => await client.Patch($"{type}/{id}", Bytes(patches ? change : PatchDiff.Of(JsonNode.Parse(read.Value.GetRawText())!, change)), etag, stop),
                _ => await client.Put($"{type}/{id}", Bytes(change), etag, stop),
            };
            if (written.Ok) return null;
            // Somebody else changed it in between: their version is read and kept, ours goes on top.
            if (written.Problem.Status is not (409 or 412) || attempt == Conflicts) return written.Problem;
        }
    }

    private static byte[] Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, AsText);

    private static VisitStatus? Target(string kind) => kind switch
    {
        "visit.arrived" => VisitStatus.Arrived,
        "visit.started" => VisitStatus.InProgress,
        "visit.finished" => VisitStatus.Finished,
        "visit.noshow" => VisitStatus.NoShow,
        _ => null,
    };
}
