using HealthTeams.Collaboration.Approvals;
using Xunit;

namespace HealthTeams.Tests.Collaboration;

public sealed class ApprovalRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("Row", "AP-14")]
    public void A_reminder_comes_a_day_before_where_there_is_room_for_one()
    {
        Assert.Null(ApprovalRules.NextAt(null, Now));
        Assert.Equal(Now.AddDays(2), ApprovalRules.NextAt(Now.AddDays(3), Now));
        Assert.Equal(Now.AddHours(5), ApprovalRules.NextAt(Now.AddHours(5), Now));
        Assert.Null(ApprovalRules.NextAt(Now, Now));
    }

    [Fact]
    public void Whoever_stands_in_is_found_along_the_absences_and_a_circle_leaves_it_where_it_was()
    {
        var (a, b, c) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var none = new HashSet<Guid>();
        Assert.Equal(a, ApprovalRules.Stand(a, new Dictionary<Guid, Guid>(), none));
        Assert.Equal(c, ApprovalRules.Stand(a, new Dictionary<Guid, Guid> { [a] = b, [b] = c }, none));
        Assert.Equal(a, ApprovalRules.Stand(a, new Dictionary<Guid, Guid> { [a] = b, [b] = a }, none));
        Assert.Equal(a, ApprovalRules.Stand(a, new Dictionary<Guid, Guid> { [a] = b }, new HashSet<Guid> { b }));
    }

    [Fact]
    [Trait("Row", "AP-01")]
    public void Everything_that_is_wrong_with_a_request_is_said_at_once()
    {
        var wrong = ApprovalRules.Check(" ", new string('x', 10001), [new StepPlan(StepRule.First, [])], [new AnswerWord("Yes;no", true), new AnswerWord("yes;NO", true)], Now.AddDays(-1), null, Now)!;
        Assert.Equal(422, wrong.Status);
        foreach (var part in new[] { "what is to be approved", "at most 10,000", "at least one person", "without a semicolon", "are the same", "go on", "in the past" }) Assert.Contains(part, wrong.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Row", "AP-04"), Trait("Row", "AP-08")]
    [InlineData(StepRule.First, "Approve", true)]
    [InlineData(StepRule.All, "Approve", false)]
    [InlineData(StepRule.All, "Reject", true)]
    public void One_answer_of_two_decides_by_the_steps_rule(StepRule rule, string answer, bool complete)
    {
        var (one, two) = (new ApprovalRequest { Id = Guid.NewGuid(), Step = 1, State = RequestState.Answered, Answer = answer, AnswerNo = 1 }, new ApprovalRequest { Id = Guid.NewGuid(), Step = 1, State = RequestState.Open });
        var next = ApprovalRules.After(new Dictionary<int, StepRule> { [1] = rule }, [one, two], one.Id, AnswerWord.Usual);
        Assert.Equal(complete ? answer : null, next.Result);
        Assert.Equal(complete ? [two.Id] : [], next.Close);
        Assert.Equal(answer == "Reject", next.Stopped);
    }
}
