using HealthTeams.Collaboration.People;

namespace HealthTeams.Collaboration.Visits;

/// <summary>The public door of visits for other modules: booking (gateway, launcher) and taking a seat (launcher, pages).</summary>
public sealed class VisitDoor
{
    /// <summary>Joins the booking to the visit it belongs to (by key, else by shared identifier, never by name), or makes a new one.</summary>
    public Task<IReadOnlyList<Visit>> Book(Tx tx, IReadOnlyList<VisitBooking> bookings) => BookVisit.Run(tx, bookings);

    public async Task<Visit> Book(Tx tx, VisitBooking booking) => (await Book(tx, [booking]))[0];

    /// <summary>Takes a seat; the same person gets the same seat again. A visit that is over answers 410 "visit-over".</summary>
    public Task<Outcome<Participant>> Seat(Tx tx, SeatRequest request) => TakeSeat.Run(tx, request);

    /// <summary>Finds or makes the person a source describes; joins by (source, reference), else by shared identifier when birth dates do not contradict.</summary>
    public Task<IReadOnlyList<Person>> People(Tx tx, IReadOnlyList<PersonSaid> said) => PeopleSql.FindOrMake(tx, said);

    public async Task<Person> Person(Tx tx, PersonSaid said) => (await People(tx, [said]))[0];
}
