using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.FhirGateway.Json;
using HealthTeams.FhirGateway.Search;
using HealthTeams.FhirGateway.Storage;

namespace HealthTeams.FhirGateway.Tasks;

/// <summary>
/// http://hl7.org/fhir/R4/activitydefinition.html: an active one of kind Task with a timing and a team of ours is a series of
/// tasks on that team's board. It follows its rule to its end: retired or deleted it stops, another rule is another series.
/// </summary>
internal sealed class SeriesSlice(SeriesDoor door) : IResourceSlice
{
    private static readonly string[] Kept = ["title", "name", "description", "priority", "timingTiming", "extension", "kind"];

    public string Type => "ActivityDefinition";
    public int Order => 4;

    public async Task<Problem?> Apply(Tx tx, IReadOnlyList<Written> written, ReadReferences read)
    {
        foreach (var one in written)
        {
            if (await One(tx, one) is { } refused) return refused;
        }
        return null;
    }

    private async Task<Problem?> One(Tx tx, Written one)
    {
        if (await SeriesDoor.Known(tx, one.Id) is { } known)
        {
            if (one.Resource is not { } next) return await door.End(tx, known, gone: true);
            if (Changed(next, one.Before)) return Problem.Unprocessable("A series follows its rule to its end: retire this one, and send another.", "ActivityDefinition", "business-rule");
            var status = FhirJson.Text(next, "status");
            if (status == "active") return known.StoppedAt is null ? null : Problem.Unprocessable("This series has ended: send another.", "ActivityDefinition.status", "business-rule");
            return await door.End(tx, known);
        }
        if (one.Resource is not { } definition || FhirJson.Text(definition, "status") != "active" || FhirJson.Text(definition, "kind") is not (null or "Task")) return null;
        if (Team(definition) is not { } named || !definition.TryGetProperty("timingTiming", out var timing)) return null;
        if (!await tx.Scalar<bool>("select exists (select from collab.team where tenant = @Tenant and id = @named)", new { tx.Tenant, named })) return Problem.Unprocessable("There is no such team here.", "ActivityDefinition.extension", "not-found");
        var rule = RuleAsTiming.Read(timing, TaskTime.Day(tx.Now, await door.Zone(tx)));
        if (!rule.Ok) return rule.Problem;
        var (title, description) = (FhirJson.Text(definition, "title") ?? FhirJson.Text(definition, "name"), FhirJson.Text(definition, "description"));
        var said = new TaskSaid { Title = title ?? description ?? "Task", Notes = title is null ? null : description, Priority = TaskFacts.PriorityOf(FhirJson.Text(definition, "priority")) };
        return await door.Begin(tx, one.Id, named, new SeriesSaid(rule.Value.Rule, rule.Value.Minute, 1, false, said)) is { } refused ? refused with { Where = "ActivityDefinition", Code = refused.Status == 422 ? "business-rule" : refused.Code } : null;
    }

    private static Guid? Team(JsonElement definition) => FhirJson.Items(definition, "extension").Where(e => FhirJson.Text(e, "url") == SeriesProjection.Team)
        .Select(e => FhirJson.Text(e, "valueReference", "reference")).OfType<string>().Select(r => Reference.Split(r)).Where(r => r.Type == "CareTeam" && Guid.TryParse(r.Id, out _)).Select(r => (Guid?)Guid.Parse(r.Id!)).FirstOrDefault();

    private static bool Changed(JsonElement next, byte[]? before)
    {
        if (before is null) return false;
        using var last = JsonDocument.Parse(before);
        return Kept.Any(name => (next.TryGetProperty(name, out var now) ? now.GetRawText() : null) != (last.RootElement.TryGetProperty(name, out var was) ? was.GetRawText() : null));
    }
}
