using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthTeams.SmartLauncher.Clients;
using HealthTeams.Tests.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Handovers;

/// <summary>http://hl7.org/fhir/R4/composition.html: a handover is a document of each of its patients, out and in; who has subscribed is told.</summary>
[Trait("Row", "SH-HANDOVER")]
public sealed class HandoverFhirTests(HandoverWard ward) : IClassFixture<HandoverWard>
{
    [Fact]
    public async Task Each_patient_has_a_Composition_of_their_own_and_a_subscriber_sees_it_become_final()
    {
        var fhir = await ward.Fhir();
        await ward.Subscribe("Composition?type=https://healthteams.example/fhir/CodeSystem/handover|handover", "compositions");
        var task = (await fhir.Create("Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Echo","for":{"reference":"Patient/{{ward.FhirIds["Sick"]}}"},"owner":{"reference":"CareTeam/{{ward.TeamId}}"} }""")).Id();
        var id = await ward.Offered("next");
        var all = await (await fhir.GetAsync($"/fhir/Composition?identifier=https://healthteams.example/fhir/handover|{id}")).Body();
        Assert.Equal(3, all.GetProperty("entry").GetArrayLength());
        var entry = await ward.Entry(id, "Sick");
        var sick = await (await fhir.GetAsync($"/fhir/Composition/{entry}")).Body();
        Assert.Equal("preliminary", sick.GetProperty("status").GetString());
        Assert.Equal($"Patient/{ward.FhirIds["Sick"]}", sick.GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal(await ward.Practitioner("giver"), sick.GetProperty("author")[0].GetProperty("reference").GetString());
        Assert.Equal(["illness-severity", "patient-summary", "action-list", "situation-awareness"], Codes(sick));
        Assert.Contains("If Sick is worse, call", sick.GetRawText(), StringComparison.Ordinal);
        Assert.Equal($"Task/{task}", sick.GetProperty("section")[2].GetProperty("entry")[0].GetProperty("reference").GetString());
        Assert.DoesNotContain(ward.FhirIds["Watched"], sick.GetRawText(), StringComparison.Ordinal);
        // A patient's own app reads theirs and nobody else's.
        var own = await ward.Fhir("patient/*.rs", patient: ward.FhirIds["Sick"]);
        Assert.Equal(HttpStatusCode.OK, (await own.GetAsync($"/fhir/Composition/{entry}")).StatusCode);
        Assert.False((await own.GetAsync($"/fhir/Composition/{await ward.Entry(id, "Watched")}")).IsSuccessStatusCode);
        Assert.Contains("illness-severity", await fhir.GetStringAsync($"/fhir/Patient/{ward.FhirIds["Sick"]}/$everything?_type=Composition"), StringComparison.Ordinal);
        var document = await fhir.GetAsync($"/fhir/Composition/{entry}/$document");
        Assert.True(document.IsSuccessStatusCode, await document.Content.ReadAsStringAsync());

        await ward.ReadAll("next", id);
        await ward.Done("next", $"/handovers/{id}?handler=accept");
        var final = await (await fhir.GetAsync($"/fhir/Composition/{entry}")).Body();
        Assert.Equal("final", final.GetProperty("status").GetString());
        Assert.Equal(await ward.Practitioner("next"), final.GetProperty("attester")[0].GetProperty("party").GetProperty("reference").GetString());
        Assert.Equal("synthesis", Codes(final)[^1]);
        Assert.Contains("Sick: I watch and call", final.GetRawText(), StringComparison.Ordinal);
        await TestProduct.Until(() => Task.FromResult(ward.Receiver.At("compositions").Count(s => s.Text.Contains("\"final\"", StringComparison.Ordinal) && s.Text.Contains(id.ToString(), StringComparison.Ordinal)) == 3), "the subscriber is told of three final documents");
        // What was written on a page is not written over from outside.
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync($"/fhir/Composition/{entry}", FhirHttp.Json(final.GetRawText().Replace("If Sick is worse", "If Sick is better", StringComparison.Ordinal)))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.DeleteAsync($"/fhir/Composition/{entry}")).StatusCode);
        // Taken back by nobody any more; a declined one was entered in error.
        var declined = await ward.Offered("next");
        await ward.Done("next", $"/handovers/{declined}?handler=decline", ("why", "Not mine"));
        Assert.Equal("entered-in-error", (await (await fhir.GetAsync($"/fhir/Composition/{await ward.Entry(declined, "Sick")}")).Body()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_Composition_of_another_system_waits_on_the_teams_desk_and_is_accepted_there()
    {
        var fhir = await ward.Fhir();
        var author = (await fhir.Create("Practitioner", """{"resourceType":"Practitioner","name":[{"family":"Elsewhere","prefix":["Dr"]}]}""")).Id();
        var one = await fhir.Create("Composition", Composition("T-1", "Sick", author, "Unstable", "Septic shock", "Pressure under 60: call"));
        await fhir.Create("Composition", Composition("T-1", "Stabile", author, "Stable", "Ready to go", ""));
        var id = await ward.Ask<Guid>("select id from collab.handover where origin = 'urn:ehr|T-1'");
        Assert.Equal("offered", await ward.State(id));
        Assert.Equal(1L, await ward.Notices("next", "handover.offered", id));
        var page = await ward.Page("next", $"/handovers/{id}");
        foreach (var said in new[] { "from Dr Elsewhere", "Septic shock", "Pressure under 60: call", "STABILE, Ada" }) Assert.Contains(said, page, StringComparison.Ordinal);
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "I watch the pressure"));
        // Sent again with other words: read back again. Sent again alike: nothing.
        var changed = JsonNode.Parse(one.GetRawText())!;
        changed["section"]![1]!["text"]!["div"] = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Septic shock,</p><p>line &amp; fluids</p></div>";
        for (var i = 0; i < 2; i++)
        {
            var put = await fhir.PutAsync($"/fhir/Composition/{one.Id()}", FhirHttp.Json(changed.ToJsonString()));
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
            if (i == 0) await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "I watch the pressure and the line"));
        }
        Assert.Equal("Septic shock,\nline & fluids", await ward.Text(id, "Sick", "summary"));
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Stabile")).ToString()));
        await ward.Done("next", $"/handovers/{id}?handler=accept");
        var final = await (await fhir.GetAsync($"/fhir/Composition/{one.Id()}")).Body();
        Assert.Equal("final", final.GetProperty("status").GetString());
        Assert.Equal("kept as sent", final.GetProperty("section")[1].GetProperty("extension")[0].GetProperty("valueString").GetString());
        Assert.Equal("synthesis", Codes(final)[^1]);
        Assert.Contains("I watch the pressure and the line", final.GetRawText(), StringComparison.Ordinal);
        // Accepted is kept: another Composition replaces it.
        changed["section"]![1]!["text"]!["div"] = "<div xmlns=\"http://www.w3.org/1999/xhtml\">Something else</div>";
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync($"/fhir/Composition/{one.Id()}", FhirHttp.Json(changed.ToJsonString()))).StatusCode);
        await fhir.Create("Composition", Composition("T-2", "Sick", author, "Watcher", "Better", "As before", $",\"relatesTo\":[{{\"code\":\"replaces\",\"targetReference\":{{\"reference\":\"Composition/{one.Id()}\"}}}}]"));
        Assert.Equal(2, await ward.Ask<int>("select number from collab.handover where origin = 'urn:ehr|T-2'"));

        // Refused, with what and where: no team, an unknown author, a severity that is none; stored are none of them.
        foreach (var (body, where) in new[]
        {
            (Composition("T-3", "Sick", author, "Unstable", "x", "y").Replace("handover-team", "another", StringComparison.Ordinal), "Composition.extension"),
            (Composition("T-3", "Sick", "nobody", "Unstable", "x", "y"), "Composition.author"),
            (Composition("T-3", "Sick", author, "Poorly", "x", "y"), "Composition.section"),
        })
        {
            var refused = await fhir.PostAsync("/fhir/Composition", FhirHttp.Json(body));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.Contains(where, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        // Another team's is not moved to one's own.
        var moved = await fhir.Create("Composition", Composition("T-6", "Watched", author, "Stable", "x", ""));
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync($"/fhir/Composition/{moved.Id()}", FhirHttp.Json(moved.GetRawText().Replace(ward.TeamId.ToString(), ward.OtherTeam.ToString(), StringComparison.Ordinal)))).StatusCode);
        // Entered in error before anybody has accepted it: cancelled.
        var wrong = await fhir.Create("Composition", Composition("T-4", "Watched", author, "Stable", "x", ""));
        await fhir.PutAsync($"/fhir/Composition/{wrong.Id()}", FhirHttp.Json(wrong.GetRawText().Replace("\"preliminary\"", "\"entered-in-error\"", StringComparison.Ordinal)));
        Assert.Equal("cancelled", await ward.Ask<string>("select state from collab.handover where origin = 'urn:ehr|T-4'"));
        // Any other Composition is nobody's handover.
        await fhir.Create("Composition", Composition("T-5", "Sick", author, "Poorly", "x", "y").Replace("\"code\":\"handover\"", "\"code\":\"letter\"", StringComparison.Ordinal));
        Assert.Equal(0L, await ward.Ask<long>("select count(*) from collab.handover where origin = 'urn:ehr|T-5'"));
    }

    [Fact]
    public async Task With_their_own_token_nobody_hands_over_or_cancels_in_another_ones_name()
    {
        var added = await ward.App.Services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd("ward-app", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Name = "Ward app" }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        var (giver, next) = ((await ward.Practitioner("giver"))["Practitioner/".Length..], (await ward.Practitioner("next"))["Practitioner/".Length..]);
        var app = new SmartApp(ward, "ward-app", null);
        var own = app.With((await app.Tokens(ward["next"], "openid fhirUser user/*.cruds")).Access());
        // Accepted, it would bring a colleague's tasks and urgent messages to whoever wrote it.
        Assert.Equal(HttpStatusCode.Forbidden, (await own.PostAsync("/fhir/Composition", FhirHttp.Json(Composition("F-1", "Sick", giver, "Stable", "x", "")))).StatusCode);
        Assert.Equal(0L, await ward.Ask<long>("select count(*) from collab.handover where origin = 'urn:ehr|F-1'"));
        await own.Create("Composition", Composition("F-2", "Sick", next, "Stable", "x", ""));
        // The system's word for a colleague is neither changed nor taken back, nor is a patient put into it.
        var theirs = await (await ward.Fhir()).Create("Composition", Composition("F-3", "Sick", giver, "Unstable", "x", "y"));
        Assert.Equal(HttpStatusCode.Forbidden, (await own.PutAsync($"/fhir/Composition/{theirs.Id()}", FhirHttp.Json(theirs.GetRawText().Replace("Unstable", "Stable", StringComparison.Ordinal)))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await own.DeleteAsync($"/fhir/Composition/{theirs.Id()}")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await own.PostAsync("/fhir/Composition", FhirHttp.Json(Composition("F-3", "Watched", next, "Stable", "x", "")))).StatusCode);
        Assert.Equal("Unstable", await ward.Text(await ward.Ask<Guid>("select id from collab.handover where origin = 'urn:ehr|F-3' and state = 'offered'"), "Sick", "severity"));
    }

    [Fact]
    public async Task A_document_that_came_in_stays_with_its_patient_and_keeps_who_accepted_it()
    {
        var fhir = await ward.Fhir();
        var author = (await fhir.Create("Practitioner", """{"resourceType":"Practitioner","name":[{"family":"Faraway"}]}""")).Id();
        var sent = (await fhir.Create("Composition", Composition("M-1", "Sick", author, "Unstable", "x", "y"))).GetRawText();
        var id = await ward.Ask<Guid>("select id from collab.handover where origin = 'urn:ehr|M-1'");
        var at = $"/fhir/Composition/{await ward.Ask<string>($"select fhir_id from collab.handover_patient where handover = '{id}'")}";
        // The same words about another patient.
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync(at, FhirHttp.Json(sent.Replace(ward.FhirIds["Sick"], ward.FhirIds["Watched"], StringComparison.Ordinal)))).StatusCode);
        await ward.Done("next", $"/handovers/{id}/read", ("entry", (await ward.Entry(id, "Sick")).ToString()), ("text", "I watch"));
        await ward.Done("next", $"/handovers/{id}?handler=accept");
        // Sent again as it was, it would say that nobody has.
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync(at, FhirHttp.Json(sent))).StatusCode);
        var final = await (await fhir.GetAsync(at)).Body();
        Assert.Equal("final", final.GetProperty("status").GetString());
        Assert.Equal($"Patient/{ward.FhirIds["Sick"]}", final.GetProperty("subject").GetProperty("reference").GetString());
    }

    [Fact, Trait("Row", "LS-04")]
    public async Task Subscribers_to_List_and_Group_are_told_when_a_team_changes_its_list()
    {
        var list = await ward.NewList("Subscribed");
        await ward.Subscribe($"List?_id={list}", "lists");
        await ward.Subscribe($"Group?_id={list}", "groups");
        await ward.Done("giver", $"/lists/{list}/rows/{await ward.Row(list, "Sick")}?handler=remove");
        foreach (var path in new[] { "lists", "groups" })
        {
            await TestProduct.Until(() => Task.FromResult(ward.Receiver.At(path).Length > 0), $"the subscriber to {path} is told");
            Assert.DoesNotContain(ward.FhirIds["Sick"], ward.Receiver.At(path)[^1].Text, StringComparison.Ordinal);
            Assert.Contains(ward.FhirIds["Stabile"], ward.Receiver.At(path)[^1].Text, StringComparison.Ordinal);
        }
    }

    private string Composition(string identifier, string patient, string author, string severity, string summary, string contingency, string more = "") => $$"""
        {"resourceType":"Composition","status":"preliminary","date":"2026-11-23T08:00:00Z","title":"Transfer to Ward H",
         "extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/handover-team","valueReference":{"reference":"CareTeam/{{ward.TeamId}}"} }],
         "identifier":{"system":"urn:ehr","value":"{{identifier}}"},
         "type":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/handover","code":"handover"}]},
         "subject":{"reference":"Patient/{{ward.FhirIds[patient]}}"},"author":[{"reference":"Practitioner/{{author}}"}],
         "section":[{{Section("illness-severity", severity)}},{{Section("patient-summary", summary, "\"extension\":[{\"url\":\"urn:x\",\"valueString\":\"kept as sent\"}],")}},{{Section("situation-awareness", contingency.Length == 0 ? "none" : contingency)}}]{{more}} }
        """;

    private static string Section(string code, string text, string more = "") => $$"""
        {{{more}}"code":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/handover","code":"{{code}}"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{{text}}</div>"} }
        """;

    private static string[] Codes(JsonElement composition) => [.. composition.GetProperty("section").EnumerateArray().Select(s => s.GetProperty("code").GetProperty("coding")[0].GetProperty("code").GetString()!)];
}
