using System.Text.Json;
using HealthTeams.Collaboration.Teams;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Teams;

/// <summary>http://hl7.org/fhir/R4/plandefinition.html: a team template, its channels as actions and its roles as participants (TPL-05).</summary>
internal sealed class TemplateProjection(ProjectedResources resources) : IProjection
{
    private const string Base = "https://healthteams.example/fhir/";

    public string Kind => "template";

    public async Task Project(Tx tx, Guid id)
    {
        var (version, withdrawn, at, json) = (await tx.Query<(int, bool, DateTimeOffset, string)>("""
            select t.version, t.withdrawn_at is not null, v.at, v.content::text from collab.team_template t
            join collab.team_template_version v on v.tenant = t.tenant and v.template = t.id and v.version = t.version
            where t.tenant = @Tenant and t.id = @id
            """, new { tx.Tenant, id }))[0];
        var content = TemplateContent.Of(json);
        await resources.Save(tx, new ProjectedResources.Resource("PlanDefinition", id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["url"] = w => w.WriteStringValue($"{Base}PlanDefinition/{id}"),
            ["version"] = w => w.WriteStringValue(version.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ["title"] = w => w.WriteStringValue(content.Name),
            ["type"] = w => FhirWrite.Concept(w, null, "http://terminology.hl7.org/CodeSystem/plan-definition-type", "workflow-definition"),
            ["status"] = w => w.WriteStringValue(withdrawn ? "retired" : "active"),
            ["date"] = w => w.WriteStringValue(FhirJson.Instant(at)),
            ["description"] = content.Description.Length == 0 ? null : w => w.WriteStringValue(content.Description),
            ["useContext"] = content.Apps.Count == 0 ? null : w => Apps(w, content.Apps),
            ["action"] = w => Channels(w, content),
        }));
    }

    private static void Apps(Utf8JsonWriter w, IReadOnlyList<string> apps)
    {
        w.WriteStartArray();
        foreach (var app in apps)
        {
            w.WriteStartObject();
            w.WriteStartObject("code");
            w.WriteString("system", $"{Base}CodeSystem/team-template");
            w.WriteString("code", "app");
            w.WriteEndObject();
            FhirWrite.Concept(w, "valueCodeableConcept", $"{Base}CodeSystem/team-app", app, TeamApps.Name(app));
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Channels(Utf8JsonWriter w, TemplateContent content)
    {
        w.WriteStartArray();
        foreach (var channel in content.Channels)
        {
            w.WriteStartObject();
            w.WriteString("title", channel.Name);
            if (channel.Description is { Length: > 0 } description) w.WriteString("description", description);
            w.WriteStartArray("code");
            FhirWrite.Concept(w, null, $"{Base}CodeSystem/team-template", channel.Favourite ? "favourite-channel" : "channel");
            w.WriteEndArray();
            if (content.Roles.Count > 0)
            {
                w.WriteStartArray("participant");
                foreach (var role in content.Roles)
                {
                    w.WriteStartObject();
                    w.WriteString("type", "practitioner");
                    FhirWrite.Concept(w, "role", TeamProjection.Roles, role.Becomes.ToString().ToLowerInvariant(), text: role.Role == "*" ? "everybody else" : role.Role);
                    w.WriteEndObject();
                }
                w.WriteEndArray();
            }
            if (channel.Tabs.Count > 0)
            {
                w.WriteStartArray("action");
                foreach (var tab in channel.Tabs)
                {
                    w.WriteStartObject();
                    w.WriteString("title", tab.Name);
                    w.WriteStartArray("code");
                    FhirWrite.Concept(w, null, $"{Base}CodeSystem/team-app", tab.App, TeamApps.Name(tab.App));
                    w.WriteEndArray();
                    w.WriteEndObject();
                }
                w.WriteEndArray();
            }
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
