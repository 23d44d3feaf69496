using System.Text.Json;
using HealthTeams.Collaboration.Approvals;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.People;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Conversations;

/// <summary>Stored here in the transaction of the action, signed with the installation's key. A patient who was never in our FHIR API has a record at their EHR alone.</summary>
internal sealed class TalkProjection(ProjectedResources resources, WriteEngine engine, DecisionSeal seal) : IProjection
{
    public string Kind => "message-record";

    public async Task Project(Tx tx, Guid id)
    {
        if (await ConversationRecord.Find(tx, id) is not { } talk || await TalkSql.Reference(tx, Guid.Empty, talk.Patient, "Patient") is not { } patient) return;
        var author = (await StaffPractitioner.Of(tx, engine, [talk.By]))[talk.By];
        await resources.Save(tx,
            new ProjectedResources.Resource("DocumentReference", talk.Document, TalkToFhir.Document(talk, patient, author, await TalkSql.Name(tx, talk.By))),
            new ProjectedResources.Resource("Provenance", talk.Document, TalkToFhir.Provenance(talk, author, seal.Seal(TalkToFhir.Statement(talk)))));
    }
}

/// <summary>The same document to every EHR that knows the patient and may be written to; said again it is found there by its identifier.</summary>
internal sealed class TalkWriteBack(Db db, OutboundHttp http, EhrConnections connections, WriteRulesOf rulesOf, EhrHealth health) : IEventConsumer
{
    public const string Consumer = "ehr-documents";
    public static readonly EventRoute Route = new(Consumer, e => e.Kind == "message.recorded", e => e.Subject);

    public string Name => Consumer;

    public async Task<Problem?> Deliver(Event e, CancellationToken stop)
    {
        using var data = JsonDocument.Parse(e.Data);
        var id = data.RootElement.GetProperty("record").GetGuid();
        var rules = await rulesOf(e.Tenant, stop);
        Problem? failed = null;
        foreach (var ehr in (await connections(e.Tenant, null, stop)).Where(c => rules.TryGetValue(c.Id, out var r) && r.Writes).DistinctBy(c => c.Id))
        {
            var (talk, patient, author, name) = await db.In(e.Tenant, Actor.Product, async tx => await ConversationRecord.Find(tx, id) is { } t
                ? (t, await TalkSql.Reference(tx, ehr.Id, t.Patient, "Patient"), await TalkSql.Reference(tx, ehr.Id, t.By, "Practitioner"), await TalkSql.Name(tx, t.By)) : (null, null, null, ""), stop);
            if (talk is null || patient is null) continue;
            var body = FhirJson.Write(w =>
            {
                w.WriteStartObject();
                w.WriteString("resourceType", "DocumentReference");
                foreach (var (element, value) in TalkToFhir.Document(talk, patient, author, name))
                {
                    w.WritePropertyName(element);
                    value!(w);
                }
                w.WriteEndObject();
            });
            var sent = await new EhrClient(http, ehr).Create("DocumentReference", body, $"identifier={Uri.EscapeDataString($"{TalkToFhir.System}|{talk.Id}")}", stop);
            await health.Keep(e.Tenant, ehr.Id, sent.Problem, stop);
            failed = VisitWriteBack.Worst(failed, sent.Problem);
        }
        return failed;
    }
}

internal static class TalkSql
{
    /// <param name="source">An EHR's registration, or zero for our own FHIR API.</param>
    public static Task<string?> Reference(Tx tx, Guid source, Guid person, string type) => tx.Scalar<string>("""
        select reference from collab.person_key where tenant = @Tenant and source = @source and person = @person and reference like @type || '/%' order by reference limit 1
        """, new { tx.Tenant, source, person, type });

    public static async Task<string> Name(Tx tx, Guid person) => (await tx.OneOrNone<Person>("select id, kind, family, given, title from collab.person where tenant = @Tenant and id = @person", new { tx.Tenant, person }))!.Display;
}
