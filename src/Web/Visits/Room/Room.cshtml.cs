using System.Text.Json;

namespace HealthTeams.Web.Visits.Room;

/// <summary>The visit room. Its address holds the session's public id; the session itself is in a cookie.</summary>
[Authorize(Policy = "seat")]
public sealed class RoomPage(Rooms rooms, SmartLauncher.Sessions.VisitSessions sessions, TimeProvider time) : PageModel
{
    private Caller Me => Caller.Of(HttpContext)!;

    public RoomView? View { get; private set; }
    public string? Ticket { get; private set; }
    public Problem? Problem { get; private set; }

    /// <summary>Whether our patient banner is shown, and whose colours.</summary>
    public SmartLauncher.Sessions.SeatLook Look { get; private set; } = new(true, null, default);

    public bool IsHost => View?.Me.Role == SeatRole.Host;
    public bool Over => View?.Over == true || Problem?.Code == "visit-over";

    public async Task<IActionResult> OnGetAsync(string sid)
    {
        if (Me.Seat?.Session != sid) return NotFound();
        Response.Headers.CacheControl = "no-cache, no-store";
        Look = await sessions.Look(Me, HttpContext.RequestAborted);
        var view = await rooms.View(Me, HttpContext.RequestAborted);
        if (!view.Ok) return Refused(view.Problem);
        View = view.Value;
        if (View.Over) return SmartLauncher.Callers.DeviceCookie.Of(HttpContext) is null ? Page() : Answers.SeeOther(Response, "/kiosk");
        var ticket = await rooms.Ticket(Me, HttpContext.RequestAborted);
        if (!ticket.Ok) return Refused(ticket.Problem);
        Ticket = ticket.Value;
        return Page();
    }

    /// <summary>"Your visit with Dr Marie Curie at 10:00".</summary>
    public string Title(Words words) => (View!.Row.Clinicians, View.Row.StartAt) switch
    {
        ("", _) => words["Your video visit"],
        (var clinicians, null) => words["Your visit with {0}", clinicians],
        var (clinicians, start) => words["Your visit with {0} at {1}", clinicians, words.Moment(start.Value, View.TimeZone, time.GetUtcNow())],
    };

    /// <summary>What the live part needs to know; JSON, so never run as script.</summary>
    public string Facts(string sid) => JsonSerializer.Serialize(new
    {
        sid,
        role = View!.Me.Role.ToString(),
        knownBy = View.Me.KnownBy.ToString(),
        me = View.Me.Id,
        name = View.Me.Display,
        patient = IsHost ? View.Row.Patient : null,
        clinicians = View.Row.Clinicians,
        hospital = View.Hospital,
        zone = View.TimeZone,
    });

    private IActionResult Refused(Problem problem)
    {
        Problem = problem;
        return Over ? Page() : Answers.Refuse(this, problem);
    }
}
