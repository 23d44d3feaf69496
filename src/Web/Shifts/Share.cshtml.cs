using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>SH-20, SH-21: a range of drafts for all to see, or back into drafts.</summary>
public sealed class SharePage(Rosters rosters, ShiftSharing sharing) : StaffPage
{
    public Roster Roster { get; private set; } = null!;
    public Problem? Refused { get; private set; }
    public bool InDialog { get; private set; }
    public string? From { get; private set; }
    public string? To { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid team, string? from, int? days, string? part)
    {
        if (await Load(team, from, days ?? 7) is { } refused) return refused;
        InDialog = part == "dialog";
        (From, To) = ($"{Roster.From:yyyy-MM-dd}", $"{Roster.From.AddDays(Roster.Days - 1):yyyy-MM-dd}");
        return Page();
    }

    public Task<IActionResult> OnPostAsync(Guid team, string? from, string? to, bool notifyTeam) => Do(team, from, to, (start, end) => sharing.Share(Me, team, start, end, notifyTeam, Stop));

    /// <summary>POST …?handler=withdrawal.</summary>
    public Task<IActionResult> OnPostWithdrawalAsync(Guid team, string? from, string? to) => Do(team, from, to, (start, end) => sharing.Withdraw(Me, team, start, end, Stop));

    private async Task<IActionResult> Do(Guid team, string? from, string? to, Func<DateTimeOffset, DateTimeOffset, Task<Outcome<Shared>>> act)
    {
        if (await Load(team, from, 7) is { } refused) return refused;
        (From, To) = (from, to);
        if (ShiftTimes.Day(from) is not { } first || ShiftTimes.Day(to) is not { } last || last < first || last.DayNumber - first.DayNumber > 400) return Again(Problem.Unprocessable("The range has a first and a last day, at most 400 days apart.", "from", "range"));
        var zone = Roster.Place.Schedule.TimeZone;
        var done = await act(CoverRules.At(first, 0, zone), CoverRules.At(last.AddDays(1), 0, zone));
        return done.Ok ? SeeOther($"/shifts/{team}?from={first:yyyy-MM-dd}&days={Math.Clamp(last.DayNumber - first.DayNumber + 1, 7, 28)}") : Again(done.Problem);
    }

    private PageResult Again(Problem problem)
    {
        Refused = problem;
        Response.StatusCode = problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, string? from, int days)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        var roster = await rosters.Read(Me, team, ShiftTimes.Day(from), days, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        Roster = roster.Value;
        return Roster.Place.Manager ? null : Refuse(Problem.Forbidden("Sharing is for the owners of the schedule.", "not-manager"));
    }
}
