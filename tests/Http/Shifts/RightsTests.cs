using System.Net;
using Xunit;

namespace HealthTeams.Tests.Shifts;

/// <summary>Who may what of a schedule, and requests that would leave too few.</summary>
public sealed class RightsTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly DateOnly Tuesday = ShiftScene.Tuesday;

    [Fact, Trait("Row", "SH-12")]
    public async Task An_owner_of_the_schedule_may_what_is_ticked_and_nothing_else()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "planner", "decider", "payroll");
        await scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=owners", ("edits", $"{scene.People["planner"]}"), ("decides", $"{scene.People["decider"]}"), ("hours", $"{scene.People["payroll"]}"));
        var mine = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=offer&shift={mine}", ("recipient", scene.People["clara"].ToString()));
        var request = await scene.Request();
        await scene.Act("clara", request, "Accept");

        // The planner changes the roster and decides nothing; the decider the other way round; payroll neither.
        await scene.Done("planner", $"/shifts/{scene.Team}/item", [.. scene.Fields("clara", Tuesday.AddDays(2), "07:00", "15:00"), ("share", "true")]);
        foreach (var who in new[] { "decider", "payroll", "mary" }) Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post(who, $"/shifts/{scene.Team}/item", scene.Fields("clara", Tuesday.AddDays(3), "07:00", "15:00"))).StatusCode);
        foreach (var who in new[] { "planner", "payroll" })
        {
            var refused = await scene.Post(who, $"/shifts/requests/{request}", ("act", "Approve"), ("version", $"{await scene.Version(request)}"));
            Assert.True(refused.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"{who}: {refused.StatusCode}");
        }
        Assert.Equal("pending manager", await scene.State(request));
        Assert.Equal(HttpStatusCode.Forbidden, (await scene["planner"].GetAsync($"/shifts/{scene.Team}/requests")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await scene["decider"].GetAsync($"/shifts/{scene.Team}/requests")).StatusCode);
        await scene.Act("decider", request, "Approve");
        Assert.Equal(scene.People["clara"], await scene.Owner(mine));
        // Only who decides is asked.
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.notice where person = '{scene.People["decider"]}' and link like '%{request}%'"));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.notice where person = '{scene.People["planner"]}' and link like '%{request}%'"));

        // Worked time: of all for payroll and the boss, one's own for everybody else.
        await scene.Done("mary", "/shifts?handler=clock", ("team", scene.Team.ToString()), ("act", "in"), ("atPlace", "true"));
        Assert.Contains("Mary", await scene["payroll"].GetStringAsync($"/shifts/{scene.Team}/time"), StringComparison.Ordinal);
        foreach (var who in new[] { "planner", "decider", "clara" }) Assert.DoesNotContain("Mary", ShiftScene.Said(await scene[who].GetStringAsync($"/shifts/{scene.Team}/time")), StringComparison.Ordinal);
        // Unticked, they are members again.
        await scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=owners");
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("planner", $"/shifts/{scene.Team}/item", scene.Fields("clara", Tuesday.AddDays(4), "07:00", "15:00"))).StatusCode);
    }

    [Fact, Trait("Row", "SH-12")]
    public async Task A_request_that_leaves_too_few_is_refused_by_name_or_asked_of_the_manager_by_setting()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "dora");
        // Three members and the boss: on Tuesdays three must be able to work.
        await product.Sql($"insert into collab.cover (tenant, id, team, weekdays, from_minute, to_minute, people) values (1, gen_random_uuid(), '{scene.Team}', '{{2}}', 420, 900, 3)");
        var vacation = (await scene.Reason()).ToString();
        (string, string)[] Off(DateOnly day) => [("date", $"{day:yyyy-MM-dd}"), ("start", "00:00"), ("endDate", $"{day.AddDays(1):yyyy-MM-dd}"), ("end", "00:00"), ("reason", vacation)];
        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=off", Off(Tuesday));
        await scene.Act("boss", await scene.Request(), "Approve");
        var said = await scene.Refused(HttpStatusCode.UnprocessableEntity, "clara", $"/shifts/{scene.Team}/ask?kind=off", Off(Tuesday));
        Assert.Contains("2 of 3 people", said, StringComparison.Ordinal);
        // Another day nobody minds.
        await scene.Done("clara", $"/shifts/{scene.Team}/ask?kind=off", Off(Tuesday.AddDays(1)));

        await scene.Rules("short_staffed = 'ask'");
        await scene.Done("clara", $"/shifts/{scene.Team}/ask?kind=off", Off(Tuesday));
        var request = await product.Ask<Guid>($"select id from collab.shift_request where team = '{scene.Team}' and sender = '{scene.People["clara"]}' and starts_at < '2026-11-24T12:00Z' and state = 'pending'");
        var without = await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/requests/{request}", ("act", "Approve"), ("version", $"{await scene.Version(request)}"));
        Assert.Contains("2 of 3 people", without, StringComparison.Ordinal);
        await scene.Act("boss", request, "Approve", ("overriding", "The agency sends two"));
        Assert.StartsWith("approved", await scene.State(request), StringComparison.Ordinal);
        Assert.Contains("2 of 3", await product.Ask<string>($"select overridden::text from collab.shift_request where id = '{request}'"), StringComparison.Ordinal);
    }
}
