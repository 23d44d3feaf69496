using System.Text.Json;
using HealthTeams.Collaboration.Handovers;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Handovers;

/// <summary>A handover as Compositions, from the moment its giver signs it: a draft is nobody's record. What came by FHIR stays as sent, and says in the end who accepted it.</summary>
internal sealed class HandoverProjection(ProjectedResources resources, WriteEngine engine) : IProjection
{
    public string Kind => "handover";

    public async Task Project(Tx tx, Guid id)
    {
        if (await HandoverSql.Find(tx, id) is not { OfferedAt: not null } h) return;
        await resources.Save(tx, [.. (await Removed(tx, id)).Select(HandoverToFhir.Removed)]);
        var entries = await HandoverSql.Entries(tx, id);
        // Taken back, it is written again: what was said stays until it is offered once more.
        if (entries.Count == 0 || h.State == "draft") return;
        var named = (await tx.Query<(Guid Entry, string Fhir, string? Patient, string? Replaced)>("""
            select e.id, e.fhir_id,
              (select k.reference from collab.person_key k where k.tenant = e.tenant and k.source = @own and k.person = e.patient and k.reference like 'Patient/%' order by k.reference limit 1),
              (select b.fhir_id from collab.handover_patient b where b.tenant = e.tenant and b.handover = @Replaces and b.patient = e.patient)
            from collab.handover_patient e where e.tenant = @Tenant and e.handover = @id
            """, new { tx.Tenant, id, own = Guid.Empty, h.Replaces })).ToDictionary(n => n.Entry);
        var people = await StaffPractitioner.Of(tx, engine, [h.Giver, .. h.Receiver is { } receiver ? [receiver] : (Guid[])[]]);
        var links = await Links(tx, entries);
        var saved = new List<ProjectedResources.Resource>();
        foreach (var entry in entries)
        {
            var (_, fhir, patient, replaced) = named[entry.Id];
            if (h.Origin is null)
            {
                // A patient who came with an EHR's launch and was never in our FHIR API has no record there to stand in.
                if (patient is not null) saved.Add(HandoverToFhir.Of(h, entry, fhir, patient, people, links[entry.Id], replaced));
            }
            else if (h.State == "accepted" && await ResourceReads.Body(tx, $"Composition/{fhir}", toChange: true) is { } sent) saved.Add(HandoverToFhir.Accepted(h, entry, fhir, sent, people));
        }
        await resources.Save(tx, saved);
    }

    /// <summary>Documents of patients who were taken out after it had been offered.</summary>
    private static Task<IReadOnlyList<string>> Removed(Tx tx, Guid id) => tx.Query<string>("""
        select distinct v.detail from collab.handover_event v join fhir.resource r on r.tenant = v.tenant and r.type = @type and r.id = v.detail and not r.deleted
        where v.tenant = @Tenant and v.handover = @id and v.kind = 'removed' order by v.detail
        """, new { tx.Tenant, id, type = ResourceTypes.Number("Composition") });

    /// <summary>Tasks and Communications that are in our FHIR API: a document refers to nothing that cannot be read.</summary>
    private static async Task<Dictionary<Guid, IReadOnlyList<string>>> Links(Tx tx, IReadOnlyList<HandoverEntry> entries)
    {
        Guid[] Refs(string kind) => [.. entries.SelectMany(e => e.Items).Where(i => i.Kind == kind).Select(i => Guid.Parse(i.Ref)).Distinct()];
        var known = (await tx.Query<(Guid Id, string Reference)>("""
            select t.id, 'Task/' || coalesce(t.fhir_id, t.id::text) from collab.task t
            where t.tenant = @Tenant and t.id = any(@tasks) and exists (select from fhir.resource r where r.tenant = t.tenant and r.type = @task and r.id = coalesce(t.fhir_id, t.id::text) and not r.deleted)
            union all
            select m.id, 'Communication/' || m.communication from collab.message m
            where m.tenant = @Tenant and m.id = any(@messages) and exists (select from fhir.resource r where r.tenant = m.tenant and r.type = @communication and r.id = m.communication and not r.deleted)
            """, new { tx.Tenant, tasks = Refs("task"), messages = Refs("message"), task = ResourceTypes.Number("Task"), communication = ResourceTypes.Number("Communication") })).ToDictionary(k => k.Id.ToString(), k => k.Reference);
        return entries.ToDictionary(e => e.Id, e => (IReadOnlyList<string>)[.. e.Items.Where(i => i.Kind is "task" or "message" && known.ContainsKey(i.Ref)).Select(i => known[i.Ref])]);
    }
}
