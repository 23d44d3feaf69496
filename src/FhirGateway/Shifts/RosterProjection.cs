using HealthTeams.Collaboration.Shifts;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Shifts;

/// <summary>What changed on a team's shared roster, as Slots and what they hang on, all in one write.</summary>
internal sealed class RosterProjection(ProjectedResources resources, Lazy<StaffPractitioner> staff) : IProjection
{
    public string Kind => "roster";

    public async Task Project(Tx tx, Guid team)
    {
        var news = await RosterNews.Take(tx, team);
        var all = new List<ProjectedResources.Resource>();
        if (news.Changed.Count > 0)
        {
            all.Add(new("HealthcareService", team.ToString(), RosterToFhir.Service(news.Team)));
            all.Add(new("Schedule", team.ToString(), RosterToFhir.Schedule($"HealthcareService/{team}", $"Open shifts of {news.Team}")));
        }
        foreach (var (person, role) in news.Roles)
        {
            var practitioner = await staff.Value.In(tx, person);
            all.Add(new("PractitionerRole", role.ToString(), RosterToFhir.Role(practitioner, team, news.Availability[person], news.Off[person], news.Names)));
            all.Add(new("Schedule", role.ToString(), RosterToFhir.Schedule($"PractitionerRole/{role}", $"Shifts in {news.Team}")));
        }
        all.AddRange(news.Changed.Select(s => new ProjectedResources.Resource("Slot", s.Id.ToString(), RosterToFhir.Slot(s, s.Person is { } p ? news.Roles[p] : team, news.Names))));
        await resources.Save(tx, all);
        foreach (var gone in news.Gone.Except(news.Changed.Select(c => c.Id))) await resources.Delete(tx, "Slot", gone.ToString());
    }
}
