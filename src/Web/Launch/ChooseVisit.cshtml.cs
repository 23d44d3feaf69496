namespace HealthTeams.Web.Launch;

/// <summary>The launch found several visits: the person says which. The launch's own cookie guards this page.</summary>
[AllowAnonymous]
public sealed class ChooseVisitPage(Launches launches, Ending ending, TimeProvider time) : PageModel
{
    public LaunchChoice Choice { get; private set; } = new([], null, "UTC", false);

    public async Task<IActionResult> OnGetAsync(string id)
    {
        var choice = await launches.Choices(id, HttpContext, HttpContext.RequestAborted);
        if (!choice.Ok) return await Lost(choice.Problem);
        Choice = choice.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string id, int? index)
    {
        var chosen = await launches.Choose(id, index, HttpContext, HttpContext.RequestAborted);
        return chosen.Ok ? Answers.SeeOther(Response, chosen.Value.Room) : await Lost(chosen.Problem);
    }

    public string When(Words words, LaunchOption choice) => choice.Start is { } start ? words.Moment(start, Choice.Zone, time.GetUtcNow()) : words["no time"];

    private async Task<IActionResult> Lost(Problem problem) =>
        Answers.SeeOther(Response, await ending.Of(problem, new LaunchTrace(), null, HttpContext.RequestAborted));
}
