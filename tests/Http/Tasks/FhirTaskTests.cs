using System.Net;
using System.Text.Json;
using HealthTeams.Collaboration.Tasks;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using HealthTeams.Platform.Problems;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Tasks;

/// <summary>http://hl7.org/fhir/R4/task.html both ways.</summary>
public sealed class FhirTaskTests(TaskScene scene) : IClassFixture<TaskScene>
{
    [Fact, Trait("Row", "TK-01"), Trait("Row", "TK-02"), Trait("Row", "TK-03")]
    public async Task A_task_of_a_page_is_a_Task_and_each_change_its_next_version()
    {
        using var fhir = await scene.Fhir();
        await scene.Book("FT-1", mrn: "MRN-FT1");
        var patient = await scene.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and value = 'MRN-FT1'");
        var id = await scene.AddToBoard("Weigh", ("priority", "1"), ("dueDay", "2026-11-24"), ("notes", "Standing"), ("patient", $"{patient}"), ("assignees", $"{scene.Member}"), ("checks", "Scale\nNote"));
        var task = await Get(fhir, id);
        Assert.Equal(("ready", "order", "stat", "Weigh"), (Text(task, "status"), Text(task, "intent"), Text(task, "priority"), Text(task, "description")));
        Assert.Equal("2026-11-24", task.GetProperty("restriction").GetProperty("period").GetProperty("end").GetString());
        Assert.StartsWith("Patient/", Text(task.GetProperty("for"), "reference"), StringComparison.Ordinal);
        var owner = Text(task.GetProperty("owner"), "reference");
        Assert.Contains("Seacole", await fhir.GetStringAsync($"/fhir/{owner}"), StringComparison.Ordinal);
        Assert.Equal(["Scale", "Note"], task.GetProperty("input").EnumerateArray().Select(i => Text(i, "valueString")));
        Assert.Equal(1, Json(await fhir.GetStringAsync($"/fhir/Task?owner={owner}&priority=stat&_summary=count")).GetProperty("total").GetInt32());

        await TestProduct.Post(scene.Nurse, $"/tasks/{id}/tick", ("item", $"{await scene.Ask<Guid>($"select id from collab.task_check where task = '{id}' and title = 'Scale'")}"), ("done", "true"));
        await scene.Act(scene.Nurse, id, "progress", ("progress", "Deferred"));
        task = await Get(fhir, id);
        Assert.Equal("on-hold", Text(task, "status"));
        Assert.Equal("deferred", task.GetProperty("businessStatus").GetProperty("coding")[0].GetProperty("code").GetString());
        Assert.Equal("Scale", Text(task.GetProperty("output")[0], "valueString"));
        await scene.Act(scene.Nurse, id, "assignment", ("to", $"{scene.Owner}"));
        await scene.Act(scene.Nurse, id, "completion");
        task = await Get(fhir, id);
        Assert.Equal(("completed", false, $"CareTeam/{scene.Ward}", 2), (Text(task, "status"), task.TryGetProperty("businessStatus", out _), Text(task.GetProperty("owner"), "reference"), task.GetProperty("extension").GetArrayLength()));
        Assert.Equal(5, Json(await fhir.GetStringAsync($"/fhir/Task/{id}/_history")).GetProperty("entry").GetArrayLength());
        await scene.Act(scene.Nurse, id, "deletion");
        Assert.Equal("entered-in-error", Text(await Get(fhir, id), "status"));
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task With_their_own_app_people_change_no_task_they_could_not_change_on_its_page()
    {
        var id = await scene.AddToBoard("Not yours");
        var door = scene.App.Services.GetRequiredService<TaskDoor>();
        Task<Problem?> As(Guid person, Func<Tx, Task<Problem?>> act) => scene.Db.In(1, new Caller { Tenant = 1, TenantSlug = "demo", Id = person.ToString(), Kind = CallerKind.Staff, Person = person }.Actor, async tx =>
            await act(tx) is { } refused ? tx.Abandon<Problem?>(refused) : null, default);
        var heard = new TaskHeard($"{id}", "ready", "Changed", null, TaskRules.Medium, null, false, null, false, null, scene.Ward, [], [], []);
        foreach (var stranger in new[] { scene.Outsider, scene.Guest })
        {
            Assert.Equal(404, (await As(stranger, tx => door.Hear(tx, heard)))?.Status);
            Assert.Equal(404, (await As(stranger, tx => door.Forget(tx, $"{id}")))?.Status);
        }
        Assert.Equal(404, (await As(scene.Outsider, tx => door.Hear(tx, heard with { FhirId = "of-an-outsider" })))?.Status);
        Assert.Equal(("Not yours", 0L), (await scene.Ask<string>($"select title from collab.task where id = '{id}' and deleted_at is null"), await scene.Ask<long>("select count(*) from collab.task where fhir_id = 'of-an-outsider'")));
        Assert.Null(await As(scene.Member, tx => door.Hear(tx, heard)));
        Assert.Null(await As(scene.Member, tx => door.Forget(tx, $"{id}")));
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task What_was_deleted_by_FHIR_comes_back_with_the_next_change_of_its_team()
    {
        using var fhir = await scene.Fhir();
        foreach (var name in new[] { "Ward 4a", "Ward 4b" })
        {
            var version = await scene.Ask<int>($"select version from collab.team where id = '{scene.Ward}'");
            var renamed = await TestProduct.Post(scene.Chief, $"/teams/{scene.Ward}/settings", ("Name", name), ("Visibility", "private"), ("Version", $"{version}"));
            Assert.True(renamed.StatusCode == HttpStatusCode.SeeOther, await renamed.Content.ReadAsStringAsync());
            Assert.Equal(name, Text(Json(await fhir.GetStringAsync($"/fhir/CareTeam/{scene.Ward}")), "name"));
            Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync($"/fhir/CareTeam/{scene.Ward}")).StatusCode);
        }
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task A_link_stays_here_or_says_where_it_leads_and_an_error_names_no_patient()
    {
        await scene.Book("FT-9", family: "Secretname", mrn: "MRN-FT9");
        var patient = await scene.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and value = 'MRN-FT9'");
        var id = await scene.AddToBoard("Links");
        foreach (var url in new[] { "/\t/evil.example", "//evil.example", "javascript:alert(1)", "/\\evil.example" }) await TaskScene.Refused(await scene.Act(scene.Chief, id, "links", ("url", url)), HttpStatusCode.UnprocessableEntity);
        var assigned = await scene.Act(scene.Chief, id, "assignment", ("to", $"{patient}"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, assigned.StatusCode);
        Assert.DoesNotContain("secretname", await assigned.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact, Trait("Row", "TK-02")]
    public async Task A_Task_of_the_chart_is_on_its_owners_page_keeps_its_words_and_follows_the_state_machine()
    {
        using var fhir = await scene.Fhir();
        var owner = await Practitioner(fhir, "nurse");
        var sent = $$$"""{"resourceType":"Task","status":"requested","intent":"order","priority":"asap","code":{"text":"Call the laboratory"},"owner":{"reference":"{{{owner}}}"},"reasonCode":{"text":"Own words"},"restriction":{"repetitions":1,"period":{"end":"2026-11-23T15:00:00+01:00"} } }""";
        var task = await fhir.Create("Task", sent);
        var id = await scene.Ask<Guid>($"select id from collab.task where fhir_id = '{task.Id()}'");
        var page = TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{id}"));
        foreach (var word in new[] { "Call the laboratory", "today 15:00", "Important", "Not started" }) Assert.Contains(word, page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Chief.GetAsync($"/tasks/{id}")).StatusCode);
        Assert.Contains("Call the laboratory", await scene.Nurse.GetStringAsync("/tasks"), StringComparison.Ordinal);

        await scene.Act(scene.Nurse, id, "progress", ("progress", "InProgress"));
        var next = await Get(fhir, task.Id());
        Assert.Equal("in-progress", Text(next, "status"));
        // Everything the page did not change is as it was sent.
        foreach (var name in new[] { "priority", "code", "owner", "reasonCode", "restriction" }) Assert.Equal(task.GetProperty(name).GetRawText(), next.GetProperty(name).GetRawText());
        Assert.False(next.TryGetProperty("description", out _) || next.TryGetProperty("extension", out _));

        var back = await fhir.PutAsync($"/fhir/Task/{task.Id()}", FhirHttp.Json(next.GetRawText().Replace("\"in-progress\"", "\"received\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, back.StatusCode);
        var said = await back.Content.ReadAsStringAsync();
        foreach (var word in new[] { "in-progress", "received", "on-hold, failed, completed", "Task.status" }) Assert.Contains(word, said, StringComparison.Ordinal);
        Assert.Equal("in-progress", Text(await Get(fhir, task.Id()), "status"));

        var done = await fhir.PutAsync($"/fhir/Task/{task.Id()}", FhirHttp.Json(next.GetRawText().Replace("\"in-progress\"", "\"completed\"", StringComparison.Ordinal)));
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
        Assert.Equal("completed", await scene.Status(id));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PutAsync($"/fhir/Task/{task.Id()}", FhirHttp.Json(next.GetRawText()))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync($"/fhir/Task/{task.Id()}")).StatusCode);
        Assert.DoesNotContain("Call the laboratory", await scene.Nurse.GetStringAsync("/tasks?view=mine&done=1"), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "TK-06")]
    public async Task By_FHIR_too_a_task_is_not_completed_before_what_it_needs_is_there()
    {
        using var fhir = await scene.Fhir();
        var id = await scene.AddToBoard("Check the trolley", ("needsChecklist", "on"), ("needsPhoto", "on"), ("checks", "Oxygen"));
        var task = (await Get(fhir, id)).GetRawText().Replace("\"ready\"", "\"completed\"", StringComparison.Ordinal);
        var refused = await fhir.PutAsync($"/fhir/Task/{id}", FhirHttp.Json(task));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var said = await refused.Content.ReadAsStringAsync();
        Assert.Contains("1 of 1 checklist items are open", said, StringComparison.Ordinal);
        Assert.Contains("a photo is missing", said, StringComparison.Ordinal);
        Assert.Equal("ready", await scene.Status(id));
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task A_Task_for_a_team_lands_on_its_board_and_what_is_nobodys_work_is_kept_as_sent()
    {
        using var fhir = await scene.Fhir();
        var team = await fhir.Create("Task", $$$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Prepare bed 7","owner":{"reference":"CareTeam/{{{scene.Ward}}}"}}""");
        Assert.Equal(scene.Board, await scene.Ask<Guid>($"select board from collab.task where fhir_id = '{team.Id()}'"));
        Assert.Contains("Prepare bed 7", await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?part=list"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Outside.GetAsync($"/tasks/{await scene.Ask<Guid>($"select id from collab.task where fhir_id = '{team.Id()}'")}")).StatusCode);
        var owner = await Practitioner(fhir, "nurse");
        foreach (var body in new[]
        {
            """{"resourceType":"Task","status":"requested","intent":"order","description":"No owner"}""",
            $$$"""{"resourceType":"Task","status":"draft","intent":"order","description":"Draft","owner":{"reference":"{{{owner}}}"}}""",
            $$$"""{"resourceType":"Task","status":"requested","intent":"proposal","description":"Proposal","owner":{"reference":"{{{owner}}}"}}""",
            """{"resourceType":"Task","status":"requested","intent":"order","description":"Unknown","owner":{"reference":"Practitioner/nobody"}}""",
        })
        {
            var kept = await fhir.Create("Task", body);
            Assert.Equal(0L, await scene.Ask<long>($"select count(*) from collab.task where fhir_id = '{kept.Id()}'"));
        }
        // Its checklist follows the chart, and a stranger is not given a team's task.
        const string item = """{"type":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/task-part","code":"checklist-item"}]},"valueString":"NAME"}""";
        string With(string more) => team.GetRawText()[..^1] + more + "}";
        var listed = await fhir.PutAsync($"/fhir/Task/{team.Id()}", FhirHttp.Json(With($",\"input\":[{item.Replace("NAME", "Linen", StringComparison.Ordinal)},{item.Replace("NAME", "Oxygen", StringComparison.Ordinal)}],\"output\":[{item.Replace("NAME", "Linen", StringComparison.Ordinal)}]")));
        Assert.True(listed.IsSuccessStatusCode, await listed.Content.ReadAsStringAsync());
        Assert.Equal("Linen:true Oxygen:false", await scene.Ask<string>($"select string_agg(c.title || ':' || (c.checked_at is not null), ' ' order by c.place) from collab.task_check c join collab.task t on t.id = c.task where t.fhir_id = '{team.Id()}'"));
        var stranger = await fhir.PutAsync($"/fhir/Task/{team.Id()}", FhirHttp.Json(team.GetRawText().Replace($"CareTeam/{scene.Ward}", await Practitioner(fhir, "outside"), StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stranger.StatusCode);
        Assert.Contains("Not in this team", await stranger.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // Another hospital's Task of the same id is another Task.
        using var north = await scene.Fhir(tenant: "north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/Task/{team.Id()}")).StatusCode);
        await north.PutAsync($"/fhir/Task/{team.Id()}", FhirHttp.Json($$$"""{"resourceType":"Task","id":"{{{team.Id()}}}","status":"completed","intent":"order","owner":{"reference":"CareTeam/{{{scene.Ward}}}"}}"""));
        Assert.Equal("requested", await scene.Ask<string>($"select status from collab.task where tenant = 1 and fhir_id = '{team.Id()}'"));
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task Occurrences_of_a_series_share_their_groupIdentifier()
    {
        using var fhir = await scene.Fhir();
        var made = await TestProduct.Post(scene.Chief, "/tasks/new", ("title", "Round"), ("board", $"{scene.Board}"), ("priority", "5"), ("dueDay", "2026-11-23"), ("repeat", "Daily"), ("ahead", "3"));
        var series = made.Headers.Location!.ToString().Split('/')[^1];
        await scene.Sweep<Collaboration.Tasks.SeriesDue>();
        Assert.Equal(4, Json(await fhir.GetStringAsync($"/fhir/Task?group-identifier=urn:ietf:rfc:3986|urn:uuid:{series}&_summary=count")).GetProperty("total").GetInt32());
    }

    [Fact, Trait("Row", "TK-02")]
    public async Task A_subscription_on_Task_hears_of_a_change_on_a_page()
    {
        using var fhir = await scene.Fhir();
        var id = await scene.AddToBoard("Subscribed");
        await using var receiver = new Subscriptions.Receiver();
        await receiver.Start();
        await using (var connection = new Npgsql.NpgsqlConnection(scene.Database.Owner))
        {
            await connection.OpenAsync();
            await HealthTeams.Platform.Outbound.OutboundHttp.Register(connection, new Uri(receiver.Url), privateRanges: true, scene.Clock.GetUtcNow(), default);
        }
        var subscription = await fhir.Create("Subscription", $$$"""{"resourceType":"Subscription","status":"requested","reason":"test","criteria":"Task?status=completed","channel":{"type":"rest-hook","payload":"application/fhir+json","endpoint":"{{{receiver.Url}}}/tasks"}}""");
        await TestProduct.Until(async () => Text(Json(await fhir.GetStringAsync($"/fhir/Subscription/{subscription.Id()}")), "status") == "active", "the subscription is active");
        await scene.Act(scene.Nurse, id, "completion");
        await TestProduct.Until(() => Task.FromResult(receiver.At("tasks").Any(s => s.Text.Contains($"{id}", StringComparison.Ordinal))), "the completion is heard");
    }

    private static async Task<string> Practitioner(HttpClient fhir, string username)
    {
        var found = Json(await (await fhir.PutAsync($"/fhir/Practitioner?identifier=https://hospital.example/id/staff|{username}",
            FhirHttp.Json($$$"""{"resourceType":"Practitioner","identifier":[{"system":"https://hospital.example/id/staff","value":"{{{username}}}"}],"name":[{"family":"Seacole","given":["Mary"]}]}"""))).Content.ReadAsStringAsync());
        return $"Practitioner/{found.Id()}";
    }

    private static async Task<JsonElement> Get(HttpClient fhir, object id) => Json(await fhir.GetStringAsync($"/fhir/Task/{id}"));
    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var v) ? v.GetString() : null;
}
