namespace HealthTeams.Collaboration.Visits;

/// <summary>A place in the room. Hosts are admitted by being staff; everybody else waits to be.</summary>
internal static class TakeSeat
{
    internal const string Columns = """
        p.id, p.visit, p.role, p.person, p.display, p.known_by as KnownBy, p.state, p.waiting_since as WaitingSince,
        p.admitted_at as AdmittedAt, coalesce(p.connected_until > @Now, false) as Connected
        """;

    /// <summary>A link is a seat of its own: whoever holds it is never taken for the person who came from the chart.</summary>
    public static async Task<Outcome<Participant>> Run(Tx tx, SeatRequest request)
    {
        var status = await tx.Scalar<string>(
            "select status from collab.visit where tenant = @Tenant and id = @Visit for update", new { tx.Tenant, request.Visit });
        if (status is null) return Problem.NotFound("There is no such visit.", "visit-unknown");
        if (new Visit { Status = Enum.Parse<VisitStatus>(status) }.Over) return new Problem(410, "visit-over", "This visit is over.");

        var seat = await tx.OneOrNone<Participant>($"""
            select {Columns} from collab.participant p
            where p.tenant = @Tenant and p.visit = @Visit
              and case when @Link::uuid is null then p.person = @Person and p.link is null else p.link = @Link end
            """, new { tx.Tenant, tx.Now, request.Visit, request.Person, request.Link });
        if (seat is not null) return seat.State == SeatState.Removed ? Problem.Forbidden("The clinician has removed you from this visit.", "removed") : seat;

        var host = request.Role == SeatRole.Host;
        seat = new Participant
        {
            Id = tx.NewId(), Visit = request.Visit, Role = request.Role, Person = request.Person, Display = request.Display, KnownBy = request.KnownBy,
            State = host ? SeatState.Admitted : SeatState.Invited, AdmittedAt = host ? tx.Now : null,
        };
        await tx.Execute("""
            insert into collab.participant (tenant, id, visit, role, person, link, display, known_by, state, admitted_at, created_at)
            values (@Tenant, @Id, @Visit, @role, @Person, @Link, @Display, @knownBy, @state, @AdmittedAt, @Now)
            """, new
        {
            tx.Tenant, tx.Now, seat.Id, seat.Visit, role = seat.Role.ToString(), seat.Person, request.Link, seat.Display,
            knownBy = seat.KnownBy.ToString(), state = seat.State.ToString(), seat.AdmittedAt,
        });
        return seat;
    }
}
