using HealthTeams.Collaboration.Tasks;

namespace HealthTeams.Web.Tasks;

/// <summary>A series: its rule in words, the days that come, stopping it, changing all that follow.</summary>
public sealed class SeriesPage(TaskSeries series) : TasksBase
{
    public SeriesView Shown { get; private set; } = null!;
    public IReadOnlyList<(int Occurrence, DateOnly Day)> Coming { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(Guid seriesId)
    {
        var found = await series.One(Me, seriesId, Stop);
        if (!found.Ok) return Refuse(found.Problem);
        Shown = found.Value;
        if (Shown.StoppedAt is null) Coming = [.. Shown.Rule.Occurrences().Skip(Shown.NextOccurrence - 1).Take(10)];
        NoStore();
        return Page();
    }

    public async Task<IActionResult> OnPostEndAsync(Guid seriesId, int version)
    {
        var done = await series.Stop(Me, seriesId, version, Stop);
        return done.Ok ? SeeOther($"/tasks/series/{seriesId}") : Refuse(done.Problem);
    }
}
