using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Tasks.Publishing;

namespace HealthTeams.Web.Tasks;

/// <summary>One list: written as a draft, published to chosen teams, and how far each of them is.</summary>
public sealed class TaskListPage(TaskPublishing publishing) : TasksBase
{
    public TaskListView Shown { get; private set; } = null!;
    public TaskForm Typed { get; private set; } = new();
    public Problem? Wrong { get; private set; }

    public IReadOnlyList<(string TeamName, int All, int Done, int Late)> ByTeam => [.. Shown.Report.GroupBy(r => (r.Team, r.TeamName)).Select(g => (g.Key.TeamName, g.Sum(r => r.All), g.Sum(r => r.Done), g.Sum(r => r.Late)))];
    public IReadOnlyList<(string Title, int All, int Done, int Late)> ByTask => [.. Shown.Report.GroupBy(r => (r.Item, r.Title)).Select(g => (g.Key.Title, g.Sum(r => r.All), g.Sum(r => r.Done), g.Sum(r => r.Late)))];

    public async Task<IActionResult> OnGetAsync(Guid list, string? part)
    {
        if (await Load(list) is { } refused) return refused;
        return part == "list" ? Partial("_TaskListReport", this) : Page();
    }

    /// <summary>The whole report, a row for each team and task, safe to open in a spreadsheet program.</summary>
    public async Task<IActionResult> OnGetCsvAsync([FromServices] Words words, Guid list)
    {
        if (await Load(list) is { } refused) return refused;
        return File(SheetWriter.Csv([words["Team"], words["Task"], words["Tasks"], words["Done"], words["Late"]],
            Shown.Report.Select(r => (IReadOnlyList<object?>)[r.TeamName, r.Title, (decimal)r.All, (decimal)r.Done, (decimal)r.Late])), SheetWriter.CsvType, "task-list.csv");
    }

    public async Task<IActionResult> OnPostAsync(Guid list, string? act, int version, Guid? item, string? bucketName, bool everyone, [FromForm] Guid[] teams)
    {
        switch (act)
        {
            case "items":
                Typed = TaskForm.Of(Request.Form);
                var said = Typed.Said();
                return await Done(list, said.Ok ? await publishing.AddItem(Me, list, version, said.Value, bucketName, everyone, Stop) : said.Problem);
            case "item-removal": return await Done(list, await publishing.RemoveItem(Me, list, version, item ?? Guid.Empty, Stop));
            case "publication": return await Done(list, await publishing.Publish(Me, list, version, teams, Stop));
            case "withdrawal": return await Done(list, await publishing.Unpublish(Me, list, version, Stop));
            case "copy":
                var copy = await publishing.Duplicate(Me, list, Stop);
                return copy.Ok ? SeeOther($"/tasks/publishing/{copy.Value}") : Refuse(copy.Problem);
            default: return NotFound();
        }
    }

    private async Task<IActionResult> Done(Guid list, Outcome<Guid> done)
    {
        if (done.Ok) return SeeOther($"/tasks/publishing/{list}");
        if (done.Problem.Status is 403 or 404) return Refuse(done.Problem);
        Wrong = done.Problem;
        Response.StatusCode = done.Problem.Status;
        return await Load(list) ?? Page();
    }

    private async Task<IActionResult?> Load(Guid list)
    {
        var found = await publishing.One(Me, list, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Shown = found.Value;
        NoStore();
        return null;
    }
}
