using System.Text.Json;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Lists;

/// <summary>
/// http://hl7.org/fhir/R4/list.html and group.html: a list of a team is a working worklist whose entries are its patients,
/// and the Group of them. Rows that are no patients, and cells, stay the team's. A removed list is deleted.
/// </summary>
internal sealed class ListProjection(ProjectedResources resources) : IProjection
{
    public string Kind => "list";

    public async Task Project(Tx tx, Guid id)
    {
        var (fhir, name, removed) = await tx.OneOrNone<(string, string, bool)>("select fhir_id, name, removed_at is not null from collab.list where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        if (removed)
        {
            await resources.Delete(tx, "List", fhir);
            await resources.Delete(tx, "Group", fhir);
            return;
        }
        var patients = await Patients(tx, id);
        await resources.Save(tx, List(fhir, name, patients), Group(fhir, name, patients));
    }

    public async Task GroupOnly(Tx tx, string fhir)
    {
        if (await tx.OneOrNone<(Guid Id, string Name)?>("select id, name from collab.list where tenant = @Tenant and fhir_id = @fhir", new { tx.Tenant, fhir }) is { } list)
        {
            await resources.Save(tx, Group(fhir, list.Name, await Patients(tx, list.Id)));
        }
    }

    private static Task<IReadOnlyList<(string Reference, DateTimeOffset At)>> Patients(Tx tx, Guid id) => tx.Query<(string, DateTimeOffset)>("""
        select k.reference, r.added_at from collab.list_row r
        cross join lateral (select reference from collab.person_key k where k.tenant = r.tenant and k.person = r.patient and k.source = @own and k.reference like 'Patient/%' order by reference limit 1) k
        where r.tenant = @Tenant and r.list = @id and r.state = 'active' and r.patient is not null
        order by r.added_at, r.id
        """, new { tx.Tenant, id, own = Guid.Empty });

    private static ProjectedResources.Resource List(string id, string name, IReadOnlyList<(string Reference, DateTimeOffset At)> patients) => new("List", id, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["status"] = w => w.WriteStringValue("current"),
        ["mode"] = w => w.WriteStringValue("working"),
        ["title"] = w => w.WriteStringValue(name),
        ["code"] = w => Concept(w, "http://terminology.hl7.org/CodeSystem/list-example-use-codes", "worklist"),
        ["entry"] = patients.Count == 0 ? null : w =>
        {
            w.WriteStartArray();
            foreach (var (reference, at) in patients)
            {
                w.WriteStartObject();
                w.WriteString("date", FhirJson.Instant(at));
                w.WriteStartObject("item");
                w.WriteString("reference", reference);
                w.WriteEndObject();
                w.WriteEndObject();
            }
            w.WriteEndArray();
        },
        ["emptyReason"] = patients.Count > 0 ? null : w => Concept(w, "http://terminology.hl7.org/CodeSystem/list-empty-reason", "nilknown"),
    });

    private static ProjectedResources.Resource Group(string id, string name, IReadOnlyList<(string Reference, DateTimeOffset At)> patients) => new("Group", id, new Dictionary<string, Action<Utf8JsonWriter>?>
    {
        ["active"] = w => w.WriteBooleanValue(true),
        ["type"] = w => w.WriteStringValue("person"),
        ["actual"] = w => w.WriteBooleanValue(true),
        ["name"] = w => w.WriteStringValue(name),
        ["quantity"] = w => w.WriteNumberValue(patients.Count),
        ["member"] = patients.Count == 0 ? null : w =>
        {
            w.WriteStartArray();
            foreach (var (reference, _) in patients)
            {
                w.WriteStartObject();
                w.WriteStartObject("entity");
                w.WriteString("reference", reference);
                w.WriteEndObject();
                w.WriteEndObject();
            }
            w.WriteEndArray();
        },
    });

    private static void Concept(Utf8JsonWriter w, string system, string code)
    {
        w.WriteStartObject();
        w.WriteStartArray("coding");
        w.WriteStartObject();
        w.WriteString("system", system);
        w.WriteString("code", code);
        w.WriteEndObject();
        w.WriteEndArray();
        w.WriteEndObject();
    }
}
