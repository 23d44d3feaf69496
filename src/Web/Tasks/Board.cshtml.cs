using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Tasks;

/// <summary>One column of a board.</summary>
/// <param name="Takes">Whether tasks can be put here.</param>
public sealed record BoardColumn(string Key, string Title, bool Takes, IReadOnlyList<CareTask> Tasks);

/// <summary>A team's board by bucket, by person or by progress, or its calendar: views of the same set (TK-07).</summary>
public sealed class BoardPage(TaskViews views, TaskBoards boards) : TasksBase
{
    [BindProperty(SupportsGet = true)] public string Group { get; set; } = "bucket";
    [BindProperty(SupportsGet = true)] public string? View { get; set; }
    [BindProperty(SupportsGet = true)] public string? Q { get; set; }
    [BindProperty(SupportsGet = true)] public string? Who { get; set; }
    [BindProperty(SupportsGet = true)] public string? Label { get; set; }
    [BindProperty(SupportsGet = true)] public short? Priority { get; set; }
    [BindProperty(SupportsGet = true)] public string? Due { get; set; }
    [BindProperty(SupportsGet = true)] public string? Done { get; set; }
    [BindProperty(SupportsGet = true)] public string? On { get; set; }
    [BindProperty(SupportsGet = true)] public string? Span { get; set; }

    public BoardView Shown { get; private set; } = null!;
    public IReadOnlyList<BoardColumn> Columns { get; private set; } = [];
    public TaskCalendar? Calendar { get; private set; }
    public bool MayChange => Shown.Role >= TeamRole.Member && !Shown.Archived;
    public bool Filtered => Q is not null || Who is not null || Label is not null || Priority is not null || Due is not null;

    public async Task<IActionResult> OnGetAsync([FromServices] Words words, Guid id, string? part, Guid? undo)
    {
        if (Group is not ("bucket" or "assignee" or "progress")) return NotFound();
        var span = View == "calendar" ? TaskSpan.Of(On, Span == "week", Today) : null;
        var found = await views.Board(Me, id, new TaskFilter
        {
            Search = Q, Assignee = Who == "me" ? Me.Person : Guid.TryParse(Who, out var person) ? person : null, Nobody = Who == "nobody", Label = Label, Priority = Priority, Late = Due == "late",
            Done = Done == "1" || Group == "progress", From = span?.From, To = span?.To,
        }, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Shown = found.Value;
        NoStore();
        if (span is not null) Calendar = new TaskCalendar(span, Today, Shown.Tasks, With(("view", "calendar"), ("on", null), ("span", null)));
        else Columns = [.. Split(words)];
        if (part == "list") return Partial("_Board", this);
        await OfferUndo(undo);
        return Page();
    }

    private IEnumerable<BoardColumn> Split(Words words)
    {
        var tasks = Shown.Tasks;
        switch (Group)
        {
            case "assignee":
                yield return new("nobody", words["Nobody"], true, [.. tasks.Where(t => t.Assignees.Length == 0)]);
                foreach (var p in Shown.People) yield return new($"{p.Id}", p.Name, true, [.. tasks.Where(t => t.Assignees.Contains(p.Id))]);
                break;
            case "progress":
                foreach (var p in TaskWords.Choices) yield return new($"{p}", TaskWords.Say(words, p), true, [.. tasks.Where(t => t.Progress == p)]);
                if (tasks.Any(t => t.Progress == Progress.AwaitingApproval)) yield return new("AwaitingApproval", words["Awaiting approval"], false, [.. tasks.Where(t => t.Progress == Progress.AwaitingApproval)]);
                yield return new("Completed", words["Done"], true, [.. tasks.Where(t => t.Progress == Progress.Completed).OrderByDescending(t => t.UpdatedAt)]);
                break;
            default:
                foreach (var b in Shown.Buckets) yield return new($"{b.Id}", b.Name, true, [.. tasks.Where(t => t.Bucket == b.Id && t.Open)]);
                var loose = tasks.Where(t => t.Bucket is null && t.Open).ToList();
                if (loose.Count > 0 || Shown.Buckets.Count == 0) yield return new("none", words["No bucket"], true, loose);
                if (Done == "1") yield return new("done", words["Done"], false, [.. tasks.Where(t => !t.Open).OrderByDescending(t => t.UpdatedAt)]);
                break;
        }
    }

    /// <summary>The menu's and the keyboard's twin of a drag.</summary>
    public string MoveTo(CareTask task, BoardColumn column) => Act(task, Verb(column), Into(column));

    /// <summary>The same for a script, which knows the task and its version.</summary>
    public string Move(BoardColumn column) => $"{Verb(column)}?{Into(column).TrimStart('&')}";

    private string Verb(BoardColumn column) => Group switch { "assignee" => "assignment", "progress" => column.Key == "Completed" ? "completion" : "progress", _ => "place" };

    private string Into(BoardColumn column) => Group switch
    {
        "assignee" => column.Key == "nobody" ? "&to=" : $"&to={column.Key}",
        "progress" => $"&progress={column.Key}",
        _ => column.Key == "none" ? "&bucket=" : $"&bucket={column.Key}",
    };

    /// <summary>The same board with some things changed; null takes one out.</summary>
    public string With(params (string Name, string? Value)[] changed)
    {
        var query = new Microsoft.AspNetCore.Http.Extensions.QueryBuilder();
        foreach (var (name, value) in new[] { ("group", Group == "bucket" ? null : Group), ("view", View), ("q", Q), ("who", Who), ("label", Label), ("priority", Priority?.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("due", Due), ("done", Done), ("on", On), ("span", Span) })
        {
            var said = changed.Any(c => c.Name == name) ? changed.First(c => c.Name == name).Value : value;
            if (!string.IsNullOrEmpty(said)) query.Add(name, said);
        }
        return $"/tasks/boards/{RouteData.Values["id"]}{query.ToQueryString()}";
    }

    public async Task<IActionResult> OnPostBucketAsync(Guid id, string? name) => Back(id, await boards.AddBucket(Me, id, name, Stop));
    public async Task<IActionResult> OnPostBucketNameAsync(Guid id, Guid bucket, string? name) => Back(id, await boards.RenameBucket(Me, id, bucket, name, Stop));
    public async Task<IActionResult> OnPostBucketRemovalAsync(Guid id, Guid bucket) => Back(id, await boards.RemoveBucket(Me, id, bucket, Stop));
    public async Task<IActionResult> OnPostNameAsync(Guid id, int version, string? name) => Back(id, await boards.Rename(Me, id, version, name, Stop));

    private IActionResult Back(Guid id, Outcome<Guid> done) => done.Ok ? SeeOther($"/tasks/boards/{id}") : Refuse(done.Problem);
}
