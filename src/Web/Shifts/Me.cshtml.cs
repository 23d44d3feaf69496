using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>SH-10 availability, and the secret address of one's own calendar.</summary>
public sealed class MePage(ShiftStaff staff, MyShifts mine) : StaffPage
{
    public Dictionary<int, (string From, string To)> Times { get; private set; } = [];
    public Problem? Refused { get; private set; }
    public bool Saved { get; private set; }
    public bool HasFeed { get; private set; }
    public string? Feed { get; private set; }

    public async Task<IActionResult> OnGetAsync()
    {
        Times = (await staff.Availability(Me, Stop)).GroupBy(a => (int)a.Day).ToDictionary(d => d.Key, d => (ShiftWords.Minutes(d.Min(a => a.From)), d.Max(a => a.To) == 1440 ? "23:59" : ShiftWords.Minutes(d.Max(a => a.To))));
        return await Show();
    }

    public async Task<IActionResult> OnPostAsync()
    {
        var times = new List<Available>();
        for (var day = 0; day < 7; day++)
        {
            var (from, to) = (Request.Form[$"from-{day}"].ToString(), Request.Form[$"to-{day}"].ToString());
            Times[day] = (from, to);
            if (from.Length == 0 && to.Length == 0) continue;
            // 23:59 and 00:00 both mean: until the day ends.
            var end = ShiftTimes.Minute(to) is { } m ? m is 0 or 1439 ? 1440 : m : -1;
            times.Add(new Available((DayOfWeek)day, ShiftTimes.Minute(from) ?? -1, end, Zone));
        }
        var done = await staff.Availability(Me, times, Stop);
        (Refused, Saved) = (done.Problem, done.Ok);
        if (Refused is { } problem) Response.StatusCode = problem.Status;
        return await Show();
    }

    public async Task<IActionResult> OnPostFeedAsync()
    {
        Feed = $"{Request.Scheme}://{Request.Host}{Request.PathBase}/shifts/feed/{await mine.MakeFeed(Me, Stop)}.ics";
        return await OnGetAsync();
    }

    public async Task<IActionResult> OnPostEndAsync()
    {
        await mine.EndFeed(Me, Stop);
        return SeeOther("/shifts/me");
    }

    private async Task<PageResult> Show()
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        HasFeed = await mine.HasFeed(Me, Stop);
        return Page();
    }
}
