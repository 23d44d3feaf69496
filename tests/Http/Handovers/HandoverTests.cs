using System.Net;
using Xunit;

namespace HealthTeams.Tests.Handovers;

/// <summary>FEATURES section 16, b; MISSION 5: I-PASS bound to the end of a shift, read back by the receiver.</summary>
[Trait("Row", "SH-HANDOVER")]
public sealed class HandoverTests(HandoverWard ward) : IClassFixture<HandoverWard>
{
    [Fact]
    public async Task A_draft_is_filled_from_the_list_the_tasks_and_the_urgent_messages_and_passes_only_when_all_is_read_back()
    {
        var fhir = await ward.Fhir();
        var giver = await ward.Practitioner("giver");
        var task = (await fhir.Create("Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Second troponin","for":{"reference":"Patient/{{ward.FhirIds["Sick"]}}"},"owner":{"reference":"CareTeam/{{ward.TeamId}}"} }""")).Id();
        await ward.Sql($"insert into collab.task_assignee (tenant, task, person, at) select 1, id, '{ward.People["giver"]}', now() from collab.task where fhir_id = '{task}'");
        await fhir.Create("Communication", $$"""{"resourceType":"Communication","status":"in-progress","priority":"stat","subject":{"reference":"Patient/{{ward.FhirIds["Sick"]}}"},"recipient":[{"reference":"{{giver}}"}],"payload":[{"contentString":"Potassium 6.9"}]}""");
        await fhir.Create("AllergyIntolerance", $$"""{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"criticality":"high","code":{"text":"Penicillin"},"patient":{"reference":"Patient/{{ward.FhirIds["Sick"]}}"} }""");

        var id = await ward.Draft("next");
        var draft = await ward.Page("giver", $"/handovers/{id}");
        foreach (var said in new[] { "SICK, Ada", "born 03-Feb-1970 (56 y)", "Problem of Sick", "If Sick is worse, call", "Second troponin", "Potassium 6.9", "Penicillin" }) Assert.Contains(said, draft, StringComparison.Ordinal);
        Assert.True(draft.IndexOf("SICK", StringComparison.Ordinal) < draft.IndexOf("WATCHED", StringComparison.Ordinal) && draft.IndexOf("WATCHED", StringComparison.Ordinal) < draft.IndexOf("STABILE", StringComparison.Ordinal), "the sick come first");
        // A draft is its writer's.
        Assert.DoesNotContain("SICK", await ward.Page("next", $"/handovers/{id}"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"entry\"", await fhir.GetStringAsync($"/fhir/Composition?identifier={id}"), StringComparison.Ordinal);

        await ward.Done("giver", $"/handovers/{id}?handler=offer");
        Assert.Equal(1L, await ward.Notices("next", "handover.offered", id));
        Assert.Contains("1 handover waits for you", await ward.Page("next", "/handovers"), StringComparison.Ordinal);
        // Not before each is read back, and for who is not stable in one's own words.
        await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}?handler=accept");
        Assert.Contains("handover-words", await ward.Refused(HttpStatusCode.UnprocessableEntity, "next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", " ")), StringComparison.Ordinal);
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Stabile")).ToString()));
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "Potassium: ECG now"));
        await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}?handler=accept");
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Watched")).ToString()), ("text", "I look every hour"));
        Assert.Contains("Potassium: ECG now", await ward.Page("giver", $"/handovers/{id}"), StringComparison.Ordinal);

        Assert.Contains("Take over 2 open tasks and urgent messages", await ward.Page("next", $"/handovers/{id}"), StringComparison.Ordinal);
        await ward.Done("next", $"/handovers/{id}?handler=accept", ("passOn", "true"));
        Assert.Equal("accepted", await ward.State(id));
        Assert.Equal(1L, await ward.Notices("giver", "handover.accepted", id));
        // Responsibility passed: the task's owner in FHIR is who accepted, and the message rings them and the giver no more.
        Assert.Equal(await ward.Practitioner("next"), (await (await fhir.GetAsync($"/fhir/Task/{task}")).Body()).GetProperty("owner").GetProperty("reference").GetString());
        Assert.Equal("passed", await ward.Ask<string>($"select d.closed from collab.message_delivery d join collab.message m on m.id = d.message where m.text = 'Potassium 6.9' and d.recipient = '{ward.People["giver"]}'"));
        Assert.True(await ward.Ask<bool>($"select exists (select from collab.message_delivery d join collab.message m on m.id = d.message where m.text = 'Potassium 6.9' and d.recipient = '{ward.People["next"]}' and d.acknowledged_at is null)"));
        Assert.Contains("Potassium", await ward.Page("giver", $"/handovers/{id}"), StringComparison.Ordinal);
        // Kept as it was, whoever writes.
        var late = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => ward.Sql($"update collab.handover_section s set text = 'changed' from collab.handover_patient e where e.id = s.entry and e.handover = '{id}'"));
        Assert.Equal("handover_kept", late.ConstraintName);
        await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "other words"));
    }

    [Fact]
    public async Task A_task_due_on_a_day_is_due_by_its_end_and_not_at_the_midnight_after()
    {
        var fhir = await ward.Fhir();
        await fhir.Create("Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Echo","for":{"reference":"Patient/{{ward.FhirIds["Stabile"]}}"},"owner":{"reference":"CareTeam/{{ward.TeamId}}"},"restriction":{"period":{"end":"2031-05-20"} } }""");
        var id = await ward.Begin(await ward.NewList("Due on a day"), "next");
        var draft = await ward.Page("giver", $"/handovers/{id}");
        Assert.Contains("20-May-2031", draft, StringComparison.Ordinal);
        Assert.DoesNotContain("21-May-2031", draft, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_that_came_too_late_is_refused_and_still_there_to_be_saved()
    {
        var id = await ward.Begin(await ward.NewList("Note kept"), "next");
        var shown = await ward.Refused(HttpStatusCode.Conflict, "giver", $"/handovers/{id}?handler=address", ("version", "99"), ("to", ward.People["second"].ToString()), ("note", "Lift is broken"));
        Assert.Contains("Lift is broken", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_person_wrote_survives_a_refresh_and_another_screen()
    {
        var list = await ward.NewList("Refreshed");
        var id = await ward.Begin(list, "next");
        Assert.Equal(HttpStatusCode.OK, (await ward.Write("giver", id, "Sick", "summary", 1, "My own words")).StatusCode);
        // Another screen that did not see it: nothing is written, and what is there comes back.
        var second = await ward.Write("giver", id, "Sick", "summary", 1, "Other words");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal("My own words", (await second.Body()).GetProperty("text").GetString());
        // Another section of the same patient is nobody's conflict.
        Assert.Equal(HttpStatusCode.OK, (await ward.Write("giver", id, "Sick", "actions", 1, "ECG at 18:00")).StatusCode);
        var (row, problem) = (await ward.Row(list, "Sick"), await ward.Column(list, "Problem"));
        await TestProduct.Post(ward["giver"], $"/lists/{list}?handler=cell", ("row", row.ToString()), ("column", problem.ToString()), ("version", "1"), ("text", "A new problem"));
        await TestProduct.Post(ward["giver"], $"/lists/{list}?handler=cell", ("row", (await ward.Row(list, "Watched")).ToString()), ("column", problem.ToString()), ("version", "1"), ("text", "Better"));
        await ward.Done("giver", $"/handovers/{id}?handler=refresh");
        Assert.Equal("My own words", await ward.Text(id, "Sick", "summary"));
        Assert.Equal("Better", await ward.Text(id, "Watched", "summary"));
        Assert.Contains("The list says: A new problem", await ward.Page("giver", $"/handovers/{id}"), StringComparison.Ordinal);
        // Beginning again leads to what was begun.
        Assert.Equal(id, await ward.Begin(list, "second"));
        // Without script a form of one patient keeps what was typed when it conflicts.
        var page = await ward.Refused(HttpStatusCode.Conflict, "giver", $"/handovers/{id}?handler=entry", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("v.summary", "typed without script"), ("n.summary", "1"));
        Assert.Contains("typed without script", page, StringComparison.Ordinal);
        Assert.Contains("There now: My own words", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outsiders_guests_and_other_hospitals_learn_nothing_and_only_the_giver_writes()
    {
        var id = await ward.Offered("next");
        foreach (var who in new[] { "outsider", "guest" })
        {
            foreach (var path in new[] { $"/handovers/{id}", $"/handovers/{id}/read", $"/handovers/{id}/print" })
            {
                var answer = await ward[who].GetAsync(path);
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                Assert.DoesNotContain("SICK", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            await ward.Refused(HttpStatusCode.NotFound, who, $"/handovers/{id}?handler=accept");
            await ward.Refused(HttpStatusCode.NotFound, who, $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Stabile")).ToString()));
            await ward.Refused(HttpStatusCode.NotFound, who, "/handovers/new", ("team", ward.TeamId.ToString()), ("from", ward.List.ToString()));
            Assert.DoesNotContain("Ward H", await ward.Page(who, "/handovers"), StringComparison.Ordinal);
        }
        // Offered to another by name: a member sees it and may not receive it; the giver does not read back their own.
        await ward.Refused(HttpStatusCode.Forbidden, "second", $"/handovers/{id}?handler=accept");
        await ward.Refused(HttpStatusCode.Forbidden, "giver", $"/handovers/{id}?handler=accept");
        await ward.Refused(HttpStatusCode.Forbidden, "next", $"/handovers/{id}?handler=takeBack");
        Assert.Equal(HttpStatusCode.Forbidden, (await ward.Write("next", id, "Sick", "summary", 1, "not mine")).StatusCode);
        var fhir = await ward.Fhir(tenant: "north");
        Assert.DoesNotContain(id.ToString(), await fhir.GetStringAsync("/fhir/Composition"), StringComparison.Ordinal);
        // Who looked at whom is on record.
        await TestProduct.Until(async () => await ward.Ask<long>($"select count(*) from platform.access where subject = 'handover/{id}' and patient is not null") >= 0, "the record is kept");
        await ward["second"].GetStringAsync($"/handovers/{id}");
        await TestProduct.Until(async () => await ward.Ask<long>($"select count(distinct patient) from platform.access where subject = 'handover/{id}' and action = 'view'") == 3, "each patient is on record");
    }

    [Fact]
    public async Task Who_is_taken_out_after_it_was_offered_has_no_document_of_it_and_whoever_reads_of_it_is_on_record()
    {
        var fhir = await ward.Fhir();
        var id = await ward.Offered("next");
        var (sick, watched) = (await ward.Entry(id, "Sick"), await ward.Entry(id, "Watched"));
        await ward.Done("giver", $"/handovers/{id}?handler=takeBack");
        await ward.Done("giver", $"/handovers/{id}?handler=remove", ("entry", sick.ToString()));
        await ward.Done("giver", $"/handovers/{id}?handler=offer");
        Assert.Equal("entered-in-error", (await (await fhir.GetAsync($"/fhir/Composition/{sick}")).Body()).GetProperty("status").GetString());
        Assert.Equal("preliminary", (await (await fhir.GetAsync($"/fhir/Composition/{watched}")).Body()).GetProperty("status").GetString());
        // Its history names them.
        Assert.Contains("took SICK, Ada out", await ward.Page("second", $"/handovers/{id}"), StringComparison.Ordinal);
        await TestProduct.Until(async () => await ward.Ask<long>($"select count(distinct patient) from platform.access where subject = 'handover/{id}' and action = 'view'") == 3, "each patient is on record");
        await ward.Done("giver", $"/handovers/{id}?handler=cancel");
    }

    [Fact]
    public async Task What_changed_meanwhile_is_not_read_back_unseen()
    {
        var id = await ward.Offered("next");
        var entry = (await ward.Entry(id, "Stabile")).ToString();
        async Task<string> Seen() => System.Text.RegularExpressions.Regex.Match(await ward["next"].GetStringAsync($"/handovers/{id}/read?entry={entry}"), "name=\"seen\" value=\"([^\"]+)\"").Groups[1].Value;
        var before = await Seen();
        await ward.Done("giver", $"/handovers/{id}?handler=takeBack");
        Assert.Equal(HttpStatusCode.OK, (await ward.Write("giver", id, "Stabile", "summary", 1, "Allergic to penicillin")).StatusCode);
        await ward.Done("giver", $"/handovers/{id}?handler=offer");
        // A screen of before, ticked now: it comes back with what is there.
        Assert.Contains("Allergic to penicillin", await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}/read", ("entry", entry), ("seen", before)), StringComparison.Ordinal);
        Assert.Equal(0L, await ward.Ask<long>($"select count(*) from collab.handover_readback where entry = '{entry}'"));
        await ward.Done("next", $"/handovers/{id}/read", ("entry", entry), ("seen", await Seen()));
        await ward.Done("giver", $"/handovers/{id}?handler=cancel");
    }

    [Fact]
    public async Task Two_who_read_back_race_and_one_of_them_is_responsible()
    {
        var id = await ward.Offered(); // nobody named: anyone of the team
        await ward.ReadAll("next", id);
        await ward.ReadAll("second", id);
        // Nobody says no for everybody.
        Assert.Contains("handover-anyone", await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}?handler=decline", ("why", "Not me")), StringComparison.Ordinal);
        var answers = await Task.WhenAll(TestProduct.Post(ward["next"], $"/handovers/{id}?handler=accept"), TestProduct.Post(ward["second"], $"/handovers/{id}?handler=accept"));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.SeeOther);
        var lost = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Conflict);
        Assert.Contains("handover-taken", await lost.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from collab.handover_event where handover = '{id}' and kind = 'accepted'"));
    }

    [Fact]
    public async Task Questions_are_answered_before_it_is_accepted_and_a_decline_says_why()
    {
        var id = await ward.Offered("next", "second");
        await ward.ReadAll("next", id);
        await ward.Done("next", $"/handovers/{id}/read?handler=ask", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "Is the family told?"));
        Assert.Equal(1L, await ward.Notices("giver", "handover.asked", id));
        Assert.Contains("handover-question", await ward.Refused(HttpStatusCode.Conflict, "next", $"/handovers/{id}?handler=accept"), StringComparison.Ordinal);
        var question = await ward.Ask<Guid>($"select q.id from collab.handover_question q join collab.handover_patient e on e.id = q.entry where e.handover = '{id}'");
        await ward.Refused(HttpStatusCode.UnprocessableEntity, "next", $"/handovers/{id}?handler=answer", ("question", question.ToString()), ("text", "I answer myself"));
        await ward.Done("giver", $"/handovers/{id}?handler=answer", ("question", question.ToString()), ("text", "Yes, at noon"));
        Assert.Contains("Yes, at noon", await ward.Page("next", $"/handovers/{id}/read?entry={await ward.Entry(id, "Sick")}"), StringComparison.Ordinal);
        // One of two declines: it is the other's. The last one's decline ends it.
        await ward.Refused(HttpStatusCode.UnprocessableEntity, "next", $"/handovers/{id}?handler=decline", ("why", ""));
        await ward.Done("next", $"/handovers/{id}?handler=decline", ("why", "I am called away"));
        Assert.Equal("offered", await ward.State(id));
        await ward.Refused(HttpStatusCode.Forbidden, "next", $"/handovers/{id}?handler=accept");
        await ward.Done("second", $"/handovers/{id}?handler=decline", ("why", "Not my ward"));
        Assert.Equal("declined", await ward.State(id));
        Assert.Equal(2L, await ward.Notices("giver", "handover.declined", id));
    }

    [Fact]
    public async Task Taking_back_needs_a_new_reading_and_an_amendment_is_another_version()
    {
        var id = await ward.Offered("next");
        await ward.ReadAll("next", id);
        await ward.Done("giver", $"/handovers/{id}?handler=takeBack");
        Assert.Equal(0L, await ward.Ask<long>($"select count(*) from collab.handover_readback r join collab.handover_patient e on e.id = r.entry where e.handover = '{id}'"));
        await ward.Write("giver", id, "Sick", "severity", 1, "");
        Assert.Contains("handover-not-ready", await ward.Refused(HttpStatusCode.UnprocessableEntity, "giver", $"/handovers/{id}?handler=offer"), StringComparison.Ordinal);
        await ward.Write("giver", id, "Sick", "severity", 2, "Watcher");
        await ward.Done("giver", $"/handovers/{id}?handler=offer");
        await ward.ReadAll("next", id);
        await ward.Done("next", $"/handovers/{id}?handler=accept");

        var amend = await TestProduct.Post(ward["giver"], $"/handovers/{id}?handler=amend");
        var amended = Guid.Parse(amend.Headers.Location!.ToString().Split('/')[^1]);
        Assert.NotEqual(id, amended);
        await ward.Write("giver", amended, "Sick", "summary", 1, "I forgot the potassium");
        await ward.Done("giver", $"/handovers/{amended}?handler=offer");
        Assert.Equal("Problem of Sick", await ward.Text(id, "Sick", "summary"));
        Assert.Equal("accepted", await ward.State(id));
        await ward.ReadAll("next", amended);
        await ward.Done("next", $"/handovers/{amended}?handler=accept");
        Assert.Contains("An amended version is there", await ward.Page("next", $"/handovers/{id}"), StringComparison.Ordinal);
        Assert.Contains("version 2", await ward.Page("next", $"/handovers/{amended}"), StringComparison.Ordinal);
        var composition = await (await (await ward.Fhir()).GetAsync($"/fhir/Composition/{await ward.Entry(amended, "Sick")}")).Body();
        Assert.Equal("amended", composition.GetProperty("status").GetString());
        Assert.Equal($"Composition/{await ward.Entry(id, "Sick")}", composition.GetProperty("relatesTo")[0].GetProperty("targetReference").GetProperty("reference").GetString());
    }
}
