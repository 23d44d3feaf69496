using HealthTeams.Collaboration.Shifts;
using Xunit;

namespace HealthTeams.Tests.Rules;

public sealed class ShiftRulesTests
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
    private static readonly RosterRules Rules = new(Paris, DayOfWeek.Monday, 11, 48, false, 6, ["Night>Early"]);
    private static readonly DateOnly Monday = new(2026, 11, 30);

    [Fact]
    [Trait("Row", "SH-22")]
    public void Every_broken_rule_is_named_not_the_first_alone()
    {
        var rules = Rules with { OneADay = true, WeeklyHours = 40 };
        var who = Worker([.. Enumerable.Range(0, 5).Select(d => Shift(d, 8, 16)), Shift(0, 17, 23, "Night")]) with { Availability = [new(DayOfWeek.Sunday, 0, 1440, "Europe/Paris")] };
        var broken = ShiftRules.Broken(who, Shift(1, 6, 14, "Early"), ["ECMO"], rules).Select(b => b.Rule);
        Assert.Equal(["overlap", "rest", "weekly-hours", "one-a-day", "never-after", "skill", "availability"], broken);
    }

    [Theory]
    [InlineData(21, 8, false)] // 11 h exactly
    [InlineData(22, 8, true)]
    [Trait("Row", "SH-22")]
    public void Rest_is_eleven_hours_on_both_sides(int endsAt, int startsAt, bool breaks)
    {
        Assert.Equal(breaks, Rest(Shift(0, endsAt - 6, endsAt), Shift(1, startsAt, startsAt + 6)));
        Assert.Equal(breaks, Rest(Shift(1, startsAt, startsAt + 6), Shift(0, endsAt - 6, endsAt)));
    }

    [Fact]
    [Trait("Row", "SH-05")]
    public void Unpaid_breaks_do_not_count_as_hours_of_the_week()
    {
        var item = new ShiftItem
        {
            Kind = "shift", StartsAt = At(0, 8), EndsAt = At(0, 16),
            ActivitiesJson = System.Text.Json.JsonSerializer.Serialize(new[] { new ShiftActivity("break", "Lunch", false, At(0, 12), At(0, 13)), new ShiftActivity("task", "Handover", true, At(0, 15), At(0, 16)) }, System.Text.Json.JsonSerializerOptions.Web),
        };
        Assert.Equal(7, item.PaidHours);
    }

    [Fact]
    public void Days_in_a_row_count_across_weeks_and_in_both_directions()
    {
        var who = Worker(Shift(-3, 8, 12), Shift(-2, 8, 12), Shift(-1, 8, 12), Shift(1, 8, 12), Shift(2, 8, 12), Shift(3, 8, 12));
        Assert.Contains(ShiftRules.Broken(who, Shift(0, 8, 12), [], Rules), b => b is { Rule: "days-in-row", Hard: false } && b.Values[0] == "7");
        Assert.DoesNotContain(ShiftRules.Broken(who.Without(who.Duties[0].Id), Shift(0, 8, 12), [], Rules), b => b.Rule == "days-in-row");
    }

    [Fact]
    public void A_shift_across_midnight_is_within_an_availability_that_covers_both_days()
    {
        var who = Worker() with { Availability = [new(DayOfWeek.Monday, 20 * 60, 1440, "Europe/Paris"), new(DayOfWeek.Tuesday, 0, 8 * 60, "Europe/Paris")] };
        Assert.Empty(ShiftRules.Broken(who, Shift(0, 22, 31), [], Rules));
        Assert.Contains(ShiftRules.Broken(who, Shift(0, 22, 33), [], Rules), b => b.Rule == "availability");
    }

    [Fact]
    public void A_credential_that_has_ended_is_none()
    {
        var who = Worker() with { Skills = new Dictionary<string, DateOnly?> { ["ECMO"] = Monday.AddDays(-1), ["IV"] = null } };
        Assert.Equal(["skill"], ShiftRules.Broken(who, Shift(0, 8, 16), ["ecmo", "iv"], Rules).Select(b => b.Rule));
    }

    [Fact]
    public void Time_off_and_overlap_are_hard_and_the_rest_is_soft()
    {
        var who = Worker(Shift(0, 8, 16) with { Off = true }, Shift(0, 16, 20));
        var broken = ShiftRules.Broken(who, Shift(0, 12, 18), [], Rules);
        Assert.Equal([("time-off", true), ("overlap", true)], broken.Where(b => b.Hard).Select(b => (b.Rule, b.Hard)));
    }

    [Fact]
    public void Cover_is_the_fewest_people_at_any_moment_of_its_time()
    {
        var cover = new Cover { Id = Guid.NewGuid(), Weekdays = [1], FromMinute = 7 * 60, ToMinute = 15 * 60, People = 1 };
        var gap = new[] { Item(0, 7, 11), Item(0, 12, 15) };
        Assert.Equal(0, CoverRules.Least(gap, cover, Monday, Paris, (_, _, _) => true));
        Assert.Equal(1, CoverRules.Least([.. gap, Item(0, 10, 13)], cover, Monday, Paris, (_, _, _) => true));
        Assert.Equal(0, CoverRules.Least([Item(0, 7, 15)], cover with { Skill = "ECMO" }, Monday, Paris, (_, _, _) => false));
        Assert.Single(CoverRules.Shortages(gap, [cover], [Monday, Monday.AddDays(1)], Paris, (_, _, _) => true));
    }

    [Fact]
    public void A_rotation_lays_each_person_at_their_own_offset_and_keeps_wall_times_over_summer_time()
    {
        PatternDay?[] cycle = [new("Early", 7 * 60, 15 * 60), null];
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        var laid = Patterns.Rotation(Guid.NewGuid(), null, cycle, [new(one, 0), new(two, 1)], new DateOnly(2026, 3, 28), 4, Paris, Guid.NewGuid).ToList();
        Assert.Equal(2, laid.Count(i => i.Person == one));
        Assert.Equal([28, 30], laid.Where(i => i.Person == one).Select(i => TimeZoneInfo.ConvertTime(i.StartsAt, Paris).Day));
        Assert.Equal([29, 31], laid.Where(i => i.Person == two).Select(i => TimeZoneInfo.ConvertTime(i.StartsAt, Paris).Day));
        Assert.All(laid, i => Assert.Equal(7, TimeZoneInfo.ConvertTime(i.StartsAt, Paris).Hour));
        var moved = Patterns.Shifted(laid.First(i => i.Person == one), 2, Paris, true, Guid.NewGuid());
        Assert.Equal((7, 30), (TimeZoneInfo.ConvertTime(moved.StartsAt, Paris).Hour, TimeZoneInfo.ConvertTime(moved.StartsAt, Paris).Day));
    }

    public static TheoryData<string, string, RequestAct, string?> Machine => new()
    {
        { "pending", "recipient", RequestAct.Accept, "pending manager" },
        { "pending", "recipient", RequestAct.Decline, "declined recipient" },
        { "pending", "recipient", RequestAct.Approve, null },
        { "pending", "recipient", RequestAct.Deny, null },
        { "pending", "recipient", RequestAct.Withdraw, "withdrawn recipient" },
        { "pending", "recipient", RequestAct.Void, "declined system" },
        { "pending", "manager", RequestAct.Accept, null },
        { "pending", "manager", RequestAct.Decline, null },
        { "pending", "manager", RequestAct.Approve, "approved manager" },
        { "pending", "manager", RequestAct.Deny, "declined manager" },
        { "pending", "manager", RequestAct.Withdraw, "withdrawn manager" },
        { "pending", "manager", RequestAct.Void, "declined system" },
        { "approved", "manager", RequestAct.Withdraw, null },
        { "approved", "manager", RequestAct.Deny, null },
        { "declined", "manager", RequestAct.Approve, null },
        { "declined", "system", RequestAct.Approve, null },
        { "withdrawn", "manager", RequestAct.Approve, null },
    };

    [Theory]
    [MemberData(nameof(Machine))]
    [Trait("Row", "SH-11")]
    [Trait("Row", "SH-12")]
    public void The_machine_of_requests_has_these_steps_and_no_others(string state, string assigned, RequestAct act, string? expected) =>
        Assert.Equal(expected, RequestMachine.Next(state, assigned, act) is { } next ? $"{next.State} {next.AssignedTo}" : null);

    [Theory]
    [InlineData("clockedIn", "break", "onBreak")]
    [InlineData("onBreak", "resume", "clockedIn")]
    [InlineData("clockedIn", "out", "clockedOut")]
    [InlineData("onBreak", "out", "clockedOut")]
    [InlineData("onBreak", "break", null)]
    [InlineData("clockedIn", "resume", null)]
    [InlineData("clockedOut", "break", null)]
    [InlineData("clockedOut", "out", null)]
    [Trait("Row", "SH-13")]
    public void The_time_clock_has_these_steps_and_no_others(string state, string act, string? expected)
    {
        var card = new TimeCard { State = state, InAt = At(0, 8), BreaksJson = state == "onBreak" ? """[{"from":"2026-11-30T09:00:00Z"}]""" : "[]" };
        var next = ClockRules.Step(card, act, At(0, 12));
        Assert.Equal(expected, next.Ok ? next.Value.State : null);
        if (next.Ok && state == "onBreak") Assert.All(next.Value.Breaks, b => Assert.NotNull(b.To));
    }

    private static bool Rest(Duty there, Duty proposed) => ShiftRules.Broken(Worker(there), proposed, [], Rules).Any(b => b.Rule == "rest");

    private static Worker Worker(params IReadOnlyList<Duty> duties) => new(Guid.NewGuid(), "Mary Seacole", duties, new Dictionary<string, DateOnly?>(), []);

    private static DateTimeOffset At(int day, int hour) => CoverRules.At(Monday.AddDays(day), hour * 60, Paris);

    private static Duty Shift(int day, int from, int to, string label = "Day") => new(Guid.NewGuid(), false, At(day, from), At(day, to), label, to - from);

    private static ShiftItem Item(int day, int from, int to) => new() { Kind = "shift", Person = Guid.NewGuid(), StartsAt = At(day, from), EndsAt = At(day, to) };
}
