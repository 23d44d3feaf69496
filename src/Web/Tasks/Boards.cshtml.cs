using HealthTeams.Collaboration.Tasks;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Tasks;

/// <summary>The boards of my teams, and a new one.</summary>
public sealed class BoardsPage(TaskBoards boards) : TasksBase
{
    public IReadOnlyList<TaskBoard> Boards { get; private set; } = [];
    public IReadOnlyList<Team> Teams { get; private set; } = [];
    public Problem? Wrong { get; private set; }
    public string? Typed { get; private set; }

    public Task<IActionResult> OnGetAsync() => Show();

    public async Task<IActionResult> OnPostAsync(Guid team, string? name, string? buckets)
    {
        var made = await boards.Make(Me, team, name, [.. (buckets ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)], Stop);
        if (made.Ok) return SeeOther($"/tasks/boards/{made.Value}");
        (Wrong, Typed) = (made.Problem, name);
        Response.StatusCode = made.Problem.Status;
        return await Show();
    }

    private async Task<IActionResult> Show()
    {
        Boards = await boards.Mine(Me, Stop);
        Teams = [.. (await boards.MyTeams(Me, Stop)).Where(t => t.Role >= TeamRole.Member)];
        NoStore();
        return Page();
    }
}
