using System.Text.Json;
using HealthTeams.Collaboration.Teams;
using HealthTeams.FhirGateway.Access;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Teams;

/// <summary>http://hl7.org/fhir/R4/careteam.html: a team and who is in it now (TC-01, TC-05, TPL-06). Its id is the team's.</summary>
internal sealed class TeamProjection(ProjectedResources resources, WriteEngine engine, TeamDoor door) : IProjection
{
    /// <summary>What a member is in the team: "owner", "member", "guest".</summary>
    public const string Roles = "https://healthteams.example/fhir/CodeSystem/team-role";

    public string Kind => "team";

    public async Task Project(Tx tx, Guid id)
    {
        var (name, archived) = (await tx.Query<(string, bool)>("select name, archived_at is not null from collab.team where tenant = @Tenant and id = @id", new { tx.Tenant, id }))[0];
        var members = await door.Members(tx, id);
        var periods = (await tx.Query<Named>("""
            select c.person, c.role, c.from_at as "From", c.until_at as Until, concat_ws(' ', p.title, p.given, p.family) as Name
            from collab.care_member c join collab.person p on p.tenant = c.tenant and p.id = c.person where c.tenant = @Tenant and c.team = @id
            """, new { tx.Tenant, id })).ToDictionary(p => p.Person);
        // Whose time is to come is named already, with the day it begins.
        var coming = periods.Values.Where(p => p.From > tx.Now && members.All(m => m.Person != p.Person)).OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => new TeamMember(p.Person, p.Name, p.Role)).ToList();
        IReadOnlyList<TeamMember> all = [.. members, .. coming];
        var references = await StaffPractitioner.Of(tx, engine, [.. all.Select(m => m.Person)]);
        // Patients, relatives and organisations in it are the chart's.
        var others = await ResourceReads.Body(tx, $"CareTeam/{id}", toChange: true) is { } stored
            ? FhirJson.Items(stored, "participant").Where(p => FhirJson.Text(p, "member", "reference")?.StartsWith("Practitioner/", StringComparison.Ordinal) != true).ToList() : [];
        await resources.Save(tx, new ProjectedResources.Resource("CareTeam", id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["status"] = w => w.WriteStringValue(archived ? "inactive" : "active"),
            ["name"] = w => w.WriteStringValue(name),
            ["participant"] = all.Count + others.Count == 0 ? null : w => Participants(w, all, references, periods, others),
        }));
    }

    private static void Participants(Utf8JsonWriter w, IReadOnlyList<TeamMember> members, Dictionary<Guid, string> references, Dictionary<Guid, Named> periods, IReadOnlyList<JsonElement> others)
    {
        w.WriteStartArray();
        foreach (var member in members)
        {
            w.WriteStartObject();
            w.WriteStartArray("role");
            FhirWrite.Concept(w, null, Roles, member.Role.ToString().ToLowerInvariant());
            w.WriteEndArray();
            FhirWrite.Reference(w, "member", references[member.Person], member.Name);
            if (periods.TryGetValue(member.Person, out var named) && (named.From ?? named.Until) is not null)
            {
                w.WriteStartObject("period");
                if (named.From is { } from) w.WriteString("start", FhirJson.Instant(from));
                if (named.Until is { } until) w.WriteString("end", FhirJson.Instant(until));
                w.WriteEndObject();
            }
            w.WriteEndObject();
        }
        foreach (var other in others) FhirJson.Copy(w, other, null);
        w.WriteEndArray();
    }

    private sealed record Named
    {
        public Guid Person { get; init; }
        public TeamRole Role { get; init; }
        public string Name { get; init; } = "";
        public DateTimeOffset? From { get; init; }
        public DateTimeOffset? Until { get; init; }
    }
}
