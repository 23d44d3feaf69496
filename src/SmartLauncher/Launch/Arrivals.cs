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
            if (ReferenceEquals(booking, arrival.Fresh) && await Other(tx, booking)) return tx.Abandon<Outcome<OpenedSeat>>(Mismatch);
            var visit = await visits.Book(tx, booking);
            var display = Display(arrival.User);
            var seat = await visits.Seat(tx, new SeatRequest(visit.Id, arrival.Role, person, display, KnownBy.Ehr));
            if (!seat.Ok) return tx.Abandon<Outcome<OpenedSeat>>(LaunchProblem.Named(seat.Problem, LaunchProblem.SeatRefused));
            await tokens.Keep(tx, arrival.Ehr, arrival.IssUsed, visit.Id, person, arrival.Tokens);
            tx.Publish("launch.arrived", $"visit/{visit.Id}", visit.Patient is { } patient ? $"person/{patient}" : null, new { ehr = arrival.Ehr, seat = seat.Value.Id });
            return await sessions.Open(tx, new SeatHolder(visit.Id, seat.Value.Id, person, kind, display, arrival.Ehr) { Banner = arrival.Banner, Style = arrival.Style });
        }, stop);
    }

    /// <summary>
    /// The same issuer and subject is the same person, whatever the record behind fhirUser is called today (SMART-A20). A
    /// person who is one subject's is never a second subject's: an EHR that names one record for two users makes two people here.
    /// </summary>
    private async Task<Guid> Who(Tx tx, Arrival arrival)
    {
        var said = await visits.Person(tx, arrival.User);
        if (await Seen(tx, arrival) is { } known) return known;
        // Two who come first at the same moment decide one after the other.
        Locks.Take(tx, $"ehr-identity|{arrival.Issuer}");
        if (await Seen(tx, arrival) is { } meanwhile) return meanwhile;
        var kind = arrival.User.Kind.ToString();
        var taken = await tx.Scalar<bool>("""
            select exists (select from auth.ehr_identity where tenant = @Tenant and issuer = @Issuer and kind = @kind and person = @Id)
            """, new { tx.Tenant, arrival.Issuer, kind, said.Id });
        if (taken) said = await visits.Person(tx, arrival.User with { Reference = null, Identifiers = [] });
        await tx.Execute("""
            insert into auth.ehr_identity (tenant, issuer, sub, kind, person, seen_at) values (@Tenant, @Issuer, @Subject, @kind, @Id, @Now)
            """, new { tx.Tenant, arrival.Issuer, arrival.Subject, kind, said.Id, tx.Now });
        return said.Id;
    }

    private static Task<Guid?> Seen(Tx tx, Arrival arrival) => tx.Scalar<Guid?>("""
        update auth.ehr_identity set seen_at = @Now where tenant = @Tenant and issuer = @Issuer and sub = @Subject and kind = @kind
        returning person
        """, new { tx.Tenant, arrival.Issuer, arrival.Subject, kind = arrival.User.Kind.ToString(), tx.Now });

    /// <summary>The key of a visit that begins now is already another patient's visit: the EHR contradicts itself.</summary>
    private async Task<bool> Other(Tx tx, VisitBooking booking)
    {
        var patient = await visits.Person(tx, booking.Patient!);
        return await tx.Scalar<bool>("""
            select exists (select from unnest(@sources, @kinds, @ids) as s (source, kind, id)
              join collab.visit_key k on k.tenant = @Tenant and k.source = s.source and k.kind = s.kind and k.id = s.id
              join collab.visit v on v.tenant = k.tenant and v.id = k.visit
              where v.patient is not null and v.patient <> @patient)
            """, new
        {
            tx.Tenant, patient = patient.Id, sources = booking.Keys.Select(k => k.Source).ToArray(),
            kinds = booking.Keys.Select(k => k.Kind).ToArray(), ids = booking.Keys.Select(k => k.Id).ToArray(),
        });
    }

    internal static string Display(PersonSaid said) =>
        new Person { Kind = said.Kind, Family = said.Family, Given = said.Given, Title = said.Title }.Display;

    private static readonly Problem Mismatch = LaunchProblem.Of(LaunchProblem.ContextInvalid, "The encounter or appointment is another patient's visit here.");
}
