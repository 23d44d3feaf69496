using System.Globalization;
using System.Text.Json;
using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;

namespace HealthTeams.FhirGateway.AuditEvents;

/// <summary>
/// http://hl7.org/fhir/R4/auditevent.html: who did what and who saw whom, read from the product's own records (events for
/// writes, the access log for reads), newest first. By patient, date, entity, agent and action. Asking is recorded, too.
/// </summary>
internal sealed class AuditTrail(Db db, Platform.Audit.AccessLog audit, FhirSettings settings)
{
    public async Task<FhirAnswer> Search(Caller caller, FhirRequest request, CancellationToken stop)
    {
        var limit = FhirAccess.Check(caller, "AuditEvent", 's');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        var ask = TrailAsk.Read(Conditions.Parse(request.Query), settings.Limits.Page);
        if (!ask.Ok) return FhirAnswer.Of(ask.Problem);
        var asked = limit.Value.Patient is { } own ? ask.Value with { Patient = $"Patient/{own}" } : ask.Value;
        // Asked about somebody else, a patient's token finds nothing; its own records are no answer to that.
        var rows = ask.Value.Patient is { } other && other != asked.Patient ? [] : await db.In(caller.Tenant, caller.Actor, tx => Rows(tx, asked), stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "search", "AuditEvent", asked.Patient, 200), stop);
        return new FhirAnswer(200, Bundle(request, asked, rows)) { Type = "Bundle" };
    }

    /// <returns>Null when the id is none of ours: then it may be a stored resource.</returns>
    public async Task<FhirAnswer?> Read(Caller caller, string id, CancellationToken stop)
    {
        var limit = FhirAccess.Check(caller, "AuditEvent", 'r');
        if (!limit.Ok) return FhirAnswer.Of(limit.Problem);
        if (limit.Value.Patient is not null || !Guid.TryParse(id, out var key)) return null;
        var rows = await db.In(caller.Tenant, caller.Actor, tx => Rows(tx, new TrailAsk { Id = key }), stop);
        if (rows.Count > 0) await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "read", $"AuditEvent/{id}", rows[0].Who, 200), stop);
        return rows.Count == 0 ? null : new FhirAnswer(200, FhirJson.Write(w => AuditEventFromTrail.Write(w, rows[0]))) { Type = "AuditEvent", LastModified = rows[0].At };
    }

    /// <summary>One query over both records; a patient is meant by the FHIR id and by the person we know by it.</summary>
    private static async Task<List<TrailRow>> Rows(Tx tx, TrailAsk ask) => [.. await tx.Query<TrailRow>("""
        with people as (
          select @Patient::text as patient where @Patient is not null
          union all
          select 'person/' || k.person from collab.person_key k where k.tenant = @Tenant and k.source = @own and k.reference = @Patient)
        select t.at, t.id, t.actor, t.actor_kind as ActorKind, t.client, t.source, t.action, t.subject, t.patient, t.outcome, t.read,
          coalesce((select k.reference from collab.person_key k
            where k.tenant = @Tenant and k.source = @own and t.patient = 'person/' || k.person and k.reference like 'Patient/%' limit 1), t.patient) as Who
        from (
          (select at, id, actor, actor_kind, client, source, action, subject, patient, outcome::int, true as read from platform.access
           where tenant = @Tenant and (@Patient is null or patient in (select patient from people)) and (@From::timestamptz is null or at >= @From)
             and (@To::timestamptz is null or at < @To) and (@Agent::text is null or actor = @Agent) and (@Entity::text is null or subject = @Entity)
             and (@Action::text is null or @Action = case when action in ('search', 'list') then 'E' else 'R' end)
             and (@Id::uuid is null or id = @Id) and (@Before::timestamptz is null or (at, id) < (@Before, @BeforeId))
           order by at desc, id desc limit @Limit)
          union all
          (select at, id, actor, actor_kind, client, source, kind, subject, patient, 0, false from platform.event
           where tenant = @Tenant and (@Patient is null or patient in (select patient from people)) and (@From::timestamptz is null or at >= @From)
             and (@To::timestamptz is null or at < @To) and (@Agent::text is null or actor = @Agent) and (@Entity::text is null or subject = @Entity)
             and (@Action::text is null or @Action = case kind when 'fhir.create' then 'C' when 'fhir.update' then 'U' when 'fhir.delete' then 'D' else 'E' end)
             and (@Id::uuid is null or id = @Id) and (@Before::timestamptz is null or (at, id) < (@Before, @BeforeId))
           order by at desc, id desc limit @Limit)) t
        order by t.at desc, t.id desc
        limit @Limit
        """, new
    {
        tx.Tenant, ask.Patient, ask.From, ask.To, ask.Agent, ask.Entity, ask.Action, ask.Id, ask.Before, ask.BeforeId, Limit = ask.Count + 1, own = Guid.Empty,
    })];

    private static byte[] Bundle(FhirRequest request, TrailAsk ask, List<TrailRow> rows) => FhirJson.Write(w =>
    {
        w.WriteStartObject();
        w.WriteString("resourceType", "Bundle");
        w.WriteString("type", "searchset");
        w.WriteStartArray("link");
        FhirJson.Link(w, "self", $"{request.Base}/AuditEvent{(request.Query.Length > 0 ? "?" + request.Query : "")}");
        if (rows.Count > ask.Count)
        {
            var last = rows[ask.Count - 1];
            var others = string.Join('&', Conditions.Parse(request.Query).Where(q => q.Name != "_cursor").Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"));
            FhirJson.Link(w, "next", $"{request.Base}/AuditEvent?{(others.Length > 0 ? others + "&" : "")}_cursor={last.At.UtcTicks.ToString(CultureInfo.InvariantCulture)}_{last.Id}");
        }
        w.WriteEndArray();
        w.WriteStartArray("entry");
        foreach (var row in rows.Take(ask.Count))
        {
            w.WriteStartObject();
            w.WriteString("fullUrl", $"{request.Base}/AuditEvent/{row.Id}");
            w.WritePropertyName("resource");
            AuditEventFromTrail.Write(w, row);
            w.WriteStartObject("search");
            w.WriteString("mode", "match");
            w.WriteEndObject();
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    });
}
