using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>Writing a task down, or changing one; nothing typed is lost by a mistake or by somebody else's change.</summary>
public sealed class NewTaskPage(TaskViews views, TaskChanges changes, TaskSeries series, TaskBoards boards) : TasksBase
{
    public TaskForm Typed { get; private set; } = new();
    public CareTask? Old { get; private set; }
    public SeriesView? Serial { get; private set; }
    public int Version { get; private set; }
    public Problem? Wrong { get; private set; }
    public BoardView? Board { get; private set; }
    public IReadOnlyList<TaskBoard> Boards { get; private set; } = [];
    public IReadOnlyList<(Guid Id, string Name)> Chains { get; private set; } = [];
    public string? PatientName { get; private set; }
    public string Action { get; private set; } = "/tasks/new";

    public async Task<IActionResult> OnGetAsync(Guid? id, Guid? seriesId, Guid? board, Guid? bucket, Guid? patient, Guid? visit, Guid? message, string? title)
    {
        if (seriesId is { } s) return await OfSeries(s);
        if (id is { } known) return await OfTask(known);
        Typed = new TaskForm { Board = board, Bucket = bucket, Patient = patient, Visit = visit, Message = message, Title = title ?? "" };
        return await Show();
    }

    public async Task<IActionResult> OnPostAsync(Guid? id, Guid? seriesId, int version, string? back)
    {
        Typed = TaskForm.Of(Request.Form);
        Version = version;
        Action = Request.Path;
        if (seriesId is { } s)
        {
            if (await OfSeries(s, keep: true) is { } gone) return gone;
            Version = version;
            var said = Typed.Series();
            var followed = said.Ok ? await series.Follow(Me, s, version, said.Value, Stop) : said.Problem;
            return followed.Ok ? SeeOther($"/tasks/series/{followed.Value}") : await Again(followed.Problem);
        }
        if (id is { } known)
        {
            var said = Typed.Said();
            var edited = said.Ok ? await changes.Edit(Me, known, version, said.Value, Stop) : said.Problem;
            if (edited.Ok) return SeeOther($"/tasks/{known}");
            if (await OfTask(known, keep: true) is { } gone) return gone;
            // What is typed is to be saved over what is there now, once it was seen.
            Version = edited.Problem.Code == "task-stale" ? Old!.Version : version;
            return await Again(edited.Problem);
        }
        if (Typed.Repeats)
        {
            var said = Typed.Series();
            var started = said.Ok ? await series.Start(Me, said.Value, Stop) : said.Problem;
            return started.Ok ? SeeOther($"/tasks/series/{started.Value}") : await Again(started.Problem);
        }
        var one = Typed.Said();
        var made = one.Ok ? await changes.Add(Me, one.Value, Stop) : one.Problem;
        return made.Ok ? SeeOther(TaskPage.Safe(back) ?? $"/tasks/{made.Value.Id}") : await Again(made.Problem);
    }

    private async Task<IActionResult> OfTask(Guid id, bool keep = false)
    {
        var found = await views.One(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        if (!found.Value.MayChange) return Refuse(Problem.Forbidden("Members of the team change its tasks; you can work on it and comment.", "team-role"));
        Old = found.Value.Task;
        Action = $"/tasks/{id}/edit";
        if (keep) return null!;
        (Typed, Version, PatientName) = (TaskForm.Of(Old), Old.Version, Old.Facts?.Name);
        return await Show();
    }

    private async Task<IActionResult> OfSeries(Guid id, bool keep = false)
    {
        var found = await series.One(Me, id, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Serial = found.Value;
        Action = $"/tasks/series/{id}/edit";
        if (keep) return null!;
        (Typed, Version) = (TaskForm.Of(Serial), Serial.Version);
        return await Show();
    }

    private Task<IActionResult> Again(Problem wrong)
    {
        Wrong = wrong;
        Response.StatusCode = wrong.Status;
        return Show();
    }

    private async Task<IActionResult> Show()
    {
        NoStore();
        Boards = [.. (await boards.Mine(Me, Stop)).Where(b => !b.Published)];
        if ((Old?.Board ?? Serial?.Board ?? Typed.Board) is { } of)
        {
            var board = await views.Board(Me, of, null, Stop);
            if (!board.Ok) return Refuse(board.Problem);
            Board = board.Value;
            Chains = await views.Chains(Me, of, Stop);
        }
        if (PatientName is null && Typed.Patient is { } patient) PatientName = await views.PatientName(Me, patient, Stop);
        return Page();
    }
}
