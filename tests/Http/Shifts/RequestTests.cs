using System.Net;
using HealthTeams.Collaboration.Shifts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace HealthTeams.Tests.Shifts;

public sealed class RequestTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly DateOnly Tuesday = ShiftScene.Tuesday;

    [Fact]
    [Trait("Row", "SH-11")]
    [Trait("Row", "SH-12")]
    public async Task A_swap_goes_from_sender_to_colleague_to_manager_and_the_shifts_change_hands_together()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith");
        var (hers, claras) = (await scene.Shift("mary", Tuesday, "07:00", "15:00"), await scene.Shift("clara", Tuesday.AddDays(1), "07:00", "15:00"));
        await Swap(scene, "mary", hers, claras);
        var request = await scene.Request();
        Assert.Equal("pending recipient", await scene.State(request));
        Assert.Contains("waits for you", await scene["clara"].GetStringAsync("/activity"), StringComparison.Ordinal);
        Assert.Contains("request-twice", await scene.Refused(HttpStatusCode.Conflict, "mary", Path(scene, "swap", hers), ("other", claras.ToString())), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene["edith"].GetAsync($"/shifts/requests/{request}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("boss", $"/shifts/requests/{request}", ("act", "Accept"), ("version", "1"))).StatusCode);
        Assert.Contains("request-step", await scene.Refused(HttpStatusCode.Conflict, "boss", $"/shifts/requests/{request}", ("act", "Approve"), ("version", "1")), StringComparison.Ordinal);
        await scene.Act("clara", request, "Accept", ("message", "Fine with me"));
        Assert.Equal("pending manager", await scene.State(request));
        Assert.Contains("stale", await scene.Refused(HttpStatusCode.Conflict, "boss", $"/shifts/requests/{request}", ("act", "Approve"), ("version", "1")), StringComparison.Ordinal);
        Assert.Contains("Fine with me", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/requests"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("mary", $"/shifts/requests/{request}", ("act", "Approve"), ("version", "2"))).StatusCode);
        await scene.Act("boss", request, "Approve");
        Assert.Equal("approved manager", await scene.State(request));
        Assert.Equal((scene.People["clara"], scene.People["mary"]), (await scene.Owner(hers), await scene.Owner(claras)));
        foreach (var who in new[] { "mary", "clara" }) Assert.Contains("is approved", await scene[who].GetStringAsync("/activity"), StringComparison.Ordinal);
        Assert.DoesNotContain("request about shifts", await scene["edith"].GetStringAsync("/activity"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("request-over", await scene.Refused(HttpStatusCode.Conflict, "mary", $"/shifts/requests/{request}", ("act", "Withdraw"), ("version", "3")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-22")]
    public async Task A_request_that_would_break_rules_is_refused_with_each_of_them()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var hers = await scene.Shift("mary", Tuesday, "14:00", "22:00");
        await scene.Done("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("clara", Tuesday.AddDays(1), "06:00", "14:00"), ("share", "true")]);
        await scene.Rules("weekly_hours = 10");
        await product.Sql($"update collab.shift set skills = array['ECMO'] where id = '{hers}'");
        var said = await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", Path(scene, "offer", hers), ("recipient", scene.People["clara"].ToString()));
        foreach (var part in new[] { "8 h of rest", "16 h in the week", "lacks ECMO" }) Assert.Contains(part, said, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift_request where team = '{scene.Team}'"));

        var begun = await scene.Shift("mary", new DateOnly(2026, 11, 23), "07:00", "13:00", label: "Begun", more: ("Overriding", "test"));
        Assert.Contains("has begun", await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", Path(scene, "offer", begun), ("recipient", scene.People["clara"].ToString())), StringComparison.Ordinal);
        await scene.Rules("weekly_hours = 0");
        var (one, same) = (await scene.Shift("mary", Tuesday.AddDays(7), "07:00", "15:00"), await scene.Shift("clara", Tuesday.AddDays(7), "07:00", "15:00"));
        Assert.Contains("are the same", await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", Path(scene, "swap", one), ("other", same.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-12")]
    public async Task Rules_run_again_at_approval_and_a_manager_sets_soft_ones_aside_with_a_reason()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var hers = await scene.Shift("mary", Tuesday, "14:00", "22:00");
        await Offer(scene, "mary", hers, "clara");
        var request = await scene.Request();
        await scene.Act("clara", request, "Accept");
        await scene.Shift("clara", Tuesday.AddDays(1), "06:00", "14:00");
        Assert.Contains("8 h of rest", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/requests/{request}", ("act", "Approve"), ("version", "2")), StringComparison.Ordinal);
        await scene.Act("boss", request, "Approve", ("overriding", "She asked for it"));
        Assert.Equal(scene.People["clara"], await scene.Owner(hers));
        Assert.Contains("8 h of rest", await product.Ask<string>($"select overridden[1] from collab.shift_request where id = '{request}'"), StringComparison.Ordinal);

        var second = await scene.Shift("mary", Tuesday.AddDays(7), "07:00", "15:00");
        await Offer(scene, "mary", second, "clara");
        var hard = await scene.Request();
        await scene.Act("clara", hard, "Accept");
        await scene.Shift("clara", Tuesday.AddDays(7), "10:00", "12:00");
        Assert.Contains("works already", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/requests/{hard}", ("act", "Approve"), ("version", "2"), ("overriding", "please")), StringComparison.Ordinal);
        Assert.Equal(scene.People["mary"], await scene.Owner(second));
    }

    [Fact]
    [Trait("Row", "SH-11")]
    public async Task Rivals_and_requests_about_shifts_that_are_gone_are_declined_by_the_system()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith");
        var hers = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        await Offer(scene, "mary", hers, "clara");
        var first = await scene.Request();
        await Offer(scene, "mary", hers, "edith");
        var rival = await scene.Request();
        await scene.Act("clara", first, "Accept");
        await scene.Act("boss", first, "Approve");
        Assert.Equal("declined system rival", await scene.State(rival));
        Assert.Contains("request about shifts ended", await scene["edith"].GetStringAsync("/activity"), StringComparison.Ordinal);

        await Offer(scene, "clara", hers, "edith");
        var orphan = await scene.Request();
        await scene.Done("boss", $"/shifts/{scene.Team}/item/{hers}?handler=removal", ("version", $"{await product.Ask<int>($"select version from collab.shift where id = '{hers}'")}"));
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Equal("declined system shift-gone", await scene.State(orphan));

        var next = await scene.Shift("mary", Tuesday.AddDays(7), "07:00", "15:00");
        await Offer(scene, "mary", next, "clara");
        var declined = await scene.Request();
        await scene.Act("clara", declined, "Decline");
        Assert.Equal("declined recipient", await scene.State(declined));
        await Offer(scene, "mary", next, "clara");
        var withdrawn = await scene.Request();
        await scene.Act("mary", withdrawn, "Withdraw");
        Assert.Equal(HttpStatusCode.NotFound, (await scene["clara"].GetAsync($"/shifts/requests/{withdrawn}")).StatusCode);
        Assert.Equal("approved manager", await scene.State(first));
    }

    [Fact]
    [Trait("Row", "SH-06")]
    [Trait("Row", "SH-12")]
    public async Task Claims_of_an_open_shift_take_its_places_until_none_is_left()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith");
        var open = await scene.OpenShift(Tuesday, "07:00", "15:00", 2);
        var claims = new List<Guid>();
        foreach (var who in new[] { "mary", "clara", "edith" })
        {
            await scene.Done(who, $"/shifts?handler=claim&shift={open}");
            claims.Add(await scene.Request());
        }
        Assert.Contains("request-twice", await scene.Refused(HttpStatusCode.Conflict, "mary", $"/shifts?handler=claim&shift={open}"), StringComparison.Ordinal);
        Assert.Equal("pending manager", await scene.State(claims[0]));
        await scene.Act("boss", claims[0], "Approve");
        await scene.Act("boss", claims[1], "Approve");
        Assert.Equal("declined system no-slots", await scene.State(claims[2]));
        Assert.Equal(HttpStatusCode.Conflict, (await scene.Post("boss", $"/shifts/requests/{claims[2]}", ("act", "Approve"), ("version", "2"))).StatusCode);
        Assert.Equal((0, 2L), (await product.Ask<int>($"select slots from collab.shift where id = '{open}'"), await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'shift' and not draft")));
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("boss", $"/shifts?handler=claim&shift={open}")).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-06")]
    public async Task Twenty_claims_at_once_on_two_places_two_win()
    {
        var scene = await ShiftScene.Open(product, "claimer");
        await scene.Rules("auto_approve = true");
        var open = await scene.OpenShift(Tuesday, "07:00", "15:00", 2);
        // Twenty people with a session each: signing in twenty times would measure password hashing.
        var people = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var person in people)
        {
            await product.Sql($"""
                insert into collab.person (tenant, id, kind, family, updated_at) values (1, '{person}', 'Staff', 'Rival', now());
                insert into collab.team_member (tenant, team, person, role, since) values (1, '{scene.Team}', '{person}', 'Member', now());
                insert into collab.shift_group_member (tenant, shift_group, person) values (1, '{scene.Group}', '{person}')
                """);
        }
        var fhir = await product.Fhir();
        await product.Sql($"insert into collab.person_key (tenant, source, reference, person) select 1, '{Guid.Empty}', 'Practitioner/rival-' || id, id from collab.person where id = any(array['{string.Join("','", people)}']::uuid[])");
        foreach (var person in people) await fhir.PutAsync($"/fhir/Practitioner/rival-{person}", FhirHttp.Json($$"""{"resourceType":"Practitioner","id":"rival-{{person}}","name":[{"family":"Rival"}]}"""));
        var answers = await Task.WhenAll(people.Select(async person =>
        {
            using var client = await product.Fhir();
            return await client.PostAsync("/fhir/Task", FhirHttp.Json($$$"""
                {"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/shift-request","code":"open-shift"}]},
                 "focus":{"reference":"Slot/{{{open}}}"},"requester":{"reference":"Practitioner/rival-{{{person}}}"}}
                """));
        }));
        Assert.Equal(2, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.Created), a => Assert.Equal(HttpStatusCode.Conflict, a.StatusCode));
        Assert.Equal((0, 2L, 2L), (await product.Ask<int>($"select slots from collab.shift where id = '{open}'"), await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'shift'"),
            await product.Ask<long>($"select count(*) from collab.shift_request where team = '{scene.Team}'")));
        Assert.Contains("no-slots", await scene.Refused(HttpStatusCode.Conflict, "claimer", $"/shifts?handler=claim&shift={open}"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-23")]
    public async Task An_open_shift_of_a_sibling_team_goes_by_the_groups_name_and_its_manager_decides()
    {
        var home = await ShiftScene.Open(product, "mary");
        var away = await ShiftScene.Open(product, "clara");
        var open = await away.OpenShift(Tuesday, "07:00", "15:00", 1);
        Assert.Equal(HttpStatusCode.NotFound, (await home.Post("mary", $"/shifts?handler=claim&shift={open}")).StatusCode);
        await home.Rules("cross_location = true");
        await away.Rules("cross_location = true");
        Assert.Contains("another place", await home["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        await home.Done("mary", $"/shifts?handler=claim&shift={open}");
        var request = await away.Request();
        Assert.Equal(HttpStatusCode.NotFound, (await home.Post("boss", $"/shifts/requests/{request}", ("act", "Approve"), ("version", "1"))).StatusCode);
        await away.Act("boss", request, "Approve");
        Assert.Contains(away.Name, await home["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await home["mary"].GetAsync($"/shifts/{away.Team}")).StatusCode);

        await product.Sql($"insert into collab.workforce (tenant, team, url, secret, supports) values (1, '{away.Team}', 'http://127.0.0.1:1', 'x', '{{}}')");
        var second = await away.OpenShift(Tuesday.AddDays(2), "07:00", "15:00", 1);
        Assert.Equal(HttpStatusCode.NotFound, (await home.Post("mary", $"/shifts?handler=claim&shift={second}")).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-07")]
    [Trait("Row", "SH-12")]
    public async Task Approved_time_off_appears_on_the_roster_and_shifts_and_time_off_exclude_each_other()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Shift("mary", Tuesday, "07:00", "15:00");
        var vacation = (await scene.Reason()).ToString();
        Task<HttpResponseMessage> Off(string who, string from, string to) => scene.Post(who, $"/shifts/{scene.Team}/ask?kind=off", ("date", from), ("start", "00:00"), ("endDate", to), ("end", "00:00"), ("reason", vacation));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Off("mary", "2026-11-24", "2026-11-26")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Off("mary", "2026-12-01", "2026-12-08")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Off("mary", "2026-12-01", "2026-12-08")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Off("boss", "2026-12-01", "2026-12-08")).StatusCode);
        await scene.Act("boss", await scene.Request(), "Approve");
        Assert.Contains("Vacation", await scene["clara"].GetStringAsync($"/shifts/{scene.Team}?from=2026-11-30"), StringComparison.Ordinal);
        await scene.Rules("others_off = false");
        Assert.DoesNotContain("Vacation", await scene["clara"].GetStringAsync($"/shifts/{scene.Team}?from=2026-11-30"), StringComparison.Ordinal);
        Assert.Contains("is off from", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", new DateOnly(2026, 12, 2), "07:00", "15:00"), ("Overriding", "please")]), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-01")]
    public async Task What_is_switched_off_cannot_be_asked_for_and_a_schedule_that_is_off_changes_nothing()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var hers = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        var open = await scene.OpenShift(Tuesday.AddDays(1), "07:00", "15:00", 1);
        await scene.Rules("swaps = false, offers = false, open_shifts = false, time_off = false, time_clock = false");
        Assert.Equal(HttpStatusCode.Conflict, (await scene.Post("mary", Path(scene, "offer", hers), ("recipient", scene.People["clara"].ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await scene.Post("mary", $"/shifts?handler=claim&shift={open}")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await scene.Post("mary", "/shifts?handler=clock", ("team", scene.Team.ToString()), ("act", "in"))).StatusCode);
        await scene.Rules("enabled = false");
        Assert.Equal(HttpStatusCode.Conflict, (await scene.Post("boss", $"/shifts/{scene.Team}/item", scene.Fields("mary", Tuesday.AddDays(3), "07:00", "15:00"))).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-13")]
    public async Task The_clock_keeps_what_was_clocked_and_is_confirmed_by_the_person_and_the_manager()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        Task<HttpResponseMessage> Clock(string who, string act, string place = "true") => scene.Post(who, "/shifts?handler=clock", ("team", scene.Team.ToString()), ("act", act), ("atPlace", place));
        Assert.Equal(HttpStatusCode.SeeOther, (await Clock("mary", "in", "false")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Clock("mary", "in")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Clock("mary", "break")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Clock("mary", "break")).StatusCode);
        product.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(HttpStatusCode.SeeOther, (await Clock("mary", "resume")).StatusCode);
        product.Clock.Advance(TimeSpan.FromMinutes(12));
        Assert.Equal(HttpStatusCode.SeeOther, (await Clock("mary", "out")).StatusCode);
        var card = await product.Ask<Guid>($"select id from collab.time_card where team = '{scene.Team}'");
        Assert.Contains("0.2 h", await scene["mary"].GetStringAsync($"/shifts/{scene.Team}/time"), StringComparison.Ordinal);
        Assert.DoesNotContain("0.2 h", await scene["clara"].GetStringAsync($"/shifts/{scene.Team}/time"), StringComparison.Ordinal);
        Assert.Contains("Not at the place", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/time"), StringComparison.Ordinal);

        Task<HttpResponseMessage> Edit(string who, string handler, int version, params (string, string)[] more) =>
            scene.Post(who, $"/shifts/{scene.Team}/time?handler={handler}", [("card", card.ToString()), ("version", $"{version}"), .. more]);
        Assert.Equal(HttpStatusCode.NotFound, (await Edit("clara", "confirm", 4)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Edit("mary", "confirm", 4)).StatusCode);
        (string, string)[] correct = [("date", "2026-11-23"), ("start", "09:00"), ("end", "10:15"), ("breaks", "09:30-09:45"), ("notes", "Forgot to clock in")];
        Assert.Equal(HttpStatusCode.SeeOther, (await Edit("mary", "correct", 5, correct)).StatusCode);
        Assert.Equal("none", await product.Ask<string>($"select confirmed_by from collab.time_card where id = '{card}'"));
        Assert.Contains("<strong>1 h</strong>", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}/time"), StringComparison.Ordinal);
        var original = await product.Ask<string>($"select original ->> 'inAt' from collab.time_card where id = '{card}'");
        Assert.Equal(HttpStatusCode.SeeOther, (await Edit("boss", "correct", 6, correct)).StatusCode);
        Assert.Equal(original, await product.Ask<string>($"select original ->> 'inAt' from collab.time_card where id = '{card}'"));
        Assert.Equal(HttpStatusCode.Conflict, (await Edit("boss", "confirm", 6)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Edit("boss", "confirm", 7)).StatusCode);
        Assert.Equal("manager", await product.Ask<string>($"select confirmed_by from collab.time_card where id = '{card}'"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Edit("boss", "correct", 8, ("date", "2026-11-23"), ("start", "09:00"), ("end", "23:00"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await scene["boss"].GetAsync($"/shifts/{scene.Team}/export?what=time&from=2026-11-23&days=7")).StatusCode);
    }

    [Fact]
    public async Task The_rosters_pages_hear_of_changes_and_those_of_other_teams_do_not()
    {
        var scene = await ShiftScene.Open(product, "mary", "guest");
        var other = await ShiftScene.Open(product, "stranger");
        await using var inside = await Hub($"{scene.Name}-mary");
        await inside.InvokeAsync("Watch", $"schedule/{scene.Team}");
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        inside.On<System.Text.Json.JsonElement>("changed", c => heard.TrySetResult(c.GetRawText()));
        foreach (var outsider in new[] { $"{scene.Name}-guest", $"{other.Name}-stranger" })
        {
            await using var hub = await Hub(outsider);
            await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("Watch", $"schedule/{scene.Team}"));
        }
        await scene.Shift("mary", Tuesday, "07:00", "15:00", label: "Unheard");
        var told = await heard.Task.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Contains("shift.", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Unheard", told, StringComparison.Ordinal);
    }

    private async Task<HubConnection> Hub(string name)
    {
        var cookies = new SecureCookies();
        using var client = new HttpClient(cookies) { BaseAddress = product.Url };
        await product.SignIn(client, name.Replace(' ', '-').ToLowerInvariant());
        var hub = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = cookies.Header).Build();
        await hub.StartAsync();
        return hub;
    }

    private static string Path(ShiftScene scene, string kind, Guid shift) => $"/shifts/{scene.Team}/ask?kind={kind}&shift={shift}";

    private static Task Swap(ShiftScene scene, string who, Guid mine, Guid other) => scene.Done(who, Path(scene, "swap", mine), ("other", other.ToString()), ("message", "Please"));

    private static Task Offer(ShiftScene scene, string who, Guid shift, string to) => scene.Done(who, Path(scene, "offer", shift), ("recipient", scene.People[to].ToString()));
}
