namespace HealthTeams.Web.Visits;

/// <summary>A clinician takes the host's seat and goes to the room.</summary>
public sealed class OpenRoomPage(VisitActions visits, VisitSessions sessions) : StaffPage
{
    public IActionResult OnGet() => SeeOther("/visits");

    public async Task<IActionResult> OnPostAsync(Guid id)
    {
        var seat = await visits.TakeSeat(Me, id, Stop);
        if (!seat.Ok) return Refuse(seat.Problem);
        var opened = await sessions.Open(HttpContext, Me.Tenant, new SeatHolder(id, seat.Value.Id, Me.Person, Me.Kind, Me.Display), Stop);
        return SeeOther(opened.Room);
    }
}
