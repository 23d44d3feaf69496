using HealthTeams.Collaboration.Approvals;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Approvals;

/// <summary>http://hl7.org/fhir/R4/bundle.html, type collection: an approval's Task, the Tasks of all who were asked, and the signatures. Who sees the approval is asked before.</summary>
public sealed class ApprovalBundle(Db db)
{
    public Task<byte[]> Of(Caller caller, Guid id, CancellationToken stop) => db.In(caller.Tenant, caller.Actor, async tx =>
    {
        var parent = await tx.Scalar<string>("select coalesce(task, id::text) from collab.approval where tenant = @Tenant and id = @id", new { tx.Tenant, id });
        var requests = await ApprovalReads.Requests(tx, id);
        string[] references = [$"Task/{parent}", .. requests.Select(r => $"Task/{r.Id}"), .. requests.Where(r => r.Signature is not null).Select(r => $"Provenance/{r.Id}")];
        var bodies = await ResourceReads.Bodies(tx, references);
        return FhirJson.Write(w =>
        {
            w.WriteStartObject();
            w.WriteString("resourceType", "Bundle");
            w.WriteString("type", "collection");
            w.WriteString("timestamp", FhirJson.Instant(tx.Now));
            w.WriteStartArray("entry");
            foreach (var reference in references.Where(bodies.ContainsKey))
            {
                w.WriteStartObject();
                w.WritePropertyName("resource");
                FhirJson.Copy(w, bodies[reference], null);
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        });
    }, stop);
}
