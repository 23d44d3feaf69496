using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Sheets;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace HealthTeams.Tests.Shifts;

public sealed class RosterTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly DateOnly Tuesday = ShiftScene.Tuesday;

    [Fact]
    [Trait("Row", "SH-20")]
    [Trait("Row", "SH-03")]
    public async Task A_draft_is_seen_by_managers_only_until_it_is_shared_and_whose_shift_it_is_is_told()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var shift = await scene.Shift("mary", Tuesday, "07:00", "15:00", share: false, label: "Secret early");
        Assert.Contains("Secret early", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}"), StringComparison.Ordinal);
        foreach (var path in new[] { $"/shifts/{scene.Team}", "/shifts", $"/shifts/{scene.Team}?part=list" }) Assert.DoesNotContain("Secret early", await scene["mary"].GetStringAsync(path), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene["mary"].GetAsync($"/shifts/{scene.Team}/item/{shift}")).StatusCode);

        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Contains("Secret early", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        Assert.Contains("shared the roster", await scene["mary"].GetStringAsync("/activity"), StringComparison.Ordinal);
        Assert.DoesNotContain("shared the roster", await scene["clara"].GetStringAsync("/activity"), StringComparison.Ordinal);

        await scene.Shift("mary", Tuesday.AddDays(1), "07:00", "15:00", share: false);
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-25"), ("to", "2026-11-25"), ("notifyTeam", "true"));
        Assert.Contains("shared the roster", await scene["clara"].GetStringAsync("/activity"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-21")]
    public async Task A_withdrawn_roster_is_a_draft_again_and_what_has_begun_stays()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var shift = await scene.Shift("mary", Tuesday, "07:00", "15:00", label: "Gone tomorrow");
        Assert.Contains("withdraw-past", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/share?handler=withdrawal", ("from", "2026-11-23"), ("to", "2026-11-29")), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}/share?handler=withdrawal", ("from", "2026-11-24"), ("to", "2026-11-29"));
        Assert.DoesNotContain("Gone tomorrow", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        Assert.True(await product.Ask<bool>($"select draft from collab.shift where id = '{shift}'"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.event where kind = 'shift.withdrawn' and subject = 'schedule/{scene.Team}'"));
        Assert.Contains("took back the roster", await scene["mary"].GetStringAsync("/activity"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-25")]
    [Trait("Row", "SH-01")]
    public async Task Guests_other_teams_and_other_hospitals_are_not_in_shifts_and_members_do_not_manage()
    {
        var scene = await ShiftScene.Open(product, "mary", "guest");
        var other = await ShiftScene.Open(product, "stranger");
        await product.Staff("shift-north", "North", "north");
        using var north = await product.SignedIn("shift-north");
        var shift = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        foreach (var path in new[] { "", $"/item/{shift}", "/time", "/requests", "/settings", "/plan", "/share", "/export?from=2026-11-24", $"/ask?kind=swap&shift={shift}" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await other["stranger"].GetAsync($"/shifts/{scene.Team}{path}")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/shifts/{scene.Team}{path}")).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await scene["guest"].GetAsync($"/shifts/{scene.Team}{path}")).StatusCode);
        }
        foreach (var path in new[] { "/requests", "/settings", "/plan", "/share" }) Assert.Equal(HttpStatusCode.Forbidden, (await scene["mary"].GetAsync($"/shifts/{scene.Team}{path}")).StatusCode);
        foreach (var (who, status) in new[] { ("mary", HttpStatusCode.Forbidden), ("guest", HttpStatusCode.Forbidden) })
        {
            Assert.Equal(status, (await scene.Post(who, $"/shifts/{scene.Team}/item", scene.Fields("mary", Tuesday, "17:00", "18:00"))).StatusCode);
            Assert.Equal(status, (await scene.Post(who, $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"))).StatusCode);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await other.Post("stranger", $"/shifts/{scene.Team}/item", scene.Fields("mary", Tuesday, "17:00", "18:00"))).StatusCode);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));
        Assert.Contains("not-member", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/item", scene.Fields("guest", Tuesday, "17:00", "18:00")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-01")]
    public async Task A_member_who_is_made_owner_of_the_schedule_runs_it_and_no_more()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=owners", ("people", scene.People["mary"].ToString()));
        await scene.Done("mary", $"/shifts/{scene.Team}/item", scene.Fields("clara", Tuesday, "07:00", "15:00"));
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Post("mary", $"/shifts/{scene.Team}/settings?handler=owners", ("people", scene.People["clara"].ToString()))).StatusCode);
        var page = await scene["mary"].GetStringAsync($"/shifts/{scene.Team}/settings");
        var version = await product.Ask<int>($"select version from collab.schedule where team = '{scene.Team}'");
        (string, string)[] settings = [("zone", "Europe/Paris"), ("weekStart", "0"), ("enabled", "true"), ("restHours", "12"), ("weeklyHours", "40"), ("daysInRow", "5"), ("neverAfter", "Night > Early"), ("version", $"{version}")];
        await scene.Done("mary", $"/shifts/{scene.Team}/settings", settings);
        Assert.Contains("stale", await scene.Refused(HttpStatusCode.Conflict, "boss", $"/shifts/{scene.Team}/settings", settings), StringComparison.Ordinal);
        Assert.Equal("Night>Early", await product.Ask<string>($"select never_after[1] from collab.schedule where team = '{scene.Team}'"));
        Assert.DoesNotContain("Workforce system", page, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-22")]
    public async Task Soft_rules_are_set_aside_with_a_reason_that_is_kept_and_hard_ones_never()
    {
        var scene = await ShiftScene.Open(product, "mary");
        await scene.Shift("mary", Tuesday, "14:00", "22:00", label: "Late");
        var path = $"/shifts/{scene.Team}/item";
        var said = await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, [.. scene.Fields("mary", Tuesday.AddDays(1), "06:00", "14:00"), ("Skills", "ECMO")]);
        Assert.Contains("8 h of rest", said, StringComparison.Ordinal);
        Assert.Contains("lacks ECMO", said, StringComparison.Ordinal);
        await scene.Done("boss", path, [.. scene.Fields("mary", Tuesday.AddDays(1), "06:00", "14:00"), ("Skills", "ECMO"), ("Overriding", "Nobody else is here")]);
        Assert.Equal("Nobody else is here", await product.Ask<string>($"select override from collab.shift where id = '{await scene.Last("mary")}'"));
        Assert.Contains("works already", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", path, [.. scene.Fields("mary", Tuesday, "21:00", "23:00"), ("Overriding", "please")]), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-03")]
    public async Task Lengths_fields_and_nonsense_are_refused_with_what_and_where_and_nothing_is_kept()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var path = $"/shifts/{scene.Team}/item";
        (string, string)[] With(params (string Name, string Value)[] other) => [.. scene.Fields("mary", Tuesday, "07:00", "15:00").Where(f => other.All(o => o.Name != f.Item1)), .. other];
        foreach (var bad in new[] { With(("Date", "2026-02-30")), With(("Start", "25:99")), With(("Theme", "orange")), With(("Label", new string('x', 81))), With(("Person", "")), With(("Group", Guid.NewGuid().ToString())), With(("Kind", "meeting")), With(("Activities", "lunch at noon")), With(("Activities", "05:00-06:00 Early bird")) })
        {
            var answer = await scene.Post("boss", path, bad);
            Assert.True((int)answer.StatusCode is 400 or 422, $"{bad[^1]}: {answer.StatusCode}");
        }
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}'"));
        await scene.Done("boss", path, With(("Start", "07:00"), ("End", "07:00")));
        Assert.Equal(24, await product.Ask<int>($"select extract(epoch from ends_at - starts_at)::int / 3600 from collab.shift where id = '{await scene.Last("mary")}'"));
    }

    [Fact]
    [Trait("Row", "SH-04")]
    [Trait("Row", "SH-05")]
    public async Task A_shift_keeps_its_colour_notes_and_activities_and_its_person_reads_them()
    {
        var scene = await ShiftScene.Open(product, "mary");
        await scene.Done("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", Tuesday, "22:00", "07:00", "Night"), ("Activities", "02:00-02:30 Meal unpaid\n06:30-07:00 Handover"), ("Notes", "Bring the keys"), ("share", "true")]);
        var page = await scene["mary"].GetStringAsync("/shifts");
        Assert.Contains("Bring the keys", page, StringComparison.Ordinal);
        Assert.Contains("02:00–02:30 Meal (unpaid)", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains("t-blue", page, StringComparison.Ordinal);
        Assert.Contains("8.5 h", await scene["mary"].GetStringAsync($"/shifts/{scene.Team}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_managers_at_once_the_second_is_told_what_is_there_now_and_loses_nothing_typed()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var shift = await scene.Shift("mary", Tuesday, "07:00", "15:00", share: false);
        await scene.Done("boss", $"/shifts/{scene.Team}/item/{shift}", [.. scene.Fields("mary", Tuesday, "08:00", "16:00"), ("Version", "1")]);
        var answer = await scene.Post("boss", $"/shifts/{scene.Team}/item/{shift}", [.. scene.Fields("mary", Tuesday, "09:00", "17:00", "Typed"), ("Version", "1")]);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("08:00", ShiftScene.Said(page), StringComparison.Ordinal);
        Assert.Contains("value=\"Typed\"", page, StringComparison.Ordinal);
        Assert.Equal(2, await product.Ask<int>($"select version from collab.shift where id = '{shift}'"));
    }

    [Fact]
    public async Task What_is_taken_off_stays_for_staff_until_shared_and_can_be_put_back()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var shift = await scene.Shift("mary", Tuesday, "07:00", "15:00", label: "Hers");
        await scene.Done("boss", $"/shifts/{scene.Team}/item/{shift}?handler=removal", ("version", "1"));
        Assert.Contains("Undo", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}?undo={shift}"), StringComparison.Ordinal);
        Assert.Contains("Hers", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}?handler=restore", ("item", shift.ToString()), ("version", "2"));
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Contains("Hers", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}/item/{shift}?handler=removal", ("version", "3"));
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.DoesNotContain("Hers", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where id = '{shift}'"));
    }

    [Fact]
    [Trait("Row", "SH-02")]
    [Trait("Row", "SH-08")]
    public async Task Groups_and_reasons_that_are_deleted_are_inactive_and_what_they_named_keeps_its_name()
    {
        var scene = await ShiftScene.Open(product, "mary", "guest");
        var settings = $"/shifts/{scene.Team}/settings";
        await scene.Done("boss", $"{settings}?handler=group", ("name", "Nurses"), ("active", "true"), ("people", scene.People["mary"].ToString()));
        Assert.Contains("group-there", await scene.Refused(HttpStatusCode.Conflict, "boss", $"{settings}?handler=group", ("name", "NURSES"), ("active", "true")), StringComparison.Ordinal);
        Assert.Contains("not-member", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"{settings}?handler=group", ("name", "Guests"), ("active", "true"), ("people", scene.People["guest"].ToString())), StringComparison.Ordinal);
        var nurses = await product.Ask<Guid>($"select id from collab.shift_group where team = '{scene.Team}' and name = 'Nurses'");
        await scene.Done("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", Tuesday, "07:00", "15:00").Where(f => f.Item1 != "Group"), ("Group", nurses.ToString()), ("share", "true")]);
        await scene.Done("boss", $"{settings}?handler=group", ("id", nurses.ToString()), ("name", "Nurses"), ("version", "1"), ("people", scene.People["mary"].ToString()));
        Assert.False(await product.Ask<bool>($"select active from collab.shift_group where id = '{nurses}'"));
        Assert.Contains("Nurses", await scene["mary"].GetStringAsync("/shifts"), StringComparison.Ordinal);

        var vacation = await scene.Reason();
        Assert.Equal(HttpStatusCode.BadRequest, (await scene.Post("boss", $"{settings}?handler=reason", ("name", "Dragon"), ("icon", "dragon"), ("active", "true"))).StatusCode);
        await scene.Done("boss", $"{settings}?handler=reason", ("id", vacation.ToString()), ("name", "Vacation"), ("icon", "plane"));
        Assert.Contains("reason-unknown", await scene.Refused(HttpStatusCode.UnprocessableEntity, "mary", $"/shifts/{scene.Team}/ask?kind=off", ("date", "2026-12-01"), ("start", "00:00"), ("endDate", "2026-12-02"), ("end", "00:00"), ("reason", vacation.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-07")]
    public async Task The_database_lets_nobody_be_in_two_shared_places_at_once_in_whatever_team()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var other = await ShiftScene.Open(product);
        await product.Sql($"insert into collab.team_member (tenant, team, person, role, since) values (1, '{other.Team}', '{scene.People["mary"]}', 'Member', now())");
        await scene.Shift("mary", Tuesday, "07:00", "15:00", label: "Private words");
        var said = await other.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{other.Team}/item", [.. other.Fields("boss", Tuesday, "10:00", "12:00").Where(f => f.Item1 != "Person"), ("Person", scene.People["mary"].ToString())]);
        Assert.Contains("works already", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Private words", said, StringComparison.Ordinal);
        var e = await Assert.ThrowsAsync<PostgresException>(() => product.Sql($"insert into collab.shift select tenant, gen_random_uuid(), false, team, 'off', person, null, '{Guid.NewGuid()}', null, starts_at, ends_at, '', '', 'gray', '[]', '{{}}', false, null, '{{}}', 1, now(), null, false from collab.shift where team = '{scene.Team}'"));
        Assert.True(e.ConstraintName is "shift_overlap" || e.SqlState == "23503", e.Message);
        var overlap = await Assert.ThrowsAsync<PostgresException>(() => product.Sql($"insert into collab.shift select tenant, gen_random_uuid(), false, team, kind, person, shift_group, reason, slots, starts_at, ends_at, '', '', 'gray', '[]', '{{}}', false, null, '{{}}', 1, now(), null, false from collab.shift where team = '{scene.Team}'"));
        Assert.Equal("shift_overlap", overlap.ConstraintName);
    }

    [Fact]
    [Trait("Row", "SH-09")]
    public async Task A_day_note_is_plain_text_a_draft_for_managers_until_shared()
    {
        var scene = await ShiftScene.Open(product, "mary");
        await scene.Done("boss", $"/shifts/{scene.Team}?handler=note", ("day", "2026-11-24"), ("text", "<b>Fire drill</b>"));
        Assert.Contains("&lt;b&gt;Fire drill", await scene["boss"].GetStringAsync($"/shifts/{scene.Team}"), StringComparison.Ordinal);
        Assert.DoesNotContain("Fire drill", await scene["mary"].GetStringAsync($"/shifts/{scene.Team}"), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Contains("&lt;b&gt;Fire drill", await scene["mary"].GetStringAsync($"/shifts/{scene.Team}"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SH-10")]
    public async Task Availability_is_the_members_own_and_a_shift_outside_it_is_a_broken_rule()
    {
        var scene = await ShiftScene.Open(product, "mary");
        await TestProduct.Post(scene["mary"], "/shifts/me", ("from-1", "08:00"), ("to-1", "16:00"));
        Assert.Contains("not available", await scene.Refused(HttpStatusCode.UnprocessableEntity, "boss", $"/shifts/{scene.Team}/item", scene.Fields("mary", Tuesday, "07:00", "15:00")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(scene["boss"], "/shifts/me", ("from-1", "08:00"), ("to-1", "16:00"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(scene["mary"], "/shifts/me", ("from-1", "16:00"), ("to-1", "08:00"))).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-20")]
    public async Task A_rotation_and_a_copy_lay_what_the_rules_allow_and_name_the_rest()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var plan = $"/shifts/{scene.Team}/plan";
        var laid = await scene.Post("boss", $"{plan}?handler=rotation", ("pattern", "07:00-15:00 Early\n07:00-15:00 Early\noff\noff"), ("group", scene.Group.ToString()), ("first", "2026-11-30"), ("laid", "14"), ($"at-{scene.People["mary"]}", "1"), ($"at-{scene.People["clara"]}", "3"));
        Assert.Contains("14 shifts are laid", await laid.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await scene.Done("boss", $"/shifts/{scene.Team}/item", ("Kind", "off"), ("Person", scene.People["mary"].ToString()), ("Reason", (await scene.Reason()).ToString()), ("Date", "2026-12-14"), ("Start", "00:00"), ("EndDate", "2026-12-15"), ("End", "00:00"), ("Theme", "gray"));
        var copied = WebUtility.HtmlDecode(await (await scene.Post("boss", $"{plan}?handler=copy", ("first", "2026-11-30"), ("copied", "7"), ("to", "2026-12-14"))).Content.ReadAsStringAsync());
        Assert.Contains("6 shifts are laid", copied, StringComparison.Ordinal);
        Assert.Matches("14-Dec-2026 Early.*is off from", Regex.Replace(copied, "<[^>]+>", ""));
        Assert.Equal(20L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and kind = 'shift' and draft"));
    }

    [Fact]
    [Trait("Row", "SH-24")]
    public async Task A_roster_goes_to_Excel_and_comes_back_and_a_bad_file_makes_nothing_and_names_each_row()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Shift("mary", Tuesday, "07:00", "15:00", label: "=1+1");
        await scene.OpenShift(Tuesday, "15:00", "23:00", 2);
        var file = await (await scene["boss"].GetAsync($"/shifts/{scene.Team}/export?from=2026-11-24&days=7")).Content.ReadAsByteArrayAsync();
        var sheet = SheetReader.Read(new MemoryStream(file), "roster.xlsx");
        Assert.True(sheet.Ok, sheet.Problem?.Detail);
        Assert.Equal(2, sheet.Value.Rows.Count);
        Assert.Contains(sheet.Value.Rows, r => r.Contains("=1+1"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await scene["boss"].GetAsync($"/shifts/{scene.Team}/export?from=2026-11-24&days=101")).StatusCode);

        var bad = SheetWriter.Csv(RosterSheets.Columns, [["Dr Nobody", null, "shift", "", "2026-12-01", "07:00", "", "15:00"], [null, scene.People.Keys.First(), "feast", "Unknown", "soon", "early", "", "late"], ["Dr Mary", null, "shift", "", "2026-12-01", "07:00", "", "15:00"]]);
        var page = await Import(scene, bad, "roster.csv", HttpStatusCode.UnprocessableEntity);
        Assert.Contains("Row 2, Person: Nobody of the team is called Dr Nobody", page, StringComparison.Ordinal);
        Assert.Contains("Row 3, Group", page, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where team = '{scene.Team}' and draft"));

        var good = SheetWriter.Xlsx("Roster", RosterSheets.Columns, [["Dr Mary", null, "shift", "Everybody", "2026-12-01", "22:00", "", "07:00", "Night"], ["Dr Mary", null, "shift", "Everybody", "2026-12-02", "08:00", "", "16:00", "Early"], [null, null, "open", "Everybody", "2026-12-03", "07:00", "", "15:00", "Extra", "", 3m]]);
        page = await Import(scene, good, "roster.xlsx", HttpStatusCode.OK);
        Assert.Contains("2 shifts are laid", page, StringComparison.Ordinal);
        Assert.Contains("1 h of rest", page, StringComparison.Ordinal);
        Assert.Equal("2026-12-02 06:00:00", await product.Ask<string>($"select to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from collab.shift where team = '{scene.Team}' and label = 'Night'"));
        Assert.Contains("Code to quote", await Import(scene, [1, 2, 3], "roster.xlsx", HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
    }

    private static async Task<string> Import(ShiftScene scene, byte[] file, string name, HttpStatusCode expected)
    {
        using var form = new MultipartFormDataContent { { new StringContent(Form.Token(await scene["boss"].GetStringAsync("/activity"))), "__RequestVerificationToken" }, { new ByteArrayContent(file), "file", name } };
        var answer = await scene["boss"].PostAsync($"/shifts/{scene.Team}/plan?handler=import", form);
        var page = ShiftScene.Said(await answer.Content.ReadAsStringAsync());
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode}: {page}");
        return page;
    }

    [Fact]
    public async Task A_calendar_feed_shows_ones_own_shared_shifts_by_its_secret_until_it_is_revoked()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        await scene.Done("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", Tuesday, "07:00", "15:00", "Early; bird"), ("Notes", "Not in a calendar"), ("share", "true")]);
        await scene.Shift("mary", Tuesday.AddDays(1), "07:00", "15:00", share: false, label: "Drafted");
        await scene.Shift("clara", Tuesday, "07:00", "15:00", label: "Claras");
        var page = await (await scene.Post("mary", "/shifts/me?handler=feed")).Content.ReadAsStringAsync();
        var address = Regex.Match(page, "/shifts/feed/[0-9a-f]{48}\\.ics").Value;
        var feed = await product.Stranger().GetStringAsync(address);
        Assert.Contains("DTSTART:20261124T060000Z", feed, StringComparison.Ordinal);
        Assert.Contains("Early\\; bird", feed, StringComparison.Ordinal);
        foreach (var never in new[] { "Not in a calendar", "Drafted", "Claras" }) Assert.DoesNotContain(never, feed, StringComparison.Ordinal);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift_feed where encode(secret, 'hex') = '{address[13..61]}'"));
        await scene.Done("mary", "/shifts/me?handler=end");
        Assert.Equal(HttpStatusCode.NotFound, (await product.Stranger().GetAsync(address)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await product.Stranger().GetAsync($"/shifts/feed/{new string('0', 48)}.ics")).StatusCode);
    }

    [Fact]
    public async Task Who_is_on_shift_now_for_a_role_at_a_place_is_one_question()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara", "edith");
        var other = await ShiftScene.Open(product, "stranger");
        var today = new DateOnly(2026, 11, 23);
        await scene.Shift("mary", today, "07:00", "15:00", label: "Early");
        await scene.Shift("clara", today, "11:00", "19:00", label: "Late");
        await scene.Shift("edith", today, "07:00", "15:00", share: false, label: "Early");
        await scene.Done("boss", $"/shifts/{scene.Team}/settings?handler=skills", ("person", scene.People["mary"].ToString()), ("skills", "ECMO 2026-11-23, IV 2026-11-22"));
        Task<IReadOnlyList<OnShift>> Ask(string? role, DateTimeOffset? at = null) => product.Db.In(1, Actor.Product, tx => product.App.Services.GetRequiredService<ShiftDoor>().OnShift(tx, scene.Team, role, at ?? product.Clock.GetUtcNow()), default);
        foreach (var role in new[] { null, "early", "EVERYBODY", "Nurse", "ecmo" }) Assert.Equal(scene.People["mary"], Assert.Single(await Ask(role)).Person);
        foreach (var role in new[] { "IV", "Late", "physician" }) Assert.Empty(await Ask(role));
        Assert.Equal(scene.People["clara"], Assert.Single(await Ask(null, product.Clock.GetUtcNow().AddHours(6))).Person);
        Assert.Contains("Dr Mary", await scene["clara"].GetStringAsync("/shifts/now?role=ecmo"), StringComparison.Ordinal);
        Assert.DoesNotContain("Dr Mary", await other["stranger"].GetStringAsync("/shifts/now"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_people_on_twenty_eight_days_are_all_on_one_page()
    {
        var scene = await ShiftScene.Open(product);
        await product.Sql($"""
            insert into collab.person (tenant, id, kind, family, given, updated_at) select 1, ('00000000-0000-4000-9000-' || lpad(i::text, 12, '0'))::uuid, 'Staff', 'Person ' || i, 'No', now() from generate_series(1, 60) i;
            insert into collab.team_member (tenant, team, person, role, since) select 1, '{scene.Team}', ('00000000-0000-4000-9000-' || lpad(i::text, 12, '0'))::uuid, 'Member', now() from generate_series(1, 60) i;
            insert into collab.shift (tenant, id, draft, team, kind, person, shift_group, starts_at, ends_at, changed_at)
            select 1, gen_random_uuid(), false, '{scene.Team}', 'shift', ('00000000-0000-4000-9000-' || lpad(i::text, 12, '0'))::uuid, '{scene.Group}', timestamptz '2026-11-23 06:00Z' + d * interval '1 day', timestamptz '2026-11-23 14:00Z' + d * interval '1 day', now()
            from generate_series(1, 60) i, generate_series(0, 27) d
            """);
        var page = await scene["boss"].GetStringAsync($"/shifts/{scene.Team}?from=2026-11-23&days=28");
        Assert.Equal(1680, Regex.Count(page, "class=\"hours\""));
    }
}
