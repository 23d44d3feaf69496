using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>SH-09: the note of one day, for managers to write; it is posted to the roster's page.</summary>
public sealed class NotePage(Rosters rosters) : StaffPage
{
    public Guid Team { get; private set; }
    public DateOnly Day { get; private set; }
    public string Text { get; private set; } = "";
    public string Back { get; private set; } = "";
    public bool InDialog { get; private set; }

    public async Task<IActionResult> OnGetAsync(Guid team, string? day, string? back, string? part)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        if (ShiftTimes.Day(day) is not { } on) return NotFound();
        var roster = await rosters.Read(Me, team, on, 1, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        if (!roster.Value.Place.Manager) return Refuse(Problem.Forbidden("Notes are written by the owners of the schedule.", "not-manager"));
        var note = roster.Value.Notes.Count > 0 ? roster.Value.Notes[0] : null;
        (Team, Day, Text, Back, InDialog) = (team, on, note?.Draft ?? note?.Shared ?? "", RosterPage.Query(back), part == "dialog");
        return Page();
    }
}
