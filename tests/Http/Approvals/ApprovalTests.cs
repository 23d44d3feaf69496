using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Approvals;

public sealed class ApprovalTests(TestProduct product) : IClassFixture<TestProduct>, IAsyncLifetime
{
    private static readonly Dictionary<string, Guid> People = [];
    private readonly Dictionary<string, HttpClient> clients = [];

    public async Task InitializeAsync()
    {
        foreach (var name in new[] { "asker", "anna", "ben", "carla", "dora", "outsider" })
        {
            if (await product.Ask<long>($"select count(*) from auth.credential where username = 'ap-{name}'") == 0) People[name] = await product.Staff($"ap-{name}", name, role: name == "outsider" ? "administrator" : "nurse");
            else People[name] = await product.Ask<Guid>($"select person from auth.credential where username = 'ap-{name}'");
            clients[name] = await product.SignedIn($"ap-{name}");
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    [Trait("Row", "AP-01"), Trait("Row", "AP-02"), Trait("Row", "AP-08")]
    public async Task With_first_response_one_answer_decides_and_the_others_are_asked_no_more()
    {
        var id = await Ask("First", ["anna", "ben"], kind: "first");
        Assert.Contains("First", await Page("ben", "/approvals"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, await Answer("anna", id, "Approve", "fine"));
        Assert.Equal(("Completed", "Approve", false), await State(id));
        Assert.Equal("Closed", await Part(id, "ben"));
        Assert.DoesNotContain("First", await Page("ben", "/approvals"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, await Answer("ben", id, "Reject"));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.notice where person = '{People["asker"]}' and kind = 'approval.completed' and link = '/approvals/{id}'"));
    }

    [Fact]
    [Trait("Row", "AP-04")]
    public async Task When_everybody_has_to_agree_the_first_rejection_ends_it()
    {
        var id = await Ask("All", ["anna", "ben", "carla"], kind: "everyone");
        await Answer("anna", id, "Approve");
        Assert.Equal("Pending", (await State(id)).Status);
        await Answer("ben", id, "Reject", "not now");
        Assert.Equal(("Completed", "Approve;Reject", true), await State(id));
        Assert.Equal("Closed", await Part(id, "carla"));
    }

    [Fact]
    [Trait("Row", "AP-02"), Trait("Row", "AP-03"), Trait("Row", "AP-06")]
    public async Task Own_words_are_answers_and_everybodys_are_joined()
    {
        var id = await Ask("Custom", ["anna", "ben"], kind: "everyone", more: [("Words[0].Word", "Today"), ("Words[1].Word", "Tomorrow")]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Answer("anna", id, "Approve"));
        await Answer("anna", id, "Today");
        await Answer("ben", id, "Tomorrow");
        Assert.Equal(("Completed", "Today;Tomorrow", false), await State(id));
    }

    [Fact]
    [Trait("Row", "AP-07"), Trait("Row", "AP-05")]
    public async Task In_sequence_each_is_asked_in_turn_and_a_reassignment_stays_in_the_history_and_in_FHIR()
    {
        var id = await Ask("Sequence", ["anna", "ben", "carla"], kind: "sequential");
        Assert.Equal(HttpStatusCode.Conflict, await Answer("ben", id, "Approve"));
        await Answer("anna", id, "Approve");
        Assert.Equal("Open", await Part(id, "ben"));
        Assert.Equal("Waiting", await Part(id, "carla"));
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(clients["ben"], $"/approvals/{id}?handler=reassign", ("person", People["ben"].ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(clients["ben"], $"/approvals/{id}?handler=reassign", ("person", People["dora"].ToString()))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, await Answer("ben", id, "Approve"));
        await Answer("dora", id, "Reject", "no");
        Assert.Equal(("Completed", "Approve;Reject", true), await State(id));

        var fhir = await product.Fhir();
        var parent = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/Task/{id}")).RootElement;
        Assert.Equal(("failed", "approve"), (parent.GetProperty("status").GetString(), parent.GetProperty("code").GetProperty("coding")[0].GetProperty("code").GetString()));
        var children = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/Task?part-of=Task/{id}&_count=50")).RootElement.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource")).ToList();
        Assert.Equal(["cancelled", "cancelled", "completed", "rejected"], children.Select(c => c.GetProperty("status").GetString()).Order());
        var replaced = children.Single(c => c.TryGetProperty("extension", out _)).GetProperty("extension")[0];
        Assert.Equal("http://hl7.org/fhir/StructureDefinition/task-replaces", replaced.GetProperty("url").GetString());

        var bundle = JsonDocument.Parse(await clients["asker"].GetStringAsync($"/approvals/{id}/history.json")).RootElement;
        Assert.Equal(5, bundle.GetProperty("entry").GetArrayLength());
        var pdf = await clients["asker"].GetByteArrayAsync($"/approvals/{id}/history.pdf");
        Assert.StartsWith("%PDF-", Encoding.ASCII.GetString(pdf, 0, 5), StringComparison.Ordinal);
        var page = WebUtility.HtmlDecode(await Page("asker", $"/approvals/{id}"));
        Assert.Contains("Dr ben passed it on to Dr dora", page, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "AP-07"), Trait("Row", "AP-08")]
    public async Task Groups_follow_each_other_each_with_its_own_rule()
    {
        var id = await Ask("Mixed", ["anna", "ben"], kind: "first", more: [("Groups[0].People", People["carla"].ToString()), ("Groups[0].People", People["dora"].ToString()), ("Groups[0].Rule", "All")]);
        await Answer("ben", id, "Approve");
        Assert.Equal(("Open", "Open", "Closed"), (await Part(id, "carla"), await Part(id, "dora"), await Part(id, "anna")));
        await Answer("carla", id, "Approve");
        Assert.Equal("Pending", (await State(id)).Status);
        await Answer("dora", id, "Approve");
        Assert.Equal(("Completed", "Approve;Approve;Approve", false), await State(id));
    }

    [Fact]
    [Trait("Row", "AP-08")]
    public async Task Answers_at_one_moment_come_one_after_the_other_and_exactly_one_decides()
    {
        var id = await Ask("Race", ["anna", "ben", "carla", "dora"], kind: "first");
        var answered = await Task.WhenAll(new[] { "anna", "ben", "carla", "dora" }.Select(who => Answer(who, id, "Approve")));
        Assert.Equal((1, 3), (answered.Count(a => a == HttpStatusCode.SeeOther), answered.Count(a => a == HttpStatusCode.Conflict)));
        Assert.Equal(("Completed", "Approve", false), await State(id));
    }

    [Fact]
    [Trait("Row", "AP-03")]
    public async Task Only_its_owner_cancels_and_only_while_undecided_and_unless_ruled_out()
    {
        var id = await Ask("To cancel", ["anna"]);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(clients["anna"], $"/approvals/{id}?handler=cancel")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(clients["asker"], $"/approvals/{id}?handler=cancel")).StatusCode);
        Assert.Equal("Cancelled", (await State(id)).Status);
        Assert.Equal(HttpStatusCode.Conflict, await Answer("anna", id, "Approve"));
        var firm = await Ask("Not to cancel", ["anna"], more: [("NoCancel", "true")]);
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(clients["asker"], $"/approvals/{firm}?handler=cancel")).StatusCode);
        var done = await Ask("Done", ["anna"]);
        await Answer("anna", done, "Approve");
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(clients["asker"], $"/approvals/{done}?handler=cancel")).StatusCode);
    }

    [Fact]
    [Trait("Row", "AP-09"), Trait("Row", "AP-10")]
    public async Task Members_of_the_team_it_was_started_in_see_it_and_cannot_act_and_others_see_nothing()
    {
        var team = await product.Team("Approving", (People["asker"], "Member"), (People["carla"], "Guest"));
        var id = await Ask("In the team", ["anna"], more: [("Team", team.ToString()), ("About", "/visits?day=2026-11-23")]);
        Assert.Contains("In the team", await Page("carla", "/approvals?which=all"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await Answer("carla", id, "Approve"));
        Assert.DoesNotContain("In the team", await Page("outsider", "/approvals?which=all"), StringComparison.Ordinal);
        foreach (var path in new[] { $"/approvals/{id}", $"/approvals/{id}/history.pdf", $"/approvals/{id}/history.json", $"/approvals/{id}/files/x" })
            Assert.Equal(HttpStatusCode.NotFound, (await clients["outsider"].GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await Answer("outsider", id, "Approve"));
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(clients["outsider"], $"/approvals/{id}?handler=cancel")).StatusCode);
        var stolen = await TestProduct.Post(clients["outsider"], "/approvals/new", ("Title", "x"), ("People", People["anna"].ToString()), ("Team", team.ToString()));
        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await TestProduct.Post(clients["asker"], "/approvals/new", ("Title", "x"), ("People", People["anna"].ToString()), ("About", "//evil.example"))).StatusCode);
    }

    [Fact]
    [Trait("Row", "AP-01")]
    public async Task Text_beyond_what_is_kept_is_refused_by_page_and_by_any_column_and_never_a_500()
    {
        var details = await TestProduct.Post(clients["asker"], "/approvals/new", ("Title", "Long"), ("Details", new string('x', 10_001)), ("People", People["anna"].ToString()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, details.StatusCode);
        var id = await Ask("Long comment", ["anna"]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Answer("anna", id, "Approve", new string('x', 4_001)));
        Assert.Equal("Open", await Part(id, "anna"));
        var e = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => product.Sql($"update collab.approval set title = repeat('x', 201) where id = '{id}'"));
        Assert.Equal((422, "check"), (HealthTeams.Platform.Problems.ProblemMapping.FromPostgres(e)!.Status, HealthTeams.Platform.Problems.ProblemMapping.FromPostgres(e)!.Code));
    }

    [Fact]
    [Trait("Row", "AP-11")]
    public async Task Attachments_have_unique_names_and_open_for_who_sees_the_request()
    {
        var twice = await Upload("Same name", ("scan.png", Png), ("scan.png", Png));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, twice.StatusCode);
        var html = await Upload("Not a picture", ("x.png", Encoding.UTF8.GetBytes("<html><script>")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, html.StatusCode);
        Assert.Equal(0L, await product.Ask<long>("select count(*) from collab.approval where title in ('Same name', 'Not a picture')"));
        var good = await Upload("With files", ("scan.png", Png), ("other.png", Png));
        var id = good.Headers.Location!.ToString().Split('/')[^1];
        var file = await clients["anna"].GetAsync($"/approvals/{id}/files/scan.png");
        Assert.Equal(("image/png", "attachment"), (file.Content.Headers.ContentType!.MediaType, file.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Equal(Png, await file.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await clients["outsider"].GetAsync($"/approvals/{id}/files/scan.png")).StatusCode);
    }

    [Fact]
    [Trait("Row", "AP-13")]
    public async Task A_signed_answer_takes_the_password_is_a_Provenance_and_shows_when_somebody_changed_what_was_signed()
    {
        var id = await Ask("Signed", ["anna"], more: [("MustSign", "true")]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Answer("anna", id, "Approve"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Answer("anna", id, "Approve", password: "wrong password"));
        Assert.Equal("Open", await Part(id, "anna"));
        Assert.Equal(HttpStatusCode.SeeOther, await Answer("anna", id, "Approve", "signed this", TestProduct.Password));
        Assert.Contains("signed, and unchanged since", await Page("asker", $"/approvals/{id}"), StringComparison.Ordinal);
        var request = await product.Ask<Guid>($"select id from collab.approval_request where approval = '{id}'");
        var provenance = JsonDocument.Parse(await (await product.Fhir()).GetStringAsync($"/fhir/Provenance/{request}")).RootElement;
        var jws = Encoding.ASCII.GetString(provenance.GetProperty("signature")[0].GetProperty("data").GetBytesFromBase64());
        Assert.Equal(3, jws.Split('.').Length);
        await product.Sql($"update collab.approval set details = 'something else' where id = '{id}'");
        Assert.Contains("the signature does not fit", await Page("asker", $"/approvals/{id}"), StringComparison.Ordinal);
        var e = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => product.Sql($"update collab.approval_request set answer = 'Reject' where id = '{request}'"));
        Assert.Equal("HT409", e.SqlState);
    }

    [Fact]
    [Trait("Row", "AP-14")]
    public async Task Nothing_ends_by_waiting_a_reminder_then_the_due_time_and_then_another_person()
    {
        var due = product.Clock.GetUtcNow().AddDays(3);
        var id = await Ask("Late one", ["anna", "ben"], more: [("DueLocal", TimeZoneInfo.ConvertTime(due, TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris")).ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture)), ("EscalateTo", People["dora"].ToString())]);
        product.Clock.Advance(TimeSpan.FromDays(2));
        await TestProduct.Until(async () => await Notices("anna", id, "approval.reminder") == 1, "anna is reminded");
        Assert.Equal(0, await Notices("dora", id, "approval.requested"));
        product.Clock.Advance(TimeSpan.FromDays(1));
        await TestProduct.Until(async () => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return await Part(id, "dora") == "Open"; }, "it went to dora");
        Assert.Equal(("Pending", null, null), await State(id));
        Assert.Equal(1, await Notices("dora", id, "approval.late"));
        clients["dora"] = await product.SignedIn("ap-dora");
        Assert.Equal(HttpStatusCode.SeeOther, await Answer("dora", id, "Approve"));
        Assert.Equal("Completed", (await State(id)).Status);
        foreach (var name in clients.Keys.ToList()) clients[name] = await product.SignedIn($"ap-{name}");
    }

    [Fact]
    [Trait("Row", "AP-14")]
    public async Task While_somebody_is_away_what_waits_and_what_comes_goes_to_whom_they_named()
    {
        var before = await Ask("Before", ["carla"]);
        string At(TimeSpan from) => TimeZoneInfo.ConvertTime(product.Clock.GetUtcNow() + from, TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris")).ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        var set = await TestProduct.Post(clients["carla"], "/approvals/away", ("person", People["dora"].ToString()), ("from", At(TimeSpan.FromMinutes(-1))), ("until", At(TimeSpan.FromHours(8))));
        Assert.Equal(HttpStatusCode.SeeOther, set.StatusCode);
        await TestProduct.Until(async () => await Part(before, "dora") == "Open", "what waited went to dora");
        var after = await Ask("After", ["carla"]);
        Assert.Equal(("Passed", "Open"), (await Part(after, "carla"), await Part(after, "dora")));
        Assert.Contains("Dr carla is away: it went to Dr dora", WebUtility.HtmlDecode(await Page("asker", $"/approvals/{after}")), StringComparison.Ordinal);
        var twice = await TestProduct.Post(clients["carla"], "/approvals/away", ("person", People["anna"].ToString()), ("from", At(TimeSpan.FromHours(1))), ("until", At(TimeSpan.FromHours(2))));
        Assert.Equal(HttpStatusCode.Conflict, twice.StatusCode);
        var delegation = await product.Ask<Guid>($"select id from collab.approval_delegation where person = '{People["carla"]}' and ended_at is null");
        Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(clients["dora"], $"/approvals/away?handler=end&id={delegation}")).StatusCode);
        await TestProduct.Post(clients["carla"], $"/approvals/away?handler=end&id={delegation}");
        Assert.Equal("Open", await Part(await Ask("Back", ["carla"]), "carla"));
    }

    [Fact]
    [Trait("Row", "AP-12")]
    public async Task A_template_keeps_who_is_asked_and_a_form_and_what_was_asked_with_it_survives_its_end()
    {
        var team = await product.Team("Templated", (People["asker"], "Owner"), (People["ben"], "Member"));
        Assert.Equal(HttpStatusCode.Forbidden, (await Template("ben", team)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await Template("asker", team)).StatusCode);
        var template = await product.Ask<Guid>($"select id from collab.approval_template where team = '{team}'");
        Assert.DoesNotContain("Overtime", await Page("outsider", "/approvals/templates"), StringComparison.Ordinal);
        var unanswered = await TestProduct.Post(clients["ben"], "/approvals/new", ("Title", "Ot"), ("Template", template.ToString()), ("Form[q1]", ""), ("Form[q2]", "seven"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unanswered.StatusCode);
        var said = WebUtility.HtmlDecode(await unanswered.Content.ReadAsStringAsync());
        Assert.True(said.Contains("\"Reason\" is not answered", StringComparison.Ordinal) && said.Contains("\"Hours\" is a number", StringComparison.Ordinal), "both faults are named");
        using var zero = new MultipartFormDataContent
        {
            { new StringContent("Ot"), "Title" }, { new StringContent(template.ToString()), "Template" }, { new StringContent("a\0b"), "Form[q1]" }, { new StringContent("7"), "Form[q2]" },
            { new StringContent(Form.Token(await clients["ben"].GetStringAsync("/activity"))), "__RequestVerificationToken" },
        };
        Assert.Equal(HttpStatusCode.BadRequest, (await clients["ben"].PostAsync("/approvals/new", zero)).StatusCode);
        var asked = await TestProduct.Post(clients["ben"], "/approvals/new", ("Title", "Ot"), ("Template", template.ToString()), ("Form[q1]", "night"), ("Form[q2]", "7"));
        var id = asked.Headers.Location!.ToString().Split('/')[^1];
        var questionnaire = JsonDocument.Parse(await (await product.Fhir()).GetStringAsync($"/fhir/Questionnaire/{template}")).RootElement;
        Assert.Equal(2, questionnaire.GetProperty("item").GetArrayLength());
        await TestProduct.Post(clients["asker"], $"/approvals/templates?handler=switch&id={template}&enabled=false");
        Assert.Equal(HttpStatusCode.NotFound, (await clients["ben"].GetAsync($"/approvals/new?template={template}")).StatusCode);
        Assert.Contains("night", await Page("anna", $"/approvals/{id}"), StringComparison.Ordinal);
        await Answer("anna", Guid.Parse(id), "Approve");
        Assert.Equal("Completed", (await State(Guid.Parse(id))).Status);
    }

    [Fact]
    [Trait("Row", "AP-01"), Trait("Row", "AP-07")]
    public async Task A_Task_of_code_approve_asks_people_and_no_system_answers_for_them()
    {
        var fhir = await product.Fhir();
        async Task<string> Practitioner(string who) => (await fhir.PostAsync("/fhir/Practitioner", FhirHttp.Json($$"""{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"ap-{{who}}"}],"name":[{"family":"{{who}}"}]}"""))).Headers.Location!.ToString().Split("/fhir/")[1].Split("/_history")[0];
        var (asker, anna, ben) = (await Practitioner("asker"), await Practitioner("anna"), await Practitioner("ben"));
        string Body(string status, string approver) => $$"""
            {"resourceType":"Task","status":"{{status}}","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"approve"}]},"description":"Order of the EHR",
             "requester":{"reference":"{{asker}}"},"input":[{"type":{"text":"order"},"valueString":"sequential"},{"type":{"text":"approver"},"valueReference":{"reference":"{{approver}}"} },{"type":{"text":"approver"},"valueReference":{"reference":"{{ben}}"} }]}
            """;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PostAsync("/fhir/Task", FhirHttp.Json(Body("requested", "Practitioner/none")))).StatusCode);
        var posted = await fhir.PostAsync("/fhir/Task", FhirHttp.Json(Body("requested", anna)));
        Assert.True(posted.StatusCode == HttpStatusCode.Created, await posted.Content.ReadAsStringAsync());
        var task = posted.Headers.Location!.ToString().Split("/Task/")[1].Split('/')[0];
        var id = await product.Ask<Guid>($"select id from collab.approval where task = '{task}'");
        Assert.Equal(("Open", "Waiting"), (await Part(id, "anna"), await Part(id, "ben")));
        Assert.Contains("Order of the EHR", await Page("anna", "/approvals"), StringComparison.Ordinal);

        var part = await product.Ask<Guid>($"select id from collab.approval_request where approval = '{id}' and state = 'Open'");
        var child = await fhir.GetStringAsync($"/fhir/Task/{part}");
        var forged = await fhir.PutAsync($"/fhir/Task/{part}", FhirHttp.Json(child.Replace("\"requested\"", "\"completed\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        Assert.Equal("Open", await Part(id, "anna"));
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.DeleteAsync($"/fhir/Task/{task}")).StatusCode);

        await Answer("anna", id, "Approve");
        Assert.Contains("\"in-progress\"", await fhir.GetStringAsync($"/fhir/Task/{task}"), StringComparison.Ordinal);
        var current = await fhir.GetStringAsync($"/fhir/Task/{task}");
        Assert.Equal(HttpStatusCode.OK, (await fhir.PutAsync($"/fhir/Task/{task}", FhirHttp.Json(current.Replace("\"in-progress\"", "\"cancelled\"", StringComparison.Ordinal)))).StatusCode);
        Assert.Equal("Cancelled", (await State(id)).Status);
        Assert.Equal("Closed", await Part(id, "ben"));
    }

    [Fact]
    [Trait("Row", "AP-03"), Trait("Row", "AP-06")]
    public async Task By_FHIR_nobody_calls_decided_what_is_not_nor_makes_it_another_kind_of_Task()
    {
        var id = await Ask("Not to be forged", ["anna", "ben"], kind: "everyone");
        var fhir = await product.Fhir();
        var part = await product.Ask<Guid>($"select id from collab.approval_request where approval = '{id}' and approver = '{People["anna"]}'");
        foreach (var (task, was, said) in new[] { (id, "\"requested\"", "\"completed\""), (part, "\"requested\"", "\"cancelled\"") })
        {
            var stored = await fhir.GetStringAsync($"/fhir/Task/{task}");
            Assert.Equal(HttpStatusCode.OK, (await fhir.PutAsync($"/fhir/Task/{task}", FhirHttp.Json(stored.Replace(was, said, StringComparison.Ordinal)))).StatusCode);
            Assert.Equal("requested", JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/Task/{task}")).RootElement.GetProperty("status").GetString());
            var other = await fhir.PutAsync($"/fhir/Task/{task}", FhirHttp.Json(stored.Replace("\"approve\"", "\"fulfill\"", StringComparison.Ordinal)));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        }
        Assert.Equal(("Pending", null, null), await State(id));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.task where fhir_id in ('{id}', '{part}')"));
        await Answer("anna", id, "Approve");
        Assert.Equal(HttpStatusCode.SeeOther, await Answer("ben", id, "Approve"));
    }

    [Fact]
    [Trait("Row", "AP-14")]
    public async Task Going_late_to_somebody_who_has_answered_stops_neither_it_nor_the_others()
    {
        var due = TimeZoneInfo.ConvertTime(product.Clock.GetUtcNow().AddHours(1), TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris")).ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        var answered = await Ask("Answered by whom it goes to", ["anna", "ben"], kind: "everyone", more: [("DueLocal", due), ("EscalateTo", People["anna"].ToString())]);
        await Answer("anna", answered, "Approve");
        var other = await Ask("After it", ["ben"], more: [("DueLocal", due), ("EscalateTo", People["dora"].ToString())]);
        product.Clock.Advance(TimeSpan.FromMinutes(61));
        await TestProduct.Until(async () => { product.Clock.Advance(TimeSpan.FromSeconds(1)); return await Part(other, "dora") == "Open" && await Notices("ben", answered, "approval.late") == 1; }, "both are late, and one went to dora");
        Assert.Equal(("Answered", "Open"), (await Part(answered, "anna"), await Part(answered, "ben")));
        foreach (var name in clients.Keys.ToList()) clients[name] = await product.SignedIn($"ap-{name}");
    }

    [Fact]
    [Trait("Row", "AP-01")]
    public async Task What_nobody_types_is_refused_in_words()
    {
        Task<HttpResponseMessage> New(string name, string value) => TestProduct.Post(clients["asker"], "/approvals/new", ("Title", "x"), ("People", People["anna"].ToString()), (name, value));
        foreach (var (name, value) in new[] { ("About", "/\t/evil.example"), ("About", "/\n/evil.example"), ("DueLocal", "0001-01-01T00:00"), ("DueLocal", "9999-12-31T23:59") }) Assert.Equal(HttpStatusCode.UnprocessableEntity, (await New(name, value)).StatusCode);
        var away = await TestProduct.Post(clients["asker"], "/approvals/away", ("person", People["anna"].ToString()), ("from", "0001-01-01T00:00"), ("until", "9999-12-31T23:59"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, away.StatusCode);
    }

    [Fact]
    [Trait("Row", "AP-10"), Trait("Row", "TC-01")]
    public async Task In_an_archived_team_nothing_is_answered()
    {
        var team = await product.Team("Closing", (People["asker"], "Owner"));
        var id = await Ask("Too late", ["anna"], more: [("Team", team.ToString())]);
        await product.Sql($"update collab.team set archived_at = now() where id = '{team}'");
        Assert.Equal(HttpStatusCode.Conflict, await Answer("anna", id, "Approve"));
        Assert.Equal("Pending", (await State(id)).Status);
    }

    [Fact]
    [Trait("Row", "AP-15"), Trait("Row", "AU-05")]
    public async Task Every_step_is_an_event_and_a_read_is_on_record()
    {
        var id = await Ask("Audited", ["anna"]);
        await Page("anna", $"/approvals/{id}");
        await Answer("anna", id, "Approve");
        Assert.Equal("approval.answered,approval.completed,approval.created", await product.Ask<string>($"select string_agg(kind, ',' order by kind) from platform.event where subject = 'approval/{id}'"));
        await TestProduct.Until(async () => await product.Ask<long>($"select count(*) from platform.access where subject = 'approval/{id}' and actor = '{People["anna"]}'") >= 1, "anna's reading is on record");
    }

    private async Task<Guid> Ask(string title, string[] approvers, string kind = "first", (string, string)[]? more = null)
    {
        var answer = await TestProduct.Post(clients["asker"], "/approvals/new", [("Title", title), ("Kind", kind), .. approvers.Select(a => ("People", People[a].ToString())), .. more ?? []]);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return Guid.Parse(answer.Headers.Location!.ToString().Split('/')[^1]);
    }

    private async Task<HttpStatusCode> Answer(string who, Guid id, string answer, string comments = "", string password = "") =>
        (await TestProduct.Post(clients[who], $"/approvals/{id}?handler=answer", ("answer", answer), ("comments", comments), ("password", password))).StatusCode;

    private async Task<(string? Status, string? Result, bool? Stopped)> State(Guid id) => (
        await product.Ask<string>($"select status from collab.approval where id = '{id}'"), await product.Ask<string>($"select result from collab.approval where id = '{id}'"),
        await product.Ask<string>($"select stopped::text from collab.approval where id = '{id}'") is { } s ? s == "true" : null);

    private Task<string?> Part(Guid id, string who) => product.Ask<string>($"select state from collab.approval_request where approval = '{id}' and approver = '{People[who]}' order by created_at desc limit 1");

    private async Task<int> Notices(string who, Guid id, string kind) => (int)await product.Ask<long>($"select count(*) from collab.notice where person = '{People[who]}' and link = '/approvals/{id}' and kind = '{kind}'");

    private async Task<string> Page(string who, string path) => await clients[who].GetStringAsync(path);

    private Task<HttpResponseMessage> Template(string who, Guid team) => TestProduct.Post(clients[who], "/approvals/templates/new",
        ("Team", team.ToString()), ("Name", "Overtime"), ("Groups[0].People", People["anna"].ToString()), ("Groups[0].Rule", "First"), ("FormLines", "* Reason\nHours | number"), ("DueHours", "24"));

    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3, 4];

    private async Task<HttpResponseMessage> Upload(string title, params (string Name, byte[] Content)[] files)
    {
        var form = new MultipartFormDataContent { { new StringContent(title), "Title" }, { new StringContent("first"), "Kind" }, { new StringContent(People["anna"].ToString()), "People" } };
        form.Add(new StringContent(Form.Token(await clients["asker"].GetStringAsync("/activity"))), "__RequestVerificationToken");
        foreach (var (name, content) in files) form.Add(new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } }, "files", name);
        return await clients["asker"].PostAsync("/approvals/new", form);
    }
}
