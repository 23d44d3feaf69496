using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Interactions;

namespace HealthTeams.FhirGateway.Ehr;

/// <summary>
/// The addresses of a visit that may stand in its EHR's appointment (EHR-04). Many read them there: the patient's asks for the
/// birth date and leads to the waiting room only, the clinic's asks to sign in.
/// </summary>
internal sealed class EhrLinks(Db db, VisitDoor visits, VisitLinkToken token, FhirSettings settings)
{
    public async Task<JoinLinks?> Of(int tenant, Visit visit, CancellationToken stop)
    {
        if (visit.Over || visit.Patient is null) return null;
        var secret = token(tenant, visit.Id);
        await db.In(tenant, Actor.Product, tx => visits.KeepEhrLink(tx, visit.Id, secret), stop);
        var home = settings.PublicUrl().AbsoluteUri.TrimEnd('/');
        return new JoinLinks($"{home}/join/{secret}", $"{home}/visits/{visit.Id}/room", visit.StartAt, visit.EndAt ?? visit.StartAt);
    }
}
