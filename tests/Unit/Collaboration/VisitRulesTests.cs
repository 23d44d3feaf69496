using HealthTeams.Collaboration.Messages;
using HealthTeams.Collaboration.Visits;
using Xunit;

namespace HealthTeams.Tests.Rules;

public sealed class VisitRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(VisitStatus.Booked, BookingState.Cancelled, VisitStatus.Cancelled)]
    [InlineData(VisitStatus.Booked, BookingState.Arrived, VisitStatus.Arrived)]
    [InlineData(VisitStatus.Arrived, BookingState.Booked, VisitStatus.Arrived)]
    [InlineData(VisitStatus.Arrived, BookingState.Cancelled, VisitStatus.Cancelled)]
    [InlineData(VisitStatus.InProgress, BookingState.Booked, VisitStatus.InProgress)]
    [InlineData(VisitStatus.InProgress, BookingState.Cancelled, VisitStatus.InProgress)]
    [InlineData(VisitStatus.InProgress, BookingState.Finished, VisitStatus.Finished)]
    [InlineData(VisitStatus.Finished, BookingState.Booked, VisitStatus.Finished)]
    [InlineData(VisitStatus.Cancelled, BookingState.Booked, VisitStatus.Booked)]
    [InlineData(VisitStatus.NoShow, BookingState.Arrived, VisitStatus.NoShow)]
    public void A_booking_never_undoes_what_happened_in_the_room(VisitStatus current, BookingState said, VisitStatus expected) =>
        Assert.Equal(expected, VisitRules.Status(new Visit { Status = current, StartAt = Now }, Booking(said, Now), Now));

    [Fact]
    public void A_no_show_booked_anew_for_later_is_booked_again() =>
        Assert.Equal(VisitStatus.Booked, VisitRules.Status(new Visit { Status = VisitStatus.NoShow, StartAt = Now }, Booking(BookingState.Booked, Now.AddDays(1)), Now));

    [Fact]
    public void A_booking_that_says_no_state_leaves_it() =>
        Assert.Equal(VisitStatus.Cancelled, VisitRules.Status(new Visit { Status = VisitStatus.Cancelled }, Booking(null, Now), Now));

    [Theory]
    [InlineData(14, false)]
    [InlineData(15, true)]
    public void A_no_show_is_proposed_fifteen_minutes_after_the_start(int minutes, bool proposed) =>
        Assert.Equal(proposed, VisitRules.NoShowProposed(VisitStatus.Booked, Now.AddMinutes(-minutes), Now));

    [Theory]
    [InlineData(null, "normal")]
    [InlineData("routine", "normal")]
    [InlineData("urgent", "important")]
    [InlineData("asap", "urgent")]
    [InlineData("stat", "urgent")]
    [Trait("Row", "MSG-01")]
    public void Priorities_of_FHIR_are_the_products(string? fhir, string ours) => Assert.Equal(ours, MessageRules.PriorityOf(fhir));

    [Fact]
    [Trait("Row", "MSG-02")]
    public void Missed_repeats_are_not_rung_all_at_once_after_an_outage()
    {
        Assert.Equal(Now.AddMinutes(2), MessageRules.NextAfter(0, "urgent", Now, Now));
        Assert.Equal(Now.AddMinutes(15), MessageRules.NextAfter(1, "urgent", Now, Now.AddMinutes(13)));
        Assert.Null(MessageRules.NextAfter(10, "urgent", Now, Now.AddMinutes(20)));
        Assert.Null(MessageRules.NextAfter(0, "important", Now, Now));
    }

    private static VisitBooking Booking(BookingState? state, DateTimeOffset start) => new([], [], state, start, null, null, null, null, null, []);
}
