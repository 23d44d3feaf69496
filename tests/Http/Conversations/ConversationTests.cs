using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.Collaboration.Conversations;
using HealthTeams.Platform.Callers;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Conversations;

/// <summary>One product for all: each test has people and conversations of its own.</summary>
public sealed class ConversationTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static int made;

    private sealed record Who(Guid Person, HttpClient Page, SecureCookies Cookies);

    private async Task<Who> Somebody(string family, string tenant = "demo")
    {
        var name = $"{family.ToLowerInvariant()}{Interlocked.Increment(ref made)}";
        var id = await product.Staff(name, family, tenant);
        var cookies = new SecureCookies();
        return new(id, await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url, Timeout = TimeSpan.FromSeconds(30) }, name), cookies);
    }

    private static async Task<Guid> Begin(Who by, string? title, params Who[] with)
    {
        var answer = await TestProduct.Post(by.Page, "/messages/c/new", [.. with.Select(w => ("person", w.Person.ToString())), ("title", title ?? "")]);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return Guid.Parse(answer.Headers.Location!.OriginalString[^36..]);
    }

    private static Task<HttpResponseMessage> Say(Who by, Guid conversation, string text, params (string, string)[] more) =>
        TestProduct.Post(by.Page, $"/messages/c/{conversation}/messages", [("text", text), ("json", "1"), .. more]);

    private static async Task<Guid> Said(Who by, Guid conversation, string text, params (string, string)[] more)
    {
        var answer = await Say(by, conversation, text, more);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Body()).GetProperty("message").GetGuid();
    }

    private static Task<HttpResponseMessage> Act(Who by, Guid conversation, string act, params (string, string)[] fields) =>
        TestProduct.Post(by.Page, $"/messages/c/{conversation}/{act}", [("json", "1"), .. fields]);

    private static Task<string> Look(Who by, Guid conversation, string query = "") => by.Page.GetStringAsync($"/messages/c/{conversation}{query}");

    [Fact]
    [Trait("Row", "MSG-11")]
    public async Task What_was_changed_or_deleted_on_a_page_is_so_by_FHIR_too_and_who_came_later_got_nothing_from_before()
    {
        var (a, b, c) = (await Somebody("Foxtrot"), await Somebody("Golf"), await Somebody("Hotel"));
        var group = await Begin(a, "Later", b);
        var message = await Said(a, group, "First words");
        Assert.Equal(HttpStatusCode.OK, (await Act(a, group, "people", ("person", c.Person.ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Act(a, group, "change", ("message", message.ToString()), ("text", "Second words"), ("edits", "0"))).StatusCode);
        var fhir = await product.Fhir();
        var shown = await (await fhir.GetAsync($"/fhir/Communication/{message}")).Body();
        Assert.Equal("Second words", shown.GetProperty("payload")[0].GetProperty("contentString").GetString());
        Assert.Single(shown.GetProperty("recipient").EnumerateArray());
        Assert.Equal(HttpStatusCode.OK, (await Act(a, group, "deletion", ("message", message.ToString()))).StatusCode);
        shown = await (await fhir.GetAsync($"/fhir/Communication/{message}")).Body();
        Assert.Equal("entered-in-error", shown.GetProperty("status").GetString());
        Assert.False(shown.TryGetProperty("payload", out _));
    }

    [Fact]
    [Trait("Row", "TC-11")]
    public async Task Two_people_have_one_conversation_whoever_begins_it_and_however_often()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var all = await Task.WhenAll(Begin(a, null, b), Begin(a, null, b), Begin(b, null, a));
        Assert.Single(all.Distinct());
        Assert.Equal("direct", await product.Ask<string>($"select kind from collab.conversation where id = '{all[0]}'"));
        var third = await Somebody("Charlie");
        var refused = await Act(a, all[0], "people", ("person", third.Person.ToString()));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("roster-fixed", (await refused.Body()).GetProperty("code").GetString());
    }

    [Fact]
    [Trait("Row", "AP-09")]
    public async Task An_approval_is_started_from_a_message_and_leads_back_to_it()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        var message = await Said(a, c, "May we buy a second scale?");
        var form = WebUtility.HtmlDecode(Regex.Match(await Look(b, c), "href=\"(/approvals/new[^\"]+)\"").Groups[1].Value);
        Assert.Contains(Uri.EscapeDataString($"/messages/c/{c}?m={message}"), form, StringComparison.Ordinal);
        Assert.Contains($"/messages/c/{c}?m={message}", await b.Page.GetStringAsync(form), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_key_is_one_message_even_when_both_arrive_at_once()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        var key = Guid.NewGuid().ToString();
        var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Said(a, c, "once", ("key", key))));
        Assert.Single(ids.Distinct());
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.message where conversation = '{c}'"));
        Assert.Equal(1, await product.Ask<int>($"select last_seq from collab.conversation where id = '{c}'"));
    }

    [Fact]
    public async Task Many_writers_at_once_get_every_number_once_and_a_page_that_was_away_catches_up_with_nothing_lost_or_doubled()
    {
        var (a, b, c) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Charlie"));
        var id = await Begin(a, "Round", b, c);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Said(new[] { a, b, c }[i % 3], id, $"word {i}")));
        Assert.Equal("24,24,1,24", await product.Ask<string>($"select concat_ws(',', count(*), count(distinct seq), min(seq), max(seq)) from collab.message where conversation = '{id}'"));
        var after = await product.Ask<long>($"select change from collab.message where conversation = '{id}' and seq = 20");
        var edited = await product.Ask<Guid>($"select id from collab.message where conversation = '{id}' and seq = 2 ");
        var owner = await product.Ask<Guid>($"select sender_person from collab.message where id = '{edited}'");
        await Act(new[] { a, b, c }.Single(w => w.Person == owner), id, "change", ("message", edited.ToString()), ("text", "said anew"), ("edits", "0"));
        var news = await Look(a, id, $"?part=news&after={after}");
        Assert.Equal(["2", "21", "22", "23", "24"], Regex.Matches(news, "data-seq=\"(\\d+)\"").Select(m => m.Groups[1].Value));
        Assert.Contains("said anew", news, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "MSG-12")]
    public async Task Reading_moves_the_position_on_and_never_back_and_the_unread_are_counted_from_it()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        for (var i = 0; i < 3; i++) await Said(a, c, $"word {i}");
        Assert.Equal(3, (await (await b.Page.GetAsync("/counts")).Body()).GetProperty("unread").GetInt32());
        await Act(b, c, "reading", ("seq", "2"));
        await Act(b, c, "reading", ("seq", "1"));
        Assert.Equal(2, await product.Ask<int>($"select read_seq from collab.conversation_member where conversation = '{c}' and person = '{b.Person}'"));
        await Act(b, c, "reading", ("seq", "99999"));
        Assert.Equal(3, await product.Ask<int>($"select read_seq from collab.conversation_member where conversation = '{c}' and person = '{b.Person}'"));
        Assert.Equal(0, (await (await b.Page.GetAsync("/counts")).Body()).GetProperty("unread").GetInt32());
    }

    [Fact]
    [Trait("Row", "MSG-06")]
    [Trait("Row", "MSG-07")]
    public async Task Who_has_read_it_is_seen_by_the_sender_and_who_does_not_tell_is_only_counted()
    {
        var (a, b, c) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Charlie"));
        var id = await Begin(a, "Receipts", b, c);
        var message = await Said(a, id, "look");
        await Act(b, id, "reading", ("seq", "1"));
        await Act(c, id, "preference", ("receipts", "false"), ("offShift", "Always"));
        await Act(c, id, "reading", ("seq", "1"));
        var seen = await a.Page.GetStringAsync($"/messages/c/{id}/seen?message={message}&part=dialog");
        Assert.Contains("Bravo", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Charlie", seen, StringComparison.Ordinal);
        Assert.Contains("1 do not tell", seen, StringComparison.Ordinal);
        Assert.Contains("Seen by all 1", await Look(a, id), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "MSG-08")]
    [Trait("Row", "MSG-09")]
    public async Task Receipts_and_urgent_messages_work_for_three_hundred_people()
    {
        var a = await Somebody("Alpha");
        var b = await Somebody("Bravo");
        await product.Sql("insert into collab.person (tenant, id, kind, family, updated_at) select 1, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Staff', 'Crowd' || n, now() from generate_series(1, 300) n on conflict do nothing");
        var answer = await TestProduct.Post(a.Page, "/messages/c/new", [.. Enumerable.Range(1, 300).Select(n => ("person", $"00000000-0000-4000-8000-{n:000000000000}")), ("person", b.Person.ToString()), ("title", "Everybody")]);
        var id = Guid.Parse(answer.Headers.Location!.OriginalString[^36..]);
        var message = await Said(a, id, "Fire in the lab", ("priority", "urgent"));
        Assert.Equal(301L, await product.Ask<long>($"select count(*) from collab.message_delivery where message = '{message}'"));
        await Act(b, id, "reading", ("seq", "1"));
        Assert.Contains("Read by 1 of 301", await Look(a, id), StringComparison.Ordinal);
        Assert.Contains("Seen by 1 of 301", await Look(a, id), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "TC-11")]
    public async Task Who_is_added_sees_all_or_only_what_comes_and_nobody_shows_more_than_they_see()
    {
        var (a, b, later, next) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Later"), await Somebody("Next"));
        var id = await Begin(a, "Growing", b);
        var secret = await Said(a, id, "before they came");
        await Act(a, id, "people", ("person", later.Person.ToString()));
        Assert.DoesNotContain("before they came", await Look(later, id), StringComparison.Ordinal);
        Assert.DoesNotContain("before they came", await Look(later, id, "?part=news&after=0"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await later.Page.GetAsync($"/messages/c/{id}/seen?message={secret}")).StatusCode);
        Assert.DoesNotContain("before they came", await later.Page.GetStringAsync("/messages?q=before"), StringComparison.Ordinal);
        await Act(later, id, "people", ("person", next.Person.ToString()), ("history", "true"));
        Assert.DoesNotContain("before they came", await Look(next, id), StringComparison.Ordinal);
        await Act(a, id, "removal", ("person", b.Person.ToString()));
        Assert.Equal(HttpStatusCode.NotFound, (await b.Page.GetAsync($"/messages/c/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Say(b, id, "still here?")).StatusCode);
    }

    [Fact]
    [Trait("Row", "MSG-11")]
    public async Task A_message_is_answered_changed_reacted_to_pinned_and_deleted_and_what_it_said_is_kept()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        var m = await Said(a, c, "Give 5 mg");
        await Said(b, c, "Five?", ("reply", m.ToString()));
        Assert.Contains("1 answer", await Look(a, c), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Act(a, c, "change", ("message", m.ToString()), ("text", "Give 50 mg"), ("edits", "0"))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Act(a, c, "change", ("message", m.ToString()), ("text", "Give 500 mg"), ("edits", "0"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Act(b, c, "change", ("message", m.ToString()), ("text", "x"), ("edits", "1"))).StatusCode);
        Assert.Contains("Give 5 mg", await b.Page.GetStringAsync($"/messages/c/{c}/history?message={m}&part=dialog"), StringComparison.Ordinal);
        await Act(b, c, "reaction", ("message", m.ToString()), ("value", "ok"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Act(b, c, "reaction", ("message", m.ToString()), ("value", "<b>"))).StatusCode);
        await Act(b, c, "pin", ("message", m.ToString()), ("value", "on"));
        Assert.Contains("Pinned", await Look(a, c), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await Act(b, c, "deletion", ("message", m.ToString()))).StatusCode);
        await Act(a, c, "deletion", ("message", m.ToString()));
        var page = await Look(b, c);
        Assert.Contains("This message was deleted.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Give 50 mg", page, StringComparison.Ordinal);
        Assert.Equal("Give 50 mg", await product.Ask<string>($"select text from collab.message where id = '{m}'"));
        await Act(a, c, "restoration", ("message", m.ToString()));
        Assert.Contains("Give 50 mg", await Look(b, c), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "MSG-10")]
    public async Task A_policy_takes_writing_editing_and_urgency_away_and_the_refusal_names_it()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        var m = await Said(a, c, "before the policy");
        var policy = Guid.CreateVersion7();
        await product.Sql($$"""
            insert into collab.policy (tenant, id, area, name, settings, created_at, changed_at) values (1, '{{policy}}', 'messaging', 'Quiet {{policy}}', '{"AllowUserEditMessage":"false","AllowUserDeleteMessage":"false","AllowPriorityMessages":"false"}', now(), now());
            insert into collab.policy_assignment (tenant, policy, area, kind, target, person, assigned_at) values (1, '{{policy}}', 'messaging', 'person', '{{a.Person}}', '{{a.Person}}', now())
            """);
        foreach (var answer in new[] { await Act(a, c, "change", ("message", m.ToString()), ("text", "x"), ("edits", "0")), await Act(a, c, "deletion", ("message", m.ToString())), await Say(a, c, "now!", ("priority", "urgent")) })
        {
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("Quiet", (await answer.Body()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        await Said(a, c, "still allowed");
    }

    [Fact]
    public async Task Nothing_that_was_typed_becomes_markup_and_what_is_too_long_or_empty_is_refused_with_every_reason()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        await Said(a, c, "<script>alert(1)</script> <img src=x onerror=alert(2)> javascript:alert(3) https://example.org/?a=1&b=\"<i>\n- one\n- two");
        var page = await Look(b, c);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"javascript", page, StringComparison.Ordinal);
        Assert.Contains("<ul><li>one</li><li>two</li></ul>", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Say(a, c, "   ")).StatusCode);
        var both = await Say(a, c, new string('é', 15_000), ("priority", "panic"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, both.StatusCode);
        var detail = (await both.Body()).GetProperty("detail").GetString()!;
        Assert.Contains("28 KB", detail, StringComparison.Ordinal);
        Assert.Contains("normal, important or urgent", detail, StringComparison.Ordinal);
        Assert.InRange((int)(await Say(a, c, "nul\0")).StatusCode, 400, 499);
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.message where conversation = '{c}'"));
    }

    [Fact]
    [Trait("Row", "MSG-13")]
    public async Task Who_is_named_is_told_and_so_is_whoever_is_on_shift_and_nobody_outside()
    {
        var (a, b, outside) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Outside"));
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"), (b.Person, "Member"));
        var c = await Channel(a, team, "General");
        await product.Sql($"""
            insert into collab.schedule (tenant, team, zone, created_at) values (1, '{team}', 'Europe/Paris', now()) on conflict do nothing;
            insert into collab.shift (tenant, id, draft, team, kind, person, starts_at, ends_at, changed_at)
            select 1, gen_random_uuid(), false, '{team}', 'shift', '{b.Person}', timestamptz '2026-11-23 06:00Z', timestamptz '2026-11-23 18:00Z', now()
            """);
        await Said(a, c, "@on-shift please come, and @Dr Outside, too. Not me@Bravo.example");
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from collab.notice where person = '{b.Person}' and kind = 'message.mentioned'") == 1, "the one on shift is told");
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.notice where person = '{outside.Person}'"));
    }

    [Fact]
    [Trait("Row", "MSG-14")]
    public async Task Writing_to_somebody_off_shift_asks_first_once_and_urgent_never()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"), (b.Person, "Member"));
        await product.Sql($"""
            insert into collab.schedule (tenant, team, zone, created_at) values (1, '{team}', 'Europe/Paris', now()) on conflict do nothing;
            insert into collab.shift (tenant, id, draft, team, kind, person, starts_at, ends_at, changed_at)
            select 1, gen_random_uuid(), false, '{team}', 'shift', '{b.Person}', timestamptz '2026-11-24 06:00Z', timestamptz '2026-11-24 18:00Z', now()
            """);
        var c = await Begin(a, null, b);
        var asked = await Say(a, c, "when you are back");
        Assert.Equal(HttpStatusCode.Conflict, asked.StatusCode);
        Assert.Equal("off-shift", (await asked.Body()).GetProperty("code").GetString());
        Assert.Contains("Off shift", await Look(a, c), StringComparison.Ordinal);
        await Said(a, c, "now", ("priority", "urgent"));
        await Said(a, c, "when you are back", ("offShiftAccepted", "true"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.event where kind = 'message.off-shift-accepted' and subject = 'conversation/{c}'"));
        await Said(a, c, "and one more");
    }

    [Fact]
    [Trait("Row", "TC-12")]
    public async Task A_patient_has_one_conversation_in_a_team_which_guests_and_others_never_see_and_reading_it_is_on_record()
    {
        var (a, b, guest, other) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Guest"), await Somebody("Other"));
        var north = await Somebody("North", "north");
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"), (b.Person, "Member"), (guest.Person, "Guest"));
        var patient = Guid.CreateVersion7();
        await product.Sql($"insert into collab.person (tenant, id, kind, family, given, gender, birth_date, updated_at) values (1, '{patient}', 'Patient', 'Barlow', 'Ada', 'female', '1970-02-03', now())");
        var ids = await Task.WhenAll(About(a), About(b), About(a));
        var c = Assert.Single(ids.Distinct());
        await Said(a, c, "Potassium is back to normal");
        var page = await Look(b, c);
        Assert.Contains("BARLOW, Ada", page, StringComparison.Ordinal);
        Assert.Contains("born 03-Feb-1970", page, StringComparison.Ordinal);
        foreach (var no in new[] { guest, other, north })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await no.Page.GetAsync($"/messages/c/{c}")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await no.Page.GetAsync($"/messages/c/{c}?part=news&after=0")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await Say(no, c, "let me in")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await Act(no, c, "reading", ("seq", "1"))).StatusCode);
            Assert.DoesNotContain("Potassium", await no.Page.GetStringAsync("/messages?q=potassium"), StringComparison.Ordinal);
            Assert.DoesNotContain(c.ToString(), await no.Page.GetStringAsync("/messages"), StringComparison.Ordinal);
            Assert.Equal(0, (await (await no.Page.GetAsync("/counts")).Body()).GetProperty("unread").GetInt32());
        }
        Assert.Contains("Potassium is back", await b.Page.GetStringAsync("/messages?q=potassium"), StringComparison.Ordinal);
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where subject = 'conversation/{c}' and patient = 'person/{patient}' and actor = '{b.Person}'") > 0
            && await product.Ask<long>($"select count(*) from platform.access where action = 'search' and subject = 'messages' and patient = 'person/{patient}'") > 0, "reading is on record");

        async Task<Guid> About(Who who)
        {
            var answer = await TestProduct.Post(who.Page, "/messages/c/new?handler=patient", ("team", team.ToString()), ("patient", patient.ToString()));
            return Guid.Parse(answer.Headers.Location!.OriginalString[^36..]);
        }
    }

    [Fact]
    [Trait("Row", "FEATURES-16-19")]
    public async Task Messages_go_into_the_record_by_one_action_signed_and_stay_as_they_were()
    {
        var (a, guest) = (await Somebody("Alpha"), await Somebody("Guest"));
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"), (guest.Person, "Guest"));
        var fhir = await product.Fhir();
        var patient = await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Record","given":["Ada"]}]}""");
        var person = Guid.CreateVersion7();
        await product.Sql($"""
            insert into collab.person (tenant, id, kind, family, given, updated_at) values (1, '{person}', 'Patient', 'Record', 'Ada', now());
            insert into collab.person_key (tenant, source, reference, person) values (1, '{Guid.Empty}', 'Patient/{patient.Id()}', '{person}') on conflict (tenant, source, reference) do update set person = excluded.person
            """);
        var answer = await TestProduct.Post(a.Page, "/messages/c/new?handler=patient", ("team", team.ToString()), ("patient", person.ToString()));
        var c = Guid.Parse(answer.Headers.Location!.OriginalString[^36..]);
        var (one, two) = (await Said(a, c, "Dose agreed: 5 mg"), await Said(a, c, "unrelated"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Act(a, c, "record", ("title", "Nothing"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Act(guest, c, "record", ("title", "No"), ("message", one.ToString()))).StatusCode);
        var put = await Act(a, c, "record", ("title", "Dose"), ("message", one.ToString()));
        Assert.True(put.StatusCode == HttpStatusCode.OK, await put.Content.ReadAsStringAsync());
        var found = await (await fhir.GetAsync($"/fhir/DocumentReference?patient={patient.Id()}")).Body();
        var document = found.GetProperty("entry")[0].GetProperty("resource");
        var words = System.Text.Encoding.UTF8.GetString(document.GetProperty("content")[0].GetProperty("attachment").GetProperty("data").GetBytesFromBase64());
        Assert.Contains("Dose agreed: 5 mg", words, StringComparison.Ordinal);
        Assert.DoesNotContain("unrelated", words, StringComparison.Ordinal);
        Assert.StartsWith("Practitioner/", document.GetProperty("author")[0].GetProperty("reference").GetString(), StringComparison.Ordinal);
        var provenance = await (await fhir.GetAsync($"/fhir/Provenance/{document.Id()}")).Body();
        Assert.Equal($"DocumentReference/{document.Id()}", provenance.GetProperty("target")[0].GetProperty("reference").GetString());
        Assert.Equal(3, System.Text.Encoding.ASCII.GetString(provenance.GetProperty("signature")[0].GetProperty("data").GetBytesFromBase64()).Split('.').Length);
        Assert.Contains("In the record", await Look(a, c), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await Act(a, c, "deletion", ("message", one.ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Act(a, c, "change", ("message", one.ToString()), ("text", "50 mg"), ("edits", "0"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Act(a, c, "deletion", ("message", two.ToString()))).StatusCode);
    }

    [Fact]
    [Trait("Row", "MSG-01")]
    [Trait("Row", "MSG-04")]
    public async Task Anyone_in_a_channel_sends_urgent_there_and_its_words_stand_in_no_list_until_it_is_opened()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"), (b.Person, "Member"));
        var c = await Channel(a, team, "General");
        await Said(a, c, "Crash call bay two", ("priority", "urgent"));
        Assert.DoesNotContain("Crash call", await b.Page.GetStringAsync("/messages"), StringComparison.Ordinal);
        Assert.Contains("Crash call", await Look(b, c), StringComparison.Ordinal);
        await Act(b, c, "reading", ("seq", "1"));
        Assert.Equal("read", await product.Ask<string>($"select closed from collab.message_delivery where recipient = '{b.Person}'"));
    }

    [Fact]
    [Trait("Row", "TC-06")]
    [Trait("Row", "TC-01")]
    public async Task An_archived_teams_conversation_is_read_and_not_written_and_a_deleted_channels_is_away_until_it_is_restored()
    {
        var a = await Somebody("Alpha");
        var team = await product.Team($"Team {Guid.NewGuid()}", (a.Person, "Owner"));
        var c = await Channel(a, team, "Plans");
        await Said(a, c, "kept words");
        await product.Sql($"update collab.channel set deleted_at = now() where team = '{team}'");
        Assert.Equal(HttpStatusCode.NotFound, (await a.Page.GetAsync($"/messages/c/{c}")).StatusCode);
        await product.Sql($"update collab.channel set deleted_at = null where team = '{team}'; update collab.team set archived_at = now() where id = '{team}'");
        Assert.Contains("kept words", await Look(a, c), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await Say(a, c, "no more")).StatusCode);
    }

    [Fact]
    public async Task Those_who_are_in_it_hear_of_a_message_by_ids_alone_and_nobody_else_does()
    {
        var (a, b, other) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Other"));
        var c = await Begin(a, null, b);
        await using var hers = await Watch(b, $"conversation/{c}");
        await using var others = await Watch(other);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => others.InvokeAsync("Watch", $"conversation/{c}"));
        Assert.Contains("forbidden", refused.Message, StringComparison.Ordinal);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var types = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaked = false;
        hers.On<JsonElement>("changed", x => heard.TrySetResult(x.GetRawText()));
        hers.On<JsonElement>("typing", x => types.TrySetResult(x.GetRawText()));
        others.On<JsonElement>("changed", _ => leaked = true);
        others.On<JsonElement>("typing", _ => leaked = true);
        await Act(a, c, "typing");
        Assert.Contains(a.Person.ToString(), await types.Task.WaitAsync(TimeSpan.FromSeconds(15)), StringComparison.Ordinal);
        await Said(a, c, "Unspoken secret");
        var told = await heard.Task.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Contains($"conversation/{c}", told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told, StringComparison.Ordinal);
        Assert.False(leaked);
        Assert.DoesNotContain("Unspoken", await product.Ask<string>("select string_agg(data::text, ' ') from platform.event"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_goes_with_a_message_and_is_for_those_who_see_it()
    {
        var (a, b, other) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Other"));
        var c = await Begin(a, null, b);
        var file = (await (await Upload(a, c, "%PDF-1.7 test"u8.ToArray())).Body()).GetProperty("id").GetGuid();
        Assert.Equal(HttpStatusCode.NotFound, (await b.Page.GetAsync($"/messages/c/{c}/file?file={file}")).StatusCode);
        await Said(a, c, "see attached", ("file", file.ToString()));
        Assert.Equal("application/pdf", (await b.Page.GetAsync($"/messages/c/{c}/file?file={file}")).Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Page.GetAsync($"/messages/c/{c}/file?file={file}")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Upload(a, c, "<html>"u8.ToArray())).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Say(b, c, "mine", ("file", file.ToString()))).StatusCode);
    }

    [Fact]
    public async Task A_thousand_messages_are_paged_by_number_up_and_down()
    {
        var (a, b) = (await Somebody("Alpha"), await Somebody("Bravo"));
        var c = await Begin(a, null, b);
        await product.Sql($"""
            insert into collab.message (tenant, id, priority, sender, sender_person, text, sent_at, conversation, seq, change)
            select 1, gen_random_uuid(), 'normal', 'Dr Alpha', '{a.Person}', 'line ' || n, now(), '{c}', n, n from generate_series(1, 1000) n;
            update collab.conversation set last_seq = 1000, last_change = 1000 where id = '{c}'
            """);
        var seen = new List<int>();
        for (int? before = null; ;)
        {
            var part = await Look(b, c, $"?part=news{(before is { } n ? $"&before={n}" : "")}");
            var seqs = Regex.Matches(part, "data-seq=\"(\\d+)\"").Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            seen.InsertRange(0, seqs);
            if (!part.Contains("data-more=\"yes\"", StringComparison.Ordinal)) break;
            before = seqs[0];
        }
        Assert.Equal(Enumerable.Range(1, 1000), seen);
    }

    [Fact]
    public async Task Escalation_brings_who_was_asked_next_from_the_urgent_message_on()
    {
        var (a, b, next) = (await Somebody("Alpha"), await Somebody("Bravo"), await Somebody("Next"));
        var c = await Begin(a, null, b);
        await Said(a, c, "between us two");
        await Said(a, c, "Help now", ("priority", "urgent"));
        await product.Db.In(1, Actor.Product, tx => ConversationDoor.Include(tx, c, [next.Person]), default);
        var page = await Look(next, c);
        Assert.Contains("Help now", page, StringComparison.Ordinal);
        Assert.DoesNotContain("between us two", page, StringComparison.Ordinal);
        await Said(next, c, "On my way");
        Assert.Contains("was asked next", await Look(a, c), StringComparison.Ordinal);
    }

    private async Task<Guid> Channel(Who owner, Guid team, string name)
    {
        var channel = Guid.CreateVersion7();
        await product.Sql($"insert into collab.channel (tenant, id, team, name, position, created_at) values (1, '{channel}', '{team}', '{name}', 1, now())");
        var answer = await owner.Page.GetAsync($"/messages/c/new?channel={channel}");
        return Guid.Parse(answer.Headers.Location!.OriginalString[^36..]);
    }

    private static async Task<HttpResponseMessage> Upload(Who who, Guid conversation, byte[] content)
    {
        var token = Form.Token(await who.Page.GetStringAsync("/activity"));
        var body = new MultipartFormDataContent { { new StringContent(token), "__RequestVerificationToken" }, { new StringContent("1"), "json" }, { new ByteArrayContent(content), "upload", "letter.pdf" } };
        return await who.Page.PostAsync($"/messages/c/{conversation}/files", body);
    }

    private async Task<HubConnection> Watch(Who who, params string[] topics)
    {
        var hub = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = who.Cookies.Header).Build();
        await hub.StartAsync();
        foreach (var topic in (string[])["messages", "me", .. topics]) await hub.InvokeAsync("Watch", topic);
        return hub;
    }
}
