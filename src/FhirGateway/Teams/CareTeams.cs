using System.Text.Json;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Compartments;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.People;
using HealthTeams.FhirGateway.Storage;
using HealthTeams.Platform.Audit;

namespace HealthTeams.FhirGateway.Teams;

/// <summary>A patient's care team in the record, to fill a team from (TPL-06).</summary>
/// <param name="People">Known members of staff with the words of their role there.</param>
public sealed record CareTeamChoice(string Id, string Name, IReadOnlyList<(Guid Person, string Name, IReadOnlyList<string> Roles)> People);

/// <summary>http://hl7.org/fhir/R4/careteam.html, read for the pages that make teams.</summary>
public sealed class CareTeams(Db db, VisitDoor door, AccessLog audit)
{
    /// <summary>The active care teams of a patient, with those of their participants whom the product knows as staff.</summary>
    public async Task<IReadOnlyList<CareTeamChoice>> Of(Caller caller, Guid patient, CancellationToken stop)
    {
        var found = await db.In(caller.Tenant, caller.Actor, async tx =>
        {
            var bodies = await tx.Query<byte[]>("""
                select r.body from collab.person_key k
                join fhir.reference x on x.tenant = k.tenant and x.param = any(@subject) and x.target_type = @patientType and x.target_id = substr(k.reference, 9)
                join fhir.resource r on r.tenant = x.tenant and r.rid = x.rid and not r.deleted
                where k.tenant = @Tenant and k.source = @own and k.person = @patient and k.reference like 'Patient/%'
                group by r.body, r.updated order by r.updated desc limit 20
                """, new { tx.Tenant, own = Guid.Empty, patient, patientType = ResourceTypes.Number("Patient"), subject = Compartment.Numbers("Patient", ["CareTeam"]) });
            var teams = new List<CareTeamChoice>();
            foreach (var body in bodies)
            {
                using var team = JsonDocument.Parse(body);
                if (FhirJson.Text(team.RootElement, "status") is null or "active") teams.Add(await Choice(tx, team.RootElement));
            }
            return teams;
        }, stop);
        await audit.Record(new(caller.Tenant, db.Clock.GetUtcNow(), caller.Actor, "read", "CareTeam", $"person/{patient}", 200), stop);
        return found;
    }

    private async Task<CareTeamChoice> Choice(Tx tx, JsonElement team)
    {
        var participants = FhirJson.Items(team, "participant").Select(p => (Reference: FhirJson.Text(p, "member", "reference"), Roles: Roles(p)))
            .Where(p => p.Reference?.StartsWith("Practitioner/", StringComparison.Ordinal) == true).ToList();
        // Nobody is a person of the product before something refers to them: this does.
        var known = await ResourceReads.Bodies(tx, participants.Select(p => p.Reference!).Distinct());
        var people = await door.People(tx, [.. known.Select(k => PersonFromFhir.Map(PersonKind.Staff, Guid.Empty, k.Key, k.Value, null))]);
        var byReference = known.Keys.Zip(people).ToDictionary(x => x.First, x => x.Second, StringComparer.Ordinal);
        return new CareTeamChoice(FhirJson.Text(team, "id")!, FhirJson.Text(team, "name") ?? "CareTeam",
        [
            .. participants.Where(p => byReference.ContainsKey(p.Reference!)).GroupBy(p => byReference[p.Reference!].Id)
                .Select(g => (g.Key, byReference[g.First().Reference!].Display, (IReadOnlyList<string>)[.. g.SelectMany(p => p.Roles).Distinct()])),
        ]);
    }

    /// <summary>Codes, displays and text alike: templates name roles by a word.</summary>
    private static IEnumerable<string> Roles(JsonElement participant) => FhirJson.Items(participant, "role")
        .SelectMany(r => FhirJson.Items(r, "coding").SelectMany(c => new[] { FhirJson.Text(c, "code"), FhirJson.Text(c, "display") }).Append(FhirJson.Text(r, "text"))).OfType<string>();
}
