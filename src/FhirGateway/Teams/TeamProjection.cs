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
        var references = await StaffPractitioner.Of(tx, engine, [.. members.Select(m => m.Person)]);
        await resources.Save(tx, new ProjectedResources.Resource("CareTeam", id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["status"] = w => w.WriteStringValue(archived ? "inactive" : "active"),
            ["name"] = w => w.WriteStringValue(name),
            ["participant"] = members.Count == 0 ? null : w => Participants(w, members, references),
        }));
    }

    private static void Participants(Utf8JsonWriter w, IReadOnlyList<TeamMember> members, Dictionary<Guid, string> references)
    {
        w.WriteStartArray();
        foreach (var member in members)
        {
            w.WriteStartObject();
            w.WriteStartArray("role");
            FhirWrite.Concept(w, null, Roles, member.Role.ToString().ToLowerInvariant());
            w.WriteEndArray();
            FhirWrite.Reference(w, "member", references[member.Person], member.Name);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
