using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Appointments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>
/// Arrived, in-progress, finished and a confirmed no-show, written to the EHR's Encounter and Appointment: one event at a
/// time per visit, in order, with If-Match; idempotent, as a status is never taken back (15.5).
/// </summary>
internal sealed class VisitWriteBack(Db db, OutboundHttp http, EhrConnections connections) : IEventConsumer
{
    public const string Consumer = "ehr";
    private const int Conflicts = 4;

    public static readonly EventRoute Route = new(Consumer,
        e => e.Kind is "visit.arrived" or "visit.started" or "visit.finished" or "visit.noshow", e => e.Subject);

    public string Name => Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        var (visit, keys) = await db.In(e.Tenant, Actor.Product, async tx => (
            await tx.OneOrNone<Visit>("select id, status, started_at as StartedAt, finished_at as FinishedAt from collab.visit where tenant = @Tenant and id = @id", new { tx.Tenant, id = e.SubjectId }),
            (await tx.Query<VisitKey>("select source, kind, id from collab.visit_key where tenant = @Tenant and visit = @id and source <> @own", new { tx.Tenant, id = e.SubjectId, own = Guid.Empty })).ToList()), stop);
        if (visit is null || (e.Kind == "visit.noshow" && visit.Status != VisitStatus.NoShow)) return null;
        var ehrs = await connections(e.Tenant, visit.Id, stop);
        if (ehrs.Count == 0) return null;
        if (keys.Count == 0)
        {
            var looked = await LookUp(e.Tenant, visit.Id, ehrs, stop);
            if (!looked.Ok) return looked.Problem;
            keys = looked.Value;
        }
        Problem? failed = null;
        foreach (var ehr in ehrs.Where(c => keys.Exists(k => k.Source == c.Id)).DistinctBy(c => c.Id))
        {
            var problem = await Write(new EhrClient(http, ehr), [.. keys.Where(k => k.Source == ehr.Id)], Target(e.Kind), visit, e.At, stop);
            failed = Worst(failed, problem);
        }
        return failed;
    }

    /// <summary>What may pass is tried again before what will not is given up.</summary>
    private static Problem? Worst(Problem? before, Problem? now) => now is null || before is { Status: >= 500 } ? before : Lasting(now);

    /// <summary>A refusal keeps its 4xx, which no repetition mends; what may pass (busy, changed meanwhile, token just over) counts as away.</summary>
    private static Problem Lasting(Problem problem) => problem switch
    {
        { Code: "ehr-refused", Status: 401 or 408 or 409 or 412 or 425 or 429 } => problem with { Status = 503 },
        _ => problem,
    };

    /// <summary>A visit pushed to our FHIR API and not yet launched: found in the EHR by the appointment's own identifier.</summary>
    private async Task<Outcome<List<VisitKey>>> LookUp(int tenant, Guid visit, IReadOnlyList<EhrConnection> ehrs, CancellationToken stop)
    {
        var identifiers = await db.In(tenant, Actor.Product, tx => tx.Query<(string System, string Value)>(
            "select system, value from collab.visit_identifier where tenant = @Tenant and visit = @visit", new { tx.Tenant, visit }), stop);
        var found = new List<VisitKey>();
        Problem? failed = null;
        foreach (var ehr in ehrs.DistinctBy(c => c.Id))
        {
            var answer = await LookUp(ehr, identifiers, stop);
            if (answer.Ok) found.AddRange(answer.Value);
            else failed = Worst(failed, answer.Problem);
        }
        // An EHR that is away does not keep the others from theirs; only when none has the visit may it be the one that does.
        if (found.Count == 0 && failed is not null) return failed;
        if (found.Count > 0)
        {
            await db.In(tenant, Actor.Product, tx => tx.Execute("""
                insert into collab.visit_key (tenant, source, kind, id, visit)
                select @Tenant, k.source, k.kind, k.id, @visit from unnest(@sources, @kinds, @ids) as k (source, kind, id)
                on conflict (tenant, source, kind, id) do nothing
                """, new { tx.Tenant, visit, sources = found.Select(k => k.Source).ToArray(), kinds = found.Select(k => k.Kind).ToArray(), ids = found.Select(k => k.Id).ToArray() }), stop);
        }
        return found;
    }

    private async Task<Outcome<List<VisitKey>>> LookUp(EhrConnection ehr, IEnumerable<(string System, string Value)> identifiers, CancellationToken stop)
    {
        var client = new EhrClient(http, ehr);
        var found = new List<VisitKey>();
        foreach (var (system, value) in identifiers)
        {
            foreach (var kind in (string[])["Appointment", "Encounter"])
            {
                var answer = await client.Get($"{kind}?identifier={Uri.EscapeDataString($"{system}|{value}")}", stop);
                if (!answer.Ok) return answer.Problem;
                if (Ids(answer.Value, kind) is [var only]) found.Add(new VisitKey(ehr.Id, kind, only));
            }
        }
        return found;
    }

    private static List<string> Ids(JsonElement bundle, string type) =>
    [
        .. FhirJson.Items(bundle, "entry").Select(x => x.TryGetProperty("resource", out var r) && FhirJson.Text(r, "resourceType") == type ? FhirJson.Text(r, "id") : null).OfType<string>(),
    ];

    private static async Task<Problem?> Write(EhrClient client, List<VisitKey> keys, VisitStatus target, Visit visit, DateTimeOffset at, CancellationToken stop)
    {
        var written = visit with { Status = target, FinishedAt = target == VisitStatus.Finished ? visit.FinishedAt ?? at : null, StartedAt = target is VisitStatus.InProgress or VisitStatus.Finished ? visit.StartedAt : null };
        var appointment = keys.Find(k => k.Kind == "Appointment")?.Id;
        var encounter = keys.Find(k => k.Kind == "Encounter")?.Id;
        if (encounter is null && appointment is not null)
        {
            var found = await client.Get($"Encounter?appointment=Appointment/{appointment}", stop);
            if (!found.Ok) return found.Problem;
            encounter = Ids(found.Value, "Encounter") is [var only] ? only : null;
        }
        if (encounter is not null && await Put(client, "Encounter", encounter,
            r => IsTheVisit(r) && VisitStatuses.EncounterRank(FhirJson.Text(r, "status")) < VisitStatuses.EncounterRank(VisitStatuses.Encounter(target)) ? VisitProjection.Encounter(r, written, at) : null, stop) is { } problem)
        {
            return problem;
        }
        return appointment is null ? null : await Put(client, "Appointment", appointment,
            r => VisitStatuses.AppointmentRank(FhirJson.Text(r, "status")) < VisitStatuses.AppointmentRank(VisitStatuses.Appointment(target)) ? VisitProjection.Appointment(r, written) : null, stop);
    }

    /// <summary>A launch from an in-patient's chart means the stay's encounter: a video call held during it must never begin or close the stay.</summary>
    internal static bool IsTheVisit(JsonElement encounter) =>
        FhirJson.Text(encounter, "class", "code") == "VR" || FhirJson.Items(encounter, "appointment").Any();

    private static async Task<Problem?> Put(EhrClient client, string type, string id, Func<JsonElement, byte[]?> next, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var read = await client.Get($"{type}/{id}", stop);
            if (!read.Ok) return read.Problem;
            if (next(read.Value) is not { } body) return null;
            var version = FhirJson.Text(read.Value, "meta", "versionId");
            var put = await client.Put($"{type}/{id}", body, version is null ? null : $"W/\"{version}\"", stop);
            if (put.Ok) return null;
            // Somebody else changed it in between: their version is read and kept, ours goes on top.
            if (put.Problem.Status is not (409 or 412) || attempt == Conflicts) return put.Problem;
        }
    }

    private static VisitStatus Target(string kind) => kind switch
    {
        "visit.arrived" => VisitStatus.Arrived,
        "visit.started" => VisitStatus.InProgress,
        "visit.finished" => VisitStatus.Finished,
        _ => VisitStatus.NoShow,
    };
}
