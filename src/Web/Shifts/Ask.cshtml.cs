using HealthTeams.Collaboration.Shifts;

namespace HealthTeams.Web.Shifts;

/// <summary>Asking for a swap, offering a shift, asking for time off.</summary>
public sealed class AskPage(Rosters rosters, ShiftRequests requests, Workforce workforce) : StaffPage
{
    public const int Window = 28;

    public Roster Roster { get; private set; } = null!;
    public string Kind { get; private set; } = "swap";
    public ShiftItem? Shift { get; private set; }
    public IReadOnlyList<ShiftItem> Others { get; private set; } = [];
    public IReadOnlyList<TimeOffReason> Reasons { get; private set; } = [];
    public Problem? Refused { get; private set; }
    public ShiftAsk? Asked { get; private set; }
    public (string? Date, string? Start, string? EndDate, string? End) Typed { get; private set; }
    public string RosterZone => Roster.Place.Schedule.Zone;
    public IEnumerable<RosterPerson> Colleagues => Roster.People.Where(p => p.Id != Me.Person);

    public async Task<IActionResult> OnGetAsync(Guid team, string? kind, Guid? shift) => await Load(team, kind, shift) ?? Page();

    public async Task<IActionResult> OnPostAsync(Guid team, string? kind, Guid? shift, Guid? other, Guid? recipient, Guid? reason, string? date, string? start, string? endDate, string? end, string? message)
    {
        if (await Load(team, kind, shift) is { } refused) return refused;
        Typed = (date, start, endDate, end);
        var span = ShiftTimes.Span(date, start, endDate, end, Roster.Place.Schedule.TimeZone);
        Asked = new ShiftAsk(Kind, shift, Kind == "swap" ? other : null, Kind == "offer" ? recipient : null, team, span?.From, span?.To, reason, message ?? "");
        var asked = await requests.Ask(Me, Asked, Stop);
        if (asked.Ok) return SeeOther("/shifts");
        Refused = asked.Problem;
        Response.StatusCode = asked.Problem.Status;
        return Page();
    }

    private async Task<IActionResult?> Load(Guid team, string? kind, Guid? shift)
    {
        Response.Headers.CacheControl = "no-cache, no-store";
        if (kind is not ("swap" or "offer" or "off")) return NotFound();
        Kind = kind;
        var today = HospitalTime.Day(Now, Zone);
        var roster = await rosters.Read(Me, team, today, kind == "swap" ? Rosters.MostDays : 1, Stop);
        if (!roster.Ok) return Refuse(roster.Problem);
        Roster = roster.Value;
        if (kind == "off")
        {
            var usable = await workforce.Eligible(Me.Tenant, team, "timeOffReason", Guid.Empty, [.. Roster.Reasons.Select(r => r.Id)], Stop);
            Reasons = [.. Roster.Reasons.Where(r => r.Active && usable.Contains(r.Id))];
            return null;
        }
        var mine = await rosters.Item(Me, team, shift ?? Guid.Empty, Stop);
        if (!mine.Ok) return Refuse(mine.Problem);
        Shift = mine.Value;
        if (kind == "offer")
        {
            var free = (await workforce.Eligible(Me.Tenant, team, "offerShiftRequest", Shift.Id, [Shift.Id], Stop)).Contains(Shift.Id);
            return free ? null : Refuse(Problem.Unprocessable("The workforce system does not let this shift change hands.", null, "workforce-veto"));
        }
        var all = Roster.Items.Where(i => i is { Kind: "shift", Draft: false } && i.Person != Me.Person && i.StartsAt > Now && Math.Abs((i.StartsAt - Shift.StartsAt).TotalDays) <= Window).Take(300).ToList();
        var may = await workforce.Eligible(Me.Tenant, team, "swapRequest", Shift.Id, [.. all.Select(i => i.Id)], Stop);
        Others = [.. all.Where(i => may.Contains(i.Id))];
        return null;
    }
}
