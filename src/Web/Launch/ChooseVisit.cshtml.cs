namespace HealthTeams.Web.Launch;

/// <summary>The launch found several visits: the person says which. The launch's own cookie guards this page.</summary>
[AllowAnonymous]
public sealed class ChooseVisitPage(Launches launches) : PageModel
{
    public IReadOnlyList<LaunchOption> Choices { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(string id)
    {
        var choices = await launches.Choices(id, HttpContext, HttpContext.RequestAborted);
        if (!choices.Ok) return Lost(choices.Problem);
        Choices = choices.Value;
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string id, int index)
    {
        var chosen = await launches.Choose(id, index, HttpContext, HttpContext.RequestAborted);
        return chosen.Ok ? Answers.SeeOther(Response, chosen.Value.Room) : Lost(chosen.Problem);
    }

    public string When(Words words, LaunchOption choice) => choice.Start is { } start
        ? $"{words.Day(DateOnly.FromDateTime(start.DateTime))} {start:HH:mm}"
        : words["no time"];

    private IActionResult Lost(Problem problem) => Answers.SeeOther(Response, $"/launch/error?code={problem.Code}");
}
