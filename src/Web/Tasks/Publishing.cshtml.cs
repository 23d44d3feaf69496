using HealthTeams.Collaboration.Tasks.Publishing;
using HealthTeams.Collaboration.Teams;

namespace HealthTeams.Web.Tasks;

/// <summary>The task lists of my teams that stand above others (TK-09).</summary>
public sealed class PublishingPage(TaskPublishing publishing) : TasksBase
{
    public IReadOnlyList<TaskListRow> Lists { get; private set; } = [];
    public IReadOnlyList<Team> Publishers { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync()
    {
        Lists = await publishing.Mine(Me, Stop);
        Publishers = await publishing.Publishers(Me, Stop);
        NoStore();
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, string? name)
    {
        var made = await publishing.Make(Me, team, name, Stop);
        return made.Ok ? SeeOther($"/tasks/publishing/{made.Value}") : Refuse(made.Problem);
    }
}
