using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Web.Shifts;

namespace HealthTeams.Web.RosterPlans;

/// <summary>One's own wishes; nobody else's are here.</summary>
public sealed class WishesPage(RosterWishes wishes) : StaffPage
{
    public MyWishes Mine { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public string? Day { get; private set; }
    public string Label { get; private set; } = "";
    public bool Wants { get; private set; }
    public int Weight { get; private set; } = 1;
    public Guid Team => Mine.Place.Schedule.Team;

    public async Task<IActionResult> OnGetAsync(Guid team, string? day)
    {
        Day = day;
        return await Load(team) ?? Page();
    }

    public async Task<IActionResult> OnPostAsync(Guid team, string? day, string? label, bool wants, int weight)
    {
        (Day, Label, Wants, Weight) = (day, label ?? "", wants, weight);
        if (ShiftTimes.Day(day) is not { } on) return await Again(team, Problem.Unprocessable("A day is written 2026-11-30.", "day", "time-format"));
        var added = await wishes.Add(Me, team, on, label ?? "", wants, weight, Stop);
        return added.Ok ? SeeOther($"/shifts/{team}/wishes") : await Again(team, added.Problem);
    }

    /// <summary>POST …?handler=back.</summary>
    public async Task<IActionResult> OnPostBackAsync(Guid team, Guid id)
    {
        var done = await wishes.TakeBack(Me, team, id, Stop);
        return done.Ok ? SeeOther($"/shifts/{team}/wishes") : await Again(team, done.Problem);
    }

    private async Task<IActionResult> Again(Guid team, Problem problem)
    {
        if (await Load(team) is { } refused) return refused;
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var mine = await wishes.Mine(Me, team, Stop);
        if (!mine.Ok) return Refuse(mine.Problem);
        Mine = mine.Value;
        return null;
    }
}
