using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>The lists of my teams (LS-01).</summary>
public sealed class ListsPage(TeamLists lists) : StaffPage
{
    public IReadOnlyList<PatientList> All { get; private set; } = [];
    public IReadOnlyList<HealthTeams.Collaboration.Teams.Team> Teams { get; private set; } = [];
    public Guid? Undoable { get; private set; }
    public string? UndoableName { get; private set; }

    public async Task<IActionResult> OnGetAsync(string? part, Guid? undo, string? name)
    {
        All = await lists.Mine(Me, Stop);
        Teams = await lists.Teams(Me, Stop);
        (Undoable, UndoableName) = (undo, name);
        Response.Headers.CacheControl = "no-cache, no-store";
        return part == "list" ? Partial("_Lists", this) : Page();
    }
}
