using HealthTeams.Bench.Rosters;
using HealthTeams.Collaboration.RosterPlans.Solver;
using Xunit;

namespace HealthTeams.Tests.Rules;

/// <summary>The published instances are beside the repository, not in it: where they are not, these say so and are skipped.</summary>
public sealed class InstanceFactAttribute : FactAttribute
{
    public static string Folder => Path.GetFullPath(Path.Combine(Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? ".", "../shared/data/rosters"));

    public InstanceFactAttribute()
    {
        if (!File.Exists(Path.Combine(Folder, "Instance1.txt"))) Skip = $"There are no roster instances in {Folder}.";
    }
}

public sealed class RosterSolverTests
{
    [InstanceFact]
    [Trait("Row", "16.12")]
    public void The_first_published_instance_is_solved_to_the_best_known_and_proven()
    {
        var text = File.ReadAllText(Path.Combine(InstanceFactAttribute.Folder, "Instance1.txt"));
        var problem = RosterInstance.Read(text);
        var found = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(60))).Solve(null, default)!;
        var (penalty, broken) = new RosterChecker(text).Judge([.. found.Cells.Of.Select(row => row.Select(k => k < 0 ? "" : problem.Kinds[k].Name).ToArray())]);
        Assert.Empty(broken);
        Assert.Equal(607, penalty);
        Assert.Equal((607, 607), (found.Penalty, found.Bound));
    }

    private const string Small = """
        SECTION_HORIZON
        14
        SECTION_SHIFTS
        E,480,
        L,480,E
        SECTION_STAFF
        A,E=9|L=2,2400,960,3,2,2,1
        B,E=9|L=9,4800,0,5,1,1,2
        SECTION_DAYS_OFF
        A,3
        SECTION_SHIFT_ON_REQUESTS
        A,0,E,2
        SECTION_SHIFT_OFF_REQUESTS
        B,1,E,3
        SECTION_COVER
        0,E,1,100,1
        1,E,2,100,1
        """;

    [Theory]
    [InlineData("EE............", null)]
    [InlineData(".EE..EE.......", null)]
    [InlineData("..EE..........", "works on day 3")]
    [InlineData("EE....LE......", "E follows L")]
    [InlineData("EE..LLL.......", "more than 2 of L")]
    [InlineData("EEE.EEE.......", "minutes are more")]
    [InlineData("E.............", "minutes are fewer")]
    [InlineData("....EEEE......", "4 days in a row")]
    [InlineData("EE....E.......", "only 1 days in a row")]
    [InlineData(".EE..EE.EE....", "only 1 days off")]
    [InlineData("EE...E......EE", "2 weekends")]
    [InlineData("EX............", "there is no shift X")]
    [Trait("Row", "16.12")]
    public void The_checker_rejects_what_the_definition_forbids(string days, string? why)
    {
        var (_, broken) = new RosterChecker(Small).Judge([Row(days), Row("..............")]);
        if (why is null) Assert.Empty(broken);
        else Assert.Contains(broken, b => b.Contains(why, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void The_checker_counts_wishes_and_cover_by_itself()
    {
        Assert.Equal(2 + 3 + 100 + 100, new RosterChecker(Small).Judge([Row(".............."), Row(".E............")]).Penalty);
        Assert.Equal(1, new RosterChecker(Small).Judge([Row("E............."), Row("EE............")]).Penalty - 3 - 100);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void A_small_ward_is_planned_without_a_broken_rule_and_a_search_that_is_stopped_keeps_what_it_has()
    {
        var problem = LargeWard.Make(people: 12, days: 14);
        using var stop = new CancellationTokenSource();
        var found = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(30)), f => { if (f.Penalty < 5000) stop.Cancel(); }).Solve(null, stop.Token)!;
        Assert.Null(LargeWard.Broken(problem, found.Cells));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public void A_search_person_by_person_and_by_neighbourhoods_keeps_the_rules_as_well()
    {
        var problem = LargeWard.Make(people: 72);
        using var stop = new CancellationTokenSource();
        var better = 0;
        // The first roster and two that neighbourhoods made of it; a busy machine takes its time.
        var found = new RosterSolver(problem, new SolveSettings(TimeSpan.FromSeconds(40), Workers: 2), _ => { if (++better == 3) stop.Cancel(); }).Solve(null, stop.Token)!;
        Assert.True(better >= 3, $"{better} rosters were found");
        Assert.Null(LargeWard.Broken(problem, found.Cells));
    }

    private static string[] Row(string days) => [.. days.Select(d => d == '.' ? "" : d.ToString())];
}
