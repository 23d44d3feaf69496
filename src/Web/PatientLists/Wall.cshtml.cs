using HealthTeams.Collaboration.PatientLists;

namespace HealthTeams.Web.PatientLists;

/// <summary>The huddle's screen: no controls, large type, pages that turn by themselves, and how old it is.</summary>
public sealed class WallPage(ListReading reading, ListViews views) : OpenListPage(reading, views)
{
    public async Task<IActionResult> OnGetAsync(string? part)
    {
        if (await Load() is { } problem) return Refuse(problem);
        return part == "grid" ? Partial("_Grid", this) : Page();
    }
}
