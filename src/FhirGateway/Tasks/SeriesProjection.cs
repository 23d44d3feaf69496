using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>http://hl7.org/fhir/R4/activitydefinition.html: a recurring task of a team (TK-05); its occurrences are Tasks of one groupIdentifier. What came by FHIR keeps its words.</summary>
internal sealed class SeriesProjection(ProjectedResources resources) : IProjection
{
    /// <summary>On whose board its occurrences are.</summary>
    public const string Team = "https://healthteams.example/fhir/StructureDefinition/series-team";

    public string Kind => "task-series";

    public async Task Project(Tx tx, Guid id)
    {
        if (await SeriesDoor.Find(tx, id) is not { Team: { } team } series) return;
        var elements = new Dictionary<string, Action<Utf8JsonWriter>?> { ["status"] = w => w.WriteStringValue(series.StoppedAt is null ? "active" : "retired") };
        if (series.FhirId is null)
        {
            var said = series.Said;
            elements["extension"] = w =>
            {
                w.WriteStartArray();
                w.WriteStartObject();
                w.WriteString("url", Team);
                FhirWrite.Reference(w, "valueReference", $"CareTeam/{team}");
                w.WriteEndObject();
                w.WriteEndArray();
            };
            elements["title"] = w => w.WriteStringValue(said.Title);
            elements["description"] = said.Notes is null ? null : w => w.WriteStringValue(said.Notes);
            elements["kind"] = w => w.WriteStringValue("Task");
            elements["priority"] = w => w.WriteStringValue(TaskFacts.Priority4(said.Priority));
            elements["timingTiming"] = w => RuleAsTiming.Timing(series.Rule, series.DueMinute).WriteTo(w);
        }
        await resources.Save(tx, new ProjectedResources.Resource("ActivityDefinition", series.FhirId ?? id.ToString(), elements));
    }
}
