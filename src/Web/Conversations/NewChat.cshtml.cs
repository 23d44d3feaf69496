using HealthTeams.Collaboration.Conversations;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Conversations;

/// <summary>Whom to write to, or about which patient.</summary>
public sealed class NewChatPage(ConversationActions actions, TeamViews teams) : StaffPage
{
    public bool InDialog { get; private set; }
    public Problem? Problem { get; private set; }
    public string? Title { get; private set; }
    public Guid? Team { get; private set; }
    public IReadOnlyList<Team> Teams { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(string? part, Guid? channel)
    {
        if (channel is { } c) return await After(await actions.OfChannel(Me, c, Stop));
        InDialog = part == "dialog";
        return await Show();
    }

    public async Task<IActionResult> OnPostAsync(Guid[] person, string? title)
    {
        Title = title;
        return await After(await actions.Start(Me, person, title, Stop));
    }

    public async Task<IActionResult> OnPostPatientAsync(Guid team, Guid patient)
    {
        Team = team;
        return await After(await actions.About(Me, team, patient, Stop));
    }

    private async Task<IActionResult> After(Outcome<Guid> made)
    {
        if (made.Ok) return SeeOther($"/messages/c/{made.Value}");
        if (made.Problem.Status is 404) return Refuse(made.Problem);
        (Problem, Response.StatusCode) = (made.Problem, made.Problem.Status);
        return await Show();
    }

    private async Task<IActionResult> Show()
    {
        Teams = [.. (await teams.Mine(Me, Stop)).Where(t => t.Role != TeamRole.Guest)];
        Response.Headers.CacheControl = "no-cache, no-store";
        return Page();
    }
}
