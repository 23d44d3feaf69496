using System.Text.Json;
using HealthTeams.Collaboration.Tasks.Publishing;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>http://hl7.org/fhir/R4/plandefinition.html: a task list that a team publishes (TK-09), an action for each of its tasks.</summary>
internal sealed class TaskListProjection(ProjectedResources resources) : IProjection
{
    public string Kind => "task-list";

    public async Task Project(Tx tx, Guid id)
    {
        if (await TaskPublishing.Find(tx, id) is not { } list) return;
        var items = await TaskPublishing.Items(tx, id);
        await resources.Save(tx, new ProjectedResources.Resource("PlanDefinition", id.ToString(), new Dictionary<string, Action<Utf8JsonWriter>?>
        {
            ["title"] = w => w.WriteStringValue(list.Name),
            ["type"] = w => Concept(w, "http://terminology.hl7.org/CodeSystem/plan-definition-type", "workflow-definition"),
            ["status"] = w => w.WriteStringValue(list.State switch { "published" => "active", "unpublished" => "retired", _ => "draft" }),
            ["publisher"] = w => w.WriteStringValue(list.TeamName),
            ["date"] = list.PublishedAt is { } at ? w => w.WriteStringValue(FhirJson.Instant(at)) : null,
            ["action"] = items.Count == 0 ? null : w => TaskElements.Array(w, items.Select(i => (Action<Utf8JsonWriter>)(x => Action(x, i)))),
        }));
    }

    private static void Action(Utf8JsonWriter w, ListItem item)
    {
        w.WriteStartObject();
        w.WriteString("id", item.Id.ToString());
        w.WriteString("title", item.Title);
        if (item.Notes is not null) w.WriteString("description", item.Notes);
        w.WriteString("priority", TaskFacts.Priority4(item.Priority));
        if (item.DueDay is { } day)
        {
            w.WriteStartObject("timingPeriod");
            w.WriteString("end", TaskProjection.Day(day));
            w.WriteEndObject();
        }
        if (item.Checks.Length > 0)
        {
            w.WritePropertyName("action");
            TaskElements.Array(w, item.Checks.Select(c => (Action<Utf8JsonWriter>)(x =>
            {
                x.WriteStartObject();
                x.WriteString("title", c);
                x.WriteEndObject();
            })));
        }
        w.WriteEndObject();
    }

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
