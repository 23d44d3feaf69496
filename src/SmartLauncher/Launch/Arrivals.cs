using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Sessions;

namespace HealthTeams.SmartLauncher.Launch;

/// <summary>Seats somebody who launched: person, visit, place, session and the EHR's tokens, kept together or not at all.</summary>
public sealed class Arrivals(Db db, VisitDoor visits, VisitSessions sessions, LaunchTokens tokens)
{
    internal async Task<Outcome<OpenedSeat>> Seat(Arrival arrival, VisitBooking booking, string? source, CancellationToken stop)
    {
        // First who it is: everything after is then done under that person's name.
        var person = await db.In(arrival.Tenant, Actor.Product, tx => Who(tx, arrival), stop);
        var kind = arrival.Role switch { SeatRole.Host => CallerKind.Staff, SeatRole.Patient => CallerKind.Patient, _ => CallerKind.Guest };
        var actor = new Actor(person.ToString(), kind, $"ehr/{arrival.Ehr}", source);
        return await db.In<Outcome<OpenedSeat>>(arrival.Tenant, actor, async tx =>
        {
            var visit = await visits.Book(tx, booking);
            var display = Display(arrival.User);
            var seat = await visits.Seat(tx, new SeatRequest(visit.Id, arrival.Role, person, display, KnownBy.Ehr));
            if (!seat.Ok) return tx.Abandon<Outcome<OpenedSeat>>(LaunchProblem.Named(seat.Problem, LaunchProblem.SeatRefused));
            await tokens.Keep(tx, arrival.Ehr, arrival.IssUsed, visit.Id, person, arrival.Tokens);
            tx.Publish("launch.arrived", $"visit/{visit.Id}", visit.Patient is { } patient ? $"person/{patient}" : null, new { ehr = arrival.Ehr, seat = seat.Value.Id });
            return await sessions.Open(tx, new SeatHolder(visit.Id, seat.Value.Id, person, kind, display, arrival.Ehr));
        }, stop);
    }

    /// <summary>The same issuer and subject is the same person, whatever the record behind fhirUser is called today (SMART-A20).</summary>
    private async Task<Guid> Who(Tx tx, Arrival arrival)
    {
        var said = await visits.Person(tx, arrival.User);
        return await tx.Scalar<Guid>("""
            insert into auth.ehr_identity as i (tenant, issuer, sub, kind, person, seen_at)
            values (@Tenant, @Issuer, @Subject, @kind, @Id, @Now)
            on conflict (tenant, issuer, sub, kind) do update set seen_at = excluded.seen_at
            returning i.person
            """, new { tx.Tenant, arrival.Issuer, arrival.Subject, kind = arrival.User.Kind.ToString(), said.Id, tx.Now });
    }

    internal static string Display(PersonSaid said) =>
        new Person { Kind = said.Kind, Family = said.Family, Given = said.Given, Title = said.Title }.Display;
}
