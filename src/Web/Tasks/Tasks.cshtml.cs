using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>My day, my tasks and my calendar (TK-07): three views of what is mine and what is assigned to me.</summary>
public sealed class TasksPage(TaskViews views) : TasksBase
{
    [BindProperty(SupportsGet = true)] public string? View { get; set; }
    [BindProperty(SupportsGet = true)] public string? Q { get; set; }
    [BindProperty(SupportsGet = true)] public string? Done { get; set; }
    [BindProperty(SupportsGet = true)] public string? On { get; set; }
    [BindProperty(SupportsGet = true)] public string? Span { get; set; }

    public IReadOnlyList<(string Key, string Title, IReadOnlyList<CareTask> Tasks)> Groups { get; private set; } = [];
    public TaskCalendar? Calendar { get; private set; }
    public int Open { get; private set; }
    public int Late { get; private set; }
    public bool WithDone => Done == "1";

    public async Task<IActionResult> OnGetAsync([FromServices] Words words, string? part, Guid? undo)
    {
        if (View is not (null or "mine" or "calendar")) return NotFound();
        NoStore();
        var span = View == "calendar" ? TaskSpan.Of(On, Span == "week", Today) : null;
        var tasks = await views.Mine(Me, new TaskFilter { Search = Q, Done = WithDone, From = span?.From, To = span?.To }, Stop);
        if (span is not null) Calendar = new TaskCalendar(span, Today, tasks, "/tasks?view=calendar");
        else Groups = [.. (View == "mine" ? All(words, tasks) : Day(words, tasks)).Where(g => g.Tasks.Count > 0)];
        // The heading counts what the page shows.
        var shown = Calendar is null ? Groups.SelectMany(g => g.Tasks).ToList() : tasks;
        (Open, Late) = (shown.Count(t => t.Open), shown.Count(t => t.Late(Now)));
        if (part == "list") return Partial("_MyTasks", this);
        await OfferUndo(undo);
        return Page();
    }

    /// <summary>What today asks of me: late, due, begun, waiting for my yes, and what I put there myself.</summary>
    private IEnumerable<(string Key, string Title, IReadOnlyList<CareTask> Tasks)> Day(Words words, IReadOnlyList<CareTask> tasks)
    {
        var open = tasks.Where(t => t.Open).ToList();
        IReadOnlyList<CareTask> Take(Func<CareTask, bool> which)
        {
            var taken = open.Where(which).OrderBy(t => t.DueAt ?? DateTimeOffset.MaxValue).ThenBy(t => t.Priority).ToList();
            open.RemoveAll(taken.Contains);
            return taken;
        }
        yield return ("approve", words["Waiting for your approval"], Take(t => t.Progress == Progress.AwaitingApproval && t.Approver == Me.Person));
        yield return ("late", words["Late"], Take(t => t.Late(Now)));
        yield return ("today", words["Today"], Take(t => t.DueDay == Today));
        yield return ("mine", words["Put in my day"], Take(t => t.InMyDay));
        yield return ("begun", words["In progress"], Take(t => t.Progress == Progress.InProgress || (t.StartDay <= Today && t.Progress == Progress.NotStarted)));
        yield return ("done", words["Done"], [.. tasks.Where(t => !t.Open)]);
    }

    private IEnumerable<(string Key, string Title, IReadOnlyList<CareTask> Tasks)> All(Words words, IReadOnlyList<CareTask> tasks)
    {
        var open = tasks.Where(t => t.Open).OrderBy(t => t.DueAt ?? DateTimeOffset.MaxValue).ThenBy(t => t.Priority).ToList();
        var week = Today.AddDays(7);
        yield return ("late", words["Late"], [.. open.Where(t => t.Late(Now))]);
        yield return ("today", words["Today"], [.. open.Where(t => !t.Late(Now) && t.DueDay <= Today)]);
        yield return ("week", words["Next seven days"], [.. open.Where(t => t.DueDay > Today && t.DueDay <= week)]);
        yield return ("later", words["Later"], [.. open.Where(t => t.DueDay > week)]);
        yield return ("undated", words["Without a date"], [.. open.Where(t => t.DueDay is null)]);
        yield return ("done", words["Done"], [.. tasks.Where(t => !t.Open).OrderByDescending(t => t.UpdatedAt)]);
    }

    /// <summary>The same page with one thing changed.</summary>
    public string With(string? view, bool? done = null) => "/tasks" + new Microsoft.AspNetCore.Http.Extensions.QueryBuilder(
        new (string, string?)[] { ("view", view), ("q", Q), ("done", (done ?? WithDone) ? "1" : null) }.Where(p => !string.IsNullOrEmpty(p.Item2)).Select(p => KeyValuePair.Create(p.Item1, p.Item2!)));
}
