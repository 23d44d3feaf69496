using System.Net;
using HealthTeams.Tests.Shifts;
using Xunit;

namespace HealthTeams.Tests.RosterPlans;

/// <summary>Rosters planned by the machine, as managers and staff meet them. The clock stands still; the search takes real seconds.</summary>
public sealed class RosterPlanTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly DateOnly First = new(2026, 11, 30);

    [Fact]
    [Trait("Row", "16.12")]
    [Trait("Row", "SH-20")]
    public async Task A_plan_becomes_drafts_that_only_managers_see_is_taken_out_again_and_is_laid_once()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 2);
        var page = await scene["boss"].GetStringAsync(At(scene, plan));
        Assert.Contains("No rule is broken", page, StringComparison.Ordinal);
        Assert.Contains("no shift short", page, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));

        var version = await Version(plan);
        await scene.Done("boss", At(scene, plan) + "?handler=lay", ("version", $"{version}"));
        Assert.Equal(21L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft and kind = 'shift'"));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and not draft"));
        var roster = $"/shifts/{scene.Team}?from={First:yyyy-MM-dd}";
        Assert.Contains("21 changes are not shared", ShiftScene.Said(await scene["boss"].GetStringAsync(roster)), StringComparison.Ordinal);
        Assert.DoesNotContain("07:00", ShiftScene.Said(await scene["mary"].GetStringAsync(roster)), StringComparison.Ordinal);
        Assert.DoesNotContain("shared the roster", await scene["mary"].GetStringAsync("/activity"), StringComparison.Ordinal);
        Assert.Contains("stale", await scene.Refused(HttpStatusCode.Conflict, "boss", At(scene, plan) + "?handler=lay", ("version", $"{version}")), StringComparison.Ordinal);

        await scene.Done("boss", At(scene, plan) + "?handler=undo");
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));

        // Laid again, then one of its shifts is shared: it cannot be taken out as a whole any more.
        await scene.Done("boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}"));
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", $"{First:yyyy-MM-dd}"), ("to", $"{First:yyyy-MM-dd}"));
        Assert.Contains("plan-moved-on", await scene.Refused(HttpStatusCode.Conflict, "boss", At(scene, plan) + "?handler=undo"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-14")]
    public async Task A_workforce_system_that_says_nothing_keeps_a_plan_out_of_the_roster_where_that_is_the_setting()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 2);
        await product.Sql($"""
            insert into platform.outbound_host (origin, private_ranges, added_at) values ('http://127.0.0.1:*', true, now()) on conflict do nothing;
            insert into collab.workforce (tenant, team, url, secret, supports) values (1, '{scene.Team}', 'http://127.0.0.1:1', 'a secret of thirty-two characters', array['shift'])
            """);
        var lay = ("version", $"{await Version(plan)}");
        await scene.Refused(HttpStatusCode.ServiceUnavailable, "boss", At(scene, plan) + "?handler=lay", lay);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));
        await product.Sql($"update collab.workforce set on_silence = 'allow' where team = '{scene.Team}'");
        await scene.Done("boss", At(scene, plan) + "?handler=lay", lay);
        Assert.Equal(21L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft and kind = 'shift'"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task Members_guests_other_teams_and_other_hospitals_neither_plan_nor_see_plans()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "guest");
        var other = await ShiftScene.Open(product, "mary");
        await product.Staff($"north-{scene.Team:N}"[..20], "Blackwell", "north", "nurse");
        var north = await product.SignedIn($"north-{scene.Team:N}"[..20]);
        var plan = await Planned(scene, seconds: 1);
        foreach (var path in new[] { $"/shifts/{scene.Team}/plans", At(scene, plan), $"/shifts/{scene.Team}/ill", $"/shifts/{scene.Team}/ledger", $"/shifts/{scene.Team}/plans/compare?a={plan}&b={plan}" })
        {
            Assert.Equal(HttpStatusCode.OK, (await scene["boss"].GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await scene["mary"].GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await scene["guest"].GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await other["boss"].GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync(path)).StatusCode);
        }
        // The id of another team's plan under one's own team's address is nothing.
        Assert.Equal(HttpStatusCode.NotFound, (await other["boss"].GetAsync($"/shifts/{other.Team}/plans/{plan}")).StatusCode);
        foreach (var act in new[] { "lay", "halt", "discard", "undo", "pin&day=2026-11-30", "again" })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("mary", At(scene, plan) + $"?handler={act}", ("version", "1"))).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await other.Post("boss", $"/shifts/{other.Team}/plans/{plan}?handler={act}", ("version", "1"))).StatusCode);
        }
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task One_plan_at_a_time_and_stop_keeps_the_best_so_far()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        // Wishes that cannot all be met keep it searching.
        foreach (var who in new[] { "mary", "clara", "edith", "linda" }) await scene.Done(who, $"/shifts/{scene.Team}/wishes", ("day", "2026-12-02"), ("wants", "false"), ("weight", "3"));
        var plan = await Begun(scene, seconds: 300, days: 28);
        Assert.Contains("plan-runs", await scene.Refused(HttpStatusCode.Conflict, "boss", $"/shifts/{scene.Team}/plans", Ask(scene, 1, 7)), StringComparison.Ordinal);
        await TestProduct.Until(() => product.Ask<bool>($"select cells is not null or state not in ('queued', 'running') from collab.roster_plan where id = '{plan}'"), "something is found", 60);
        Assert.Contains("Stop and keep", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
        await scene.Done("boss", At(scene, plan) + "?handler=halt");
        await Ended(plan);
        Assert.Equal("stopped", await product.Ask<string>($"select state from collab.roster_plan where id = '{plan}'"));
        Assert.Contains("No rule is broken", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task A_plan_whose_worker_died_ends_with_its_best_so_far()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 1);
        await product.Sql($"update collab.roster_plan set state = 'running', claim = claim + 7, due = '2020-01-01' where id = '{plan}'");
        await TestProduct.Until(() =>
        {
            product.Clock.Advance(TimeSpan.FromSeconds(1)); // the worker looks every two
            return product.Ask<bool>($"select state = 'stopped' and why = 'interrupted' from collab.roster_plan where id = '{plan}'");
        }, "the lease is found to have run out");
        Assert.Contains("Cut short by a restart", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
        await scene.Done("boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    [Trait("Row", "SH-22")]
    public async Task A_roster_that_moved_on_refuses_the_plan_with_each_broken_rule_and_keeps_nothing_of_it()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 1);
        // Whoever has a shift on the Tuesday is given time off over it.
        var who = await product.Ask<Guid>($"select (c->>'person')::uuid from collab.roster_plan p, jsonb_array_elements(p.cells) c where p.id = '{plan}' and c->>'day' = '1' limit 1");
        await scene.Done("boss", $"/shifts/{scene.Team}/item", ("Kind", "off"), ("Person", $"{who}"), ("Reason", $"{await scene.Reason()}"), ("Date", "2026-12-01"), ("Start", "00:00"), ("EndDate", "2026-12-02"), ("End", "00:00"), ("share", "true"));
        Assert.Contains("would break rules now", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
        Assert.Contains("is off from", await scene.Refused(HttpStatusCode.Conflict, "boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}")), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'shift'"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task A_kept_cell_is_kept_when_it_is_solved_again_and_two_plans_stand_side_by_side()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 1);
        var cell = (await product.Ask<string>($"select (c->>'person') || '|' || (c->>'shift') from collab.roster_plan p, jsonb_array_elements(p.cells) c where p.id = '{plan}' and c->>'day' = '2' limit 1"))!.Split('|');
        var pin = new[] { ("person", cell[0]), ("day", "2026-12-02"), ("shift", cell[1]) };
        await scene.Done("boss", At(scene, plan) + "?handler=pin", [.. pin, ("forbid", "true")]);
        Assert.Contains("not this the next time", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
        var answer = await scene.Post("boss", At(scene, plan) + "?handler=again", ("seconds", "1"), ("w-wishes", "9"));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var next = Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
        await Ended(next);
        Assert.False(await product.Ask<bool>($"select exists (select from collab.roster_plan p, jsonb_array_elements(p.cells) c where p.id = '{next}' and c->>'day' = '2' and c->>'person' = '{cell[0]}' and c->>'shift' = '{cell[1]}')"));
        Assert.Equal(9, await product.Ask<int>($"select (ask->'weights'->>'wishes')::int from collab.roster_plan where id = '{next}'"));
        var beside = await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/plans/compare?a={plan}&b={next}");
        Assert.Contains("Two plans side by side", beside, StringComparison.Ordinal);
        Assert.Contains("class=\"differs\"", beside, StringComparison.Ordinal);
        Assert.Contains("plan-cell", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", At(scene, plan) + "?handler=pin", ("person", cell[0]), ("day", "2027-12-02"), ("shift", "0"), ("forbid", "true")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task Wishes_are_ones_own_few_and_met_where_they_can_be()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda", "guest");
        var path = $"/shifts/{scene.Team}/wishes";
        await scene.Done("boss", $"/shifts/{scene.Team}/ledger", ("wishes", "2"));
        await scene.Done("mary", path, ("day", "2026-12-02"), ("wants", "false"), ("weight", "3"));
        Assert.Contains("wish-there", await scene.Refused(HttpStatusCode.Conflict, "mary", path, ("day", "2026-12-02"), ("wants", "true"), ("weight", "1")), StringComparison.Ordinal);
        await scene.Done("mary", path, ("day", "2026-12-03"), ("label", "Late"), ("wants", "false"), ("weight", "2"));
        Assert.Contains("wish-limit", await scene.Refused(HttpStatusCode.Conflict, "mary", path, ("day", "2026-12-04"), ("wants", "true"), ("weight", "1")), StringComparison.Ordinal);
        await scene.Done("mary", path, ("day", "2026-11-30"), ("wants", "true"), ("weight", "1"));
        Assert.Contains("wish-day", await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", path, ("day", "2026-11-23"), ("wants", "true"), ("weight", "1")), StringComparison.Ordinal);
        Assert.Contains("rather not Late", await scene["mary"].GetStringAsync(path), StringComparison.Ordinal);
        Assert.DoesNotContain("rather not Late", await scene["clara"].GetStringAsync(path), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene["guest"].GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("mary", $"/shifts/{scene.Team}/ledger", ("wishes", "31"))).StatusCode);
        var wish = await product.Ask<Guid>($"select id from collab.roster_wish where team = '{scene.Team}' limit 1");
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Post("clara", path + "?handler=back", ("id", $"{wish}"))).StatusCode);
        Assert.Equal(3L, await product.Ask<long>($"select count(*) from collab.roster_wish where team = '{scene.Team}'"));

        var plan = await Planned(scene, seconds: 2);
        Assert.Contains("every wish met", await scene["boss"].GetStringAsync(At(scene, plan)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "16.12")]
    [Trait("Row", "SH-07")]
    public async Task After_a_sick_call_a_colleague_takes_the_shift_as_a_draft_and_is_told_when_it_is_shared()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var day = First;
        var shift = await scene.Shift("mary", day, "07:00", "15:00", label: "Early");
        await scene.Shift("clara", day.AddDays(1), "14:00", "22:00", label: "Late");
        await scene.Shift("boss", day, "15:00", "23:00", label: "Evening");
        var plan = await Ill(scene, "mary", day, day);
        var page = ShiftScene.Said(await scene["boss"].GetStringAsync(At(scene, plan)));
        Assert.Contains("1 day of somebody else changes", page, StringComparison.Ordinal);
        Assert.Contains("off → Early", page, StringComparison.Ordinal);
        await scene.Done("boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}"));
        // The shift keeps its identity; until it is shared everybody sees it where it was.
        Assert.Equal(scene.People["mary"], await scene.Owner(shift));
        Assert.Equal(scene.People["clara"], await product.Ask<Guid>($"select person from collab.shift where id = '{shift}' and draft"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'off' and draft and person = '{scene.People["mary"]}'"));
        Assert.DoesNotContain("30-Nov", await scene["clara"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", $"{day:yyyy-MM-dd}"), ("to", $"{day:yyyy-MM-dd}"));
        Assert.Equal(scene.People["clara"], await scene.Owner(shift));
        Assert.Contains("shared the roster", await scene["clara"].GetStringAsync("/activity"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "16.12")]
    [Trait("Row", "SH-06")]
    public async Task Where_nobody_can_take_it_the_rule_that_stops_each_is_named_and_it_becomes_an_open_shift()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Shift("mary", First, "07:00", "15:00", label: "Early");
        await scene.Shift("clara", First.AddDays(-1), "21:30", "23:30", label: "Late");
        await scene.Shift("boss", First, "08:00", "16:00", label: "Office");
        var plan = await Ill(scene, "mary", First, First);
        var page = ShiftScene.Said(await scene["boss"].GetStringAsync(At(scene, plan)));
        Assert.Contains("1 shift short", page, StringComparison.Ordinal);
        Assert.Contains("7.5 h of rest beside the shift", page, StringComparison.Ordinal);
        await scene.Done("boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'open' and draft and slots = 1 and label = 'Early'"));
        await scene.Done("boss", At(scene, plan) + "?handler=undo");
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft"));
        Assert.Equal(3L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and not draft"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task A_roster_that_moved_on_since_a_sick_call_was_solved_loses_no_shift()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var shift = await scene.Shift("mary", First, "07:00", "15:00", label: "Early");
        await scene.Shift("boss", First, "15:00", "23:00", label: "Evening");
        var plan = await Ill(scene, "mary", First, First);
        // The plan gives clara mary's shift; meanwhile she has one of her own.
        await scene.Shift("clara", First, "07:00", "15:00", label: "Early");
        Assert.Contains("plan-moved-on", await scene.Refused(HttpStatusCode.Conflict, "boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}")), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft"));
        Assert.Equal(scene.People["mary"], await scene.Owner(shift));
        // No cell is before the first shift.
        Assert.Contains("plan-cell", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", At(scene, plan) + "?handler=pin", ("person", $"{scene.People["clara"]}"), ("day", $"{First:yyyy-MM-dd}"), ("shift", "-1"), ("forbid", "true")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task A_plan_takes_no_draft_away_that_was_made_after_it_began()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith", "linda");
        var plan = await Planned(scene, seconds: 1);
        // Everybody is drafted for one early, by hand: the plan has it for one of them.
        await product.Sql($"""
            insert into collab.shift (tenant, id, draft, team, kind, person, shift_group, label, starts_at, ends_at, changed_at)
            select 1, gen_random_uuid(), true, '{scene.Team}', 'shift', m.person, '{scene.Group}', 'Early', timestamptz '2026-11-30 06:00Z', timestamptz '2026-11-30 14:00Z', now()
            from collab.team_member m where m.team = '{scene.Team}'
            """);
        var drafts = await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft");
        Assert.Contains("plan-unseen-drafts", await scene.Refused(HttpStatusCode.Conflict, "boss", At(scene, plan) + "?handler=lay", ("version", $"{await Version(plan)}")), StringComparison.Ordinal);
        Assert.Equal(drafts, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task What_cannot_be_planned_is_refused_with_what_to_do_and_what_was_typed_stays()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var path = $"/shifts/{scene.Team}/plans";
        Assert.Contains("plan-range", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, Ask(scene, 1, 63)), StringComparison.Ordinal);
        Assert.Contains("plan-seconds", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, Ask(scene, 601, 7)), StringComparison.Ordinal);
        Assert.Contains("plan-groups", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, [.. Ask(scene, 1, 7).Where(f => f.Item1 != "groups")]), StringComparison.Ordinal);
        Assert.Contains("group-unknown", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, [.. Ask(scene, 1, 7), ("groups", $"{Guid.NewGuid()}")]), StringComparison.Ordinal);
        var bad = await scene.Post("boss", path, [.. Ask(scene, 1, 7).Where(f => f.Item1 != "s0-to")]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bad.StatusCode);
        Assert.Contains("value=\"Early\"", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var bold = await scene.Post("boss", path, [.. Ask(scene, 1, 7).Where(f => f.Item1 != "s0-label"), ("s0-label", "<script>alert(1)</script>"), ("s0-1", "999")]);
        Assert.DoesNotContain("<script>alert", await bold.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await scene.Post("boss", path, [.. Ask(scene, 1, 7), ("w-wishes", "11")])).StatusCode);
        Assert.Contains("plan-ill", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/ill", ("first", "2026-11-30"), ("last", "2026-11-30")), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.roster_plan where team = '{scene.Team}'"));
    }

    [Fact]
    [Trait("Row", "16.12")]
    public async Task The_ledger_counts_what_was_shared_and_no_drafts()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Rules("rest_hours = 0, weekly_hours = 0");
        await scene.Shift("mary", new(2026, 11, 14), "22:00", "06:00", label: "Night");
        await scene.Shift("mary", new(2026, 11, 15), "22:00", "06:00", label: "Night");
        await scene.Shift("clara", new(2026, 11, 14), "22:00", "06:00", share: false, label: "Night");
        var page = System.Text.RegularExpressions.Regex.Replace(ShiftScene.Said(await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/ledger")), @"\s+", " ");
        Assert.Contains("Mary 2 16 2 1 0 0", page, StringComparison.Ordinal);
        Assert.Contains("Clara 0 0 0 0 0 0", page, StringComparison.Ordinal);
    }

    private static string At(ShiftScene scene, Guid plan) => $"/shifts/{scene.Team}/plans/{plan}";

    private Task<int> Version(Guid plan) => product.Ask<int>($"select version from collab.roster_plan where id = '{plan}'");

    private static (string, string)[] Ask(ShiftScene scene, int seconds, int days) =>
    [
        ("first", $"{First:yyyy-MM-dd}"), ("days", $"{days}"), ("seconds", $"{seconds}"), ("groups", $"{scene.Group}"), ("moveDrafts", "true"),
        .. Shift(scene, 0, "Early", "07:00", "15:00"), .. Shift(scene, 1, "Late", "14:00", "22:00"), .. Shift(scene, 2, "Night", "21:30", "07:15"),
    ];

    private static IEnumerable<(string, string)> Shift(ShiftScene scene, int n, string label, string from, string to) =>
    [
        ($"s{n}-label", label), ($"s{n}-from", from), ($"s{n}-to", to), ($"s{n}-group", $"{scene.Group}"), .. Enumerable.Range(0, 7).Select(d => ($"s{n}-{d}", "1")),
    ];

    private async Task<Guid> Begun(ShiftScene scene, int seconds, int days = 7)
    {
        var answer = await scene.Post("boss", $"/shifts/{scene.Team}/plans", Ask(scene, seconds, days));
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, ShiftScene.Said(await answer.Content.ReadAsStringAsync()));
        return Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
    }

    private async Task<Guid> Planned(ShiftScene scene, int seconds)
    {
        var plan = await Begun(scene, seconds);
        await Ended(plan);
        return plan;
    }

    private async Task<Guid> Ill(ShiftScene scene, string who, DateOnly from, DateOnly to)
    {
        var answer = await scene.Post("boss", $"/shifts/{scene.Team}/ill", ("person", $"{scene.People[who]}"), ("first", $"{from:yyyy-MM-dd}"), ("last", $"{to:yyyy-MM-dd}"), ("reason", $"{await scene.Reason("Sick")}"));
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, ShiftScene.Said(await answer.Content.ReadAsStringAsync()));
        var plan = Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
        await Ended(plan);
        return plan;
    }

    private Task Ended(Guid plan) => TestProduct.Until(() => product.Ask<bool>($"select state not in ('queued', 'running') from collab.roster_plan where id = '{plan}'"), "the plan ends", 60);
}
