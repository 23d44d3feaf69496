using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Json;
using HealthTeams.Platform.Outbound;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>A visit that was pushed to our FHIR API and not yet launched: found in the EHR by the appointment's own identifier.</summary>
internal sealed class VisitLookUp(Db db, OutboundHttp http)
{
    public async Task<Outcome<List<VisitKey>>> Find(int tenant, Guid visit, IReadOnlyList<EhrConnection> ehrs, CancellationToken stop)
    {
        var identifiers = await db.In(tenant, Actor.Product, tx => tx.Query<(string System, string Value)>(
            "select system, value from collab.visit_identifier where tenant = @Tenant and visit = @visit", new { tx.Tenant, visit }), stop);
        var found = new List<VisitKey>();
        Problem? failed = null;
        foreach (var ehr in ehrs)
        {
            var answer = await Find(ehr, identifiers, stop);
            if (answer.Ok) found.AddRange(answer.Value);
            else failed = VisitWriteBack.Worst(failed, answer.Problem);
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

    private async Task<Outcome<List<VisitKey>>> Find(EhrConnection ehr, IEnumerable<(string System, string Value)> identifiers, CancellationToken stop)
    {
        var client = new EhrClient(http, ehr);
        var found = new List<VisitKey>();
        foreach (var (system, value) in identifiers)
        {
            foreach (var kind in (string[])["Appointment", "Encounter"])
            {
                var answer = await client.Get($"{kind}?identifier={Uri.EscapeDataString($"{system}|{value}")}", stop);
                if (!answer.Ok && NoSuchSearch(answer.Problem)) continue;
                if (!answer.Ok) return answer.Problem;
                if (Ids(answer.Value, kind, r => Carries(r, system, value)) is not [var only]) continue;
                found.Add(new VisitKey(ehr.Id, kind, only));
                // Some search encounters by identifier and appointments not: the encounter says which appointment it is.
                if (kind == "Encounter" && !found.Exists(k => k.Kind == "Appointment") && AppointmentOf(answer.Value, only) is { } appointment)
                {
                    found.Add(new VisitKey(ehr.Id, "Appointment", appointment));
                }
            }
        }
        return found;
    }

    /// <summary>The EHR does not search by that word; no repetition changes it. A missing right is another thing, and shown.</summary>
    internal static bool NoSuchSearch(Problem problem) => problem is { Code: "ehr-refused", Status: 400 or 404 or 405 or 422 or 501 };

    private static string? AppointmentOf(JsonElement bundle, string encounter) =>
        FhirJson.Items(bundle, "entry").Select(x => x.TryGetProperty("resource", out var r) ? r : default).Where(r => FhirJson.Text(r, "id") == encounter)
            .SelectMany(r => FhirJson.Items(r, "appointment")).Select(a => FhirJson.Text(a, "reference")?.Split('/')).ToList() is [[.., "Appointment", var id]] ? id : null;

    private static bool Carries(JsonElement resource, string system, string value) =>
        FhirJson.Items(resource, "identifier").Any(i => FhirJson.Text(i, "system") == system && FhirJson.Text(i, "value") == value);

    /// <param name="meant">An EHR that passes over a word it does not know answers with everything: only what fits counts.</param>
    internal static List<string> Ids(JsonElement bundle, string type, Func<JsonElement, bool> meant) =>
    [
        .. FhirJson.Items(bundle, "entry").Select(x => x.TryGetProperty("resource", out var r) && FhirJson.Text(r, "resourceType") == type && meant(r) ? FhirJson.Text(r, "id") : null).OfType<string>(),
    ];
}
