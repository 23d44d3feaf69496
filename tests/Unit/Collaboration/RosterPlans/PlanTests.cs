using System.Text.Json;
using HealthTeams.Collaboration.RosterPlans;
using HealthTeams.Collaboration.RosterPlans.Solver;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Collaboration.Teams;
using Xunit;

namespace HealthTeams.Tests.Rules;

/// <summary>A small ward of ours: what the solver makes of it is judged by the rules of Shifts.</summary>
public sealed class PlanTests
{
    private static readonly DateOnly Monday = new(2027, 3, 22); // summer time begins on its Sunday
    private static readonly Guid Ward = Guid.NewGuid(), Group = Guid.NewGuid();
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    private static readonly PlanShift Early = new() { Group = Group, Label = "Early", FromMinute = 420, ToMinute = 900, Needed = [1, 1, 1, 1, 1, 1, 1] };
    private static readonly PlanShift Late = new() { Group = Group, Label = "Late", FromMinute = 840, ToMinute = 1320, Needed = [1, 1, 1, 1, 1, 1, 1] };
    private static readonly PlanShift Night = new() { Group = Group, Label = "Night", FromMinute = 1260, ToMinute = 1860, Skills = ["IV"], Needed = [1, 1, 1, 1, 1, 1, 1] };

    [Fact]
    [Trait("Row", "16.12")]
    [Trait("Row", "SH-22")]
    public void A_solved_roster_breaks_no_rule_that_Shifts_names_across_the_change_to_summer_time()
    {
        var facts = Facts(6, wishes: [Wish(0, 5, "", false), Wish(1, 2, "Late", true)]);
        var cells = Solve(facts);
        var result = PlanReasons.Of(facts, cells);
        Assert.Empty(result.Broken);
        Assert.Equal(0, result.Missing);
        Assert.Empty(result.Unmet);
        Assert.Equal(42, result.Shifts);
        Assert.All(cells.Where(c => c.Shift == 2), c => Assert.True(facts.People.Single(p => p.Person == c.Person).Skills.ContainsKey("IV")));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void What_stands_is_never_moved_and_rest_is_kept_beside_it_and_beyond_the_range()
    {
        // A night that ends on the first morning, and a shared late in the middle.
        var facts = Facts(6);
        var who = facts.People[0];
        var stands = new[] { Duty(-1, 21, 31, "Night"), Duty(7, 14, 22, "Late"), new Duty(Guid.NewGuid(), true, At(10, 0), At(12, 0), "", 0) };
        facts = facts with { People = [who with { Duties = stands }, .. facts.People.Skip(1)] };
        var cells = Solve(facts);
        Assert.Empty(PlanReasons.Of(facts, cells).Broken);
        Assert.DoesNotContain(cells, c => c.Person == who.Person && c.Day is 7 or 10 or 11 && c.Person == who.Person);
        Assert.DoesNotContain(cells, c => c.Person == who.Person && c is { Day: 0, Shift: not 2 });
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void Each_shortage_and_each_unmet_wish_says_which_rule_stops_whom()
    {
        // Three people cannot hold a night a day: only two have the skill, one of them is off.
        var facts = Facts(3, wishes: [Wish(0, 3, "", false)]);
        var off = facts.People[1] with { Duties = [new Duty(Guid.NewGuid(), true, At(0, 0), At(14, 0), "", 0)], Skills = Skill("IV") };
        facts = facts with { People = [facts.People[0] with { Skills = Skill("IV") }, off, facts.People[2] with { Skills = new Dictionary<string, DateOnly?>() }] };
        var result = PlanReasons.Of(facts, Solve(facts));
        Assert.Empty(result.Broken);
        var night = result.Shortages.First(s => s.Shift == 2);
        Assert.Contains(night.Why, w => w.Name == facts.People[1].Name && w.Broken.Any(b => b.Rule == "time-off"));
        Assert.Contains(night.Why, w => w.Name == facts.People[2].Name && w.Broken.Any(b => b.Rule == "skill"));
        Assert.All(night.Why, w => Assert.False(w.Could && result.Shortages.Count == 0));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void Minimum_staffing_counts_every_moment_and_who_has_the_skill()
    {
        var cover = new Cover { Id = Guid.NewGuid(), Group = Group, Weekdays = [0, 1, 2, 3, 4, 5, 6], FromMinute = 420, ToMinute = 1320, People = 2, Skill = "IV" };
        var facts = Facts(12) with { Covers = [cover] };
        var result = PlanReasons.Of(facts, Solve(facts));
        Assert.Empty(result.Cover);
        Assert.Empty(result.Broken);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void A_kept_cell_stays_and_a_forbidden_one_goes()
    {
        var facts = Facts(6);
        var (keep, not) = (new PlanLock(facts.People[0].Person, Monday.AddDays(4), 1, false), new PlanLock(facts.People[1].Person, Monday.AddDays(4), 0, true));
        facts = facts with { Ask = facts.Ask with { Locks = [keep, not, new PlanLock(facts.People[2].Person, Monday.AddDays(4), null, false)] } };
        var cells = Solve(facts);
        Assert.Contains(new PlanCell(keep.Person, 4, 1), cells);
        Assert.DoesNotContain(new PlanCell(not.Person, 4, 0), cells);
        Assert.DoesNotContain(cells, c => c.Person == facts.People[2].Person && c.Day == 4);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void Who_had_many_nights_has_fewer_in_the_next_plan()
    {
        var facts = Facts(6);
        var tired = facts.People[0].Person;
        facts = facts with { Before = facts.People.ToDictionary(p => p.Person, p => new LedgerLine(p.Person, 40, 320, p.Person == tired ? 12 : 3, 4, 0, 0)) };
        var cells = Solve(facts);
        var nights = facts.People.ToDictionary(p => p.Person, p => cells.Count(c => c.Person == p.Person && c.Shift == 2));
        Assert.Equal(nights.Values.Min(), nights[tired]);
        Assert.True(nights[tired] < nights.Values.Max());
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void After_a_sick_call_as_few_days_of_others_change_as_can_be()
    {
        var facts = Facts(6);
        var planned = Solve(facts);
        var ill = planned.First(c => c.Day == 3).Person;
        var movable = planned.ToDictionary(c => c, c => new ShiftItem { Id = Guid.NewGuid(), Team = Ward, Person = c.Person, Group = Group, Label = facts.Shifts[c.Shift].Label, StartsAt = facts.DutyOf(c.Day, c.Shift).Start, EndsAt = facts.DutyOf(c.Day, c.Shift).End });
        var sick = facts with { Plan = facts.Plan with { Kind = "illness" }, Ask = facts.Ask with { Ill = ill }, Movable = movable };
        var again = Solve(sick);
        var result = PlanReasons.Of(sick, again);
        Assert.DoesNotContain(again, c => c.Person == ill);
        Assert.Empty(result.Broken);
        var lost = planned.Count(c => c.Person == ill);
        // Each shift that is taken over changes one day of somebody; nothing else moves unless it must.
        Assert.InRange(result.Changes.Count(c => c.Person != ill), lost - result.Missing, (lost - result.Missing) * 3);
        Assert.Equal(planned.Count, again.Count + result.Missing);
    }

    [Theory]
    [InlineData(22, 30, true)]
    [InlineData(21, 31, true)]
    [InlineData(0, 8, true)]
    [InlineData(14, 22, false)]
    [InlineData(16, 25, false)]
    [Trait("Row", "16.12")]
    public void A_night_has_three_hours_between_eleven_and_six(int from, int to, bool night) => Assert.Equal(night, Ledger.IsNight(from * 60, to * 60));

    [Fact]
    [Trait("Row", "16.12")]
    public void The_ledger_counts_a_weekend_once_and_wishes_by_what_was_worked()
    {
        var person = Guid.NewGuid();
        ShiftItem Worked(int day, string label, int from, int to) => new() { Person = person, Label = label, StartsAt = At(day, from), EndsAt = At(day, to) };
        var line = Ledger.Of([person], [Worked(5, "Early", 7, 15), Worked(6, "Early", 7, 15), Worked(8, "Night", 22, 30)],
            [new RosterWishRow { Person = person, Day = Monday.AddDays(5), Wants = false }, new RosterWishRow { Person = person, Day = Monday.AddDays(8), Label = "night", Wants = true }], Paris)[person];
        Assert.Equal((3, 1, 1, 1, 1), (line.Shifts, line.Nights, line.Weekends, line.Met, line.Unmet));
    }

    private static IReadOnlyList<PlanCell> Solve(PlanFacts facts)
    {
        var problem = PlanProblem.Of(facts);
        var from = facts.Plan.Illness ? problem.Current : null;
        return PlanProblem.Cells(facts, new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(3), Searches: 0)).Solve(from, default)!.Cells);
    }

    private static PlanFacts Facts(int people, IReadOnlyList<(int Who, int Day, string Label, bool Wants)>? wishes = null)
    {
        var staff = Enumerable.Range(0, people).Select(n => new Worker(Guid.NewGuid(), $"Nurse {n + 1}", [], n % 3 == 2 ? new Dictionary<string, DateOnly?>() : Skill("IV"), [])).ToList();
        var schedule = new Schedule { Team = Ward, Zone = "Europe/Paris", OneADay = true, NeverAfter = ["Night>Early"] };
        var ask = new PlanAsk { Groups = [Group], Shifts = [Early, Late, Night] };
        return new PlanFacts
        {
            Plan = new RosterPlan { Id = Guid.NewGuid(), Team = Ward, First = Monday, Days = 14, AskJson = JsonSerializer.Serialize(ask, JsonSerializerOptions.Web) }, Ask = ask, Shifts = ask.Shifts, People = staff,
            Roster = new Roster
            {
                Place = new ShiftPlace(new Standing(Ward, "Ward", TeamRole.Owner, false), schedule, true), From = Monday.AddDays(-1), Days = 16, Items = [], Reasons = [], Notes = [], Shortages = [], Breaches = [], Drafts = 0, Requests = 0,
                Groups = [new ShiftGroup { Id = Group, Name = "Nurses", Active = true, People = [.. staff.Select(s => s.Person)] }], People = [.. staff.Select(s => new RosterPerson(s.Person, s.Name, [Group], [.. s.Skills.Keys]))],
            },
            Movable = new Dictionary<PlanCell, ShiftItem>(), Covers = [], Before = new Dictionary<Guid, LedgerLine>(),
            Wishes = [.. (wishes ?? []).Select(w => new RosterWishRow { Id = Guid.NewGuid(), Person = staff[w.Who].Person, Day = Monday.AddDays(w.Day), Label = w.Label, Wants = w.Wants, Weight = 2 })],
        };
    }

    private static (int, int, string, bool) Wish(int who, int day, string label, bool wants) => (who, day, label, wants);
    private static Dictionary<string, DateOnly?> Skill(string skill) => new(StringComparer.OrdinalIgnoreCase) { [skill] = null };
    private static DateTimeOffset At(int day, int hour) => CoverRules.At(Monday.AddDays(day), hour * 60, Paris);
    private static Duty Duty(int day, int from, int to, string label) => new(Guid.NewGuid(), false, At(day, from), At(day, to), label, to - from);
}
