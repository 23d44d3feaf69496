using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Tasks;

/// <summary>Forms, comments, photos, series and chains of tasks, both ways by FHIR.</summary>
public sealed class FhirPartsTests(TaskScene scene) : IClassFixture<TaskScene>
{
    [Fact, Trait("Row", "TK-06")]
    public async Task A_tasks_form_is_a_Questionnaire_and_what_is_filled_in_a_QuestionnaireResponse()
    {
        using var fhir = await scene.Fhir();
        await scene.Book("FP-1", mrn: "MRN-FP1");
        var patient = await scene.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and value = 'MRN-FP1'");
        var id = await scene.AddToBoard("Dress the wound", ("patient", $"{patient}"), ("form", "* Skin | choice: intact, red\nPain | number\nSeen on | date\nTold | yes/no"));
        var form = Values(await Get(fhir, $"Task/{id}"), "input", "valueCanonical").Single();
        var questionnaire = await Get(fhir, $"Questionnaire/{form.Split('/')[^1]}");
        Assert.Equal((form, "active"), (Text(questionnaire, "url"), Text(questionnaire, "status")));
        Assert.Equal(["choice", "decimal", "date", "boolean"], questionnaire.GetProperty("item").EnumerateArray().Select(i => Text(i, "type")));
        Assert.Equal(["intact", "red"], questionnaire.GetProperty("item")[0].GetProperty("answerOption").EnumerateArray().Select(o => Text(o, "valueString")));
        // The same questions of another task are the same form.
        var other = await scene.AddToBoard("Dress it again", ("form", "* Skin | choice: intact, red\nPain | number\nSeen on | date\nTold | yes/no"));
        Assert.Equal(form, Values(await Get(fhir, $"Task/{other}"), "input", "valueCanonical").Single());

        await TestProduct.Post(scene.Nurse, $"/tasks/{id}/answers", ("q1", "red"), ("q2", "3.5"), ("q3", "2026-11-23"), ("q4", "true"));
        Assert.Equal($"QuestionnaireResponse/{id}", References(await Get(fhir, $"Task/{id}"), "output").Single());
        var response = await Get(fhir, $"QuestionnaireResponse/{id}");
        Assert.Equal(("completed", form), (Text(response, "status"), Text(response, "questionnaire")));
        Assert.StartsWith("Patient/", Text(response.GetProperty("subject"), "reference"), StringComparison.Ordinal);
        Assert.Contains("Seacole", await fhir.GetStringAsync($"/fhir/{Text(response.GetProperty("author"), "reference")}"), StringComparison.Ordinal);
        Assert.Equal(["\"red\"", "3.5", "\"2026-11-23\"", "true"], response.GetProperty("item").EnumerateArray().Select(i => i.GetProperty("answer")[0].EnumerateObject().Single().Value.GetRawText()));
        Assert.Equal(1, (await Get(fhir, $"QuestionnaireResponse?patient={Text(response.GetProperty("subject"), "reference")!.Split('/')[1]}&_summary=count")).GetProperty("total").GetInt32());
        using var north = await scene.Fhir(tenant: "north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/QuestionnaireResponse/{id}")).StatusCode);
    }

    [Fact, Trait("Row", "TK-06")]
    public async Task A_QuestionnaireResponse_of_another_system_fills_the_form_by_the_pages_rules()
    {
        using var fhir = await scene.Fhir();
        var id = await scene.AddToBoard("Ask the patient", ("form", "* Skin | choice: intact, red\nPain | number"));
        string Said(string items, string status = "completed", string more = "") => $$$"""{"resourceType":"QuestionnaireResponse","status":"{{{status}}}","basedOn":[{"reference":"Task/{{{id}}}"}],"item":[{{{items}}}]{{{more}}}}""";
        const string red = """{"linkId":"q1","answer":[{"valueCoding":{"display":"red"}}]}""";
        foreach (var (body, words) in new[]
        {
            (Said("""{"linkId":"q1","answer":[{"valueString":"blue"}]},{"linkId":"q2","answer":[{"valueString":"much"}]}"""), new[] { "\"Skin\" has no answer", "\"Pain\" is a number" }),
            (Said("""{"linkId":"q2","answer":[{"valueDecimal":4}]}"""), ["\"Skin\" is not answered"]),
            (Said(red + """,{"linkId":"q9","answer":[{"valueString":"?"}]}"""), ["no question of this form", "q9"]),
            (Said(red, more: ""","questionnaire":"https://elsewhere.example/Questionnaire/9" """), ["This task's form is"]),
        })
        {
            var refused = await fhir.PostAsync("/fhir/QuestionnaireResponse", FhirHttp.Json(body));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            foreach (var word in words) Assert.Contains(word, JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("issue")[0].GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
        }
        Assert.Null(await scene.Ask<string>($"select answers::text from collab.task where id = '{id}'"));
        await fhir.Create("QuestionnaireResponse", Said(red, status: "in-progress"));
        Assert.Null(await scene.Ask<string>($"select answers::text from collab.task where id = '{id}'"));

        var filled = await fhir.Create("QuestionnaireResponse", Said(red));
        Assert.Equal("red", await scene.Ask<string>($"select answers ->> 'q1' from collab.task where id = '{id}'"));
        Assert.Equal($"QuestionnaireResponse/{filled.Id()}", References(await Get(fhir, $"Task/{id}"), "output").Single());
        Assert.Contains("red", TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{id}")), StringComparison.Ordinal);
        // What fills a form is filled again, not taken away.
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.DeleteAsync($"/fhir/QuestionnaireResponse/{filled.Id()}")).StatusCode);
        await scene.Act(scene.Nurse, id, "completion");
        var late = await fhir.PostAsync("/fhir/QuestionnaireResponse", FhirHttp.Json(Said(red)));
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task Comments_are_signed_notes_both_ways_and_none_comes_twice()
    {
        using var fhir = await scene.Fhir();
        var id = await scene.AddToBoard("Talk about it", ("notes", "What it is about"));
        await scene.Act(scene.Nurse, id, "comments", ("text", "From the page"));
        var task = await Get(fhir, $"Task/{id}");
        var notes = task.GetProperty("note").EnumerateArray().ToList();
        Assert.Equal(["What it is about", "From the page"], notes.Select(n => Text(n, "text")));
        Assert.False(notes[0].TryGetProperty("time", out _));
        var author = Text(notes[1].GetProperty("authorReference"), "reference");
        Assert.Contains("Seacole", await fhir.GetStringAsync($"/fhir/{author}"), StringComparison.Ordinal);

        var sent = task.GetRawText().Replace("\"note\":[", $$"""
            "note":[{"authorReference":{"reference":"{{author}}"},"time":"2026-11-22T08:00:00Z","text":"From the chart"},{"authorString":"Laboratory","text":"Nobody we know"},
            """, StringComparison.Ordinal);
        for (var twice = 0; twice < 2; twice++)
        {
            var put = await fhir.PutAsync($"/fhir/Task/{id}", FhirHttp.Json(sent));
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }
        Assert.Equal("From the chart|From the page|Nobody we know", await scene.Ask<string>($"select string_agg(text, '|' order by text) from collab.task_comment where task = '{id}'"));
        var page = TaskScene.Text(await scene.Chief.GetStringAsync($"/tasks/{id}"));
        foreach (var word in new[] { "From the chart", "Nobody we know", "Laboratory", "What it is about" }) Assert.Contains(word, page, StringComparison.Ordinal);
        // What was said stays: a copy without it does not take it away.
        var without = JsonDocument.Parse((await Get(fhir, $"Task/{id}")).GetRawText()).RootElement;
        await fhir.PutAsync($"/fhir/Task/{id}", FhirHttp.Json(task.GetRawText()));
        Assert.Equal(without.GetProperty("note").GetArrayLength(), (await Get(fhir, $"Task/{id}")).GetProperty("note").GetArrayLength());
    }

    [Fact, Trait("Row", "TK-06")]
    public async Task A_photo_is_a_DocumentReference_with_its_Binary()
    {
        using var fhir = await scene.Fhir();
        var id = await scene.AddToBoard("Photograph the wound");
        using var content = new MultipartFormDataContent
        {
            { new StringContent(Form.Token(await scene.Nurse.GetStringAsync("/activity")), Encoding.UTF8), "__RequestVerificationToken" },
            { new ByteArrayContent(Png), "file", "wound.png" },
        };
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Nurse.PostAsync($"/tasks/{id}/photos", content)).StatusCode);
        var reference = References(await Get(fhir, $"Task/{id}"), "output").Single();
        var document = await Get(fhir, reference);
        var attachment = document.GetProperty("content")[0].GetProperty("attachment");
        Assert.Equal(("DocumentReference", "current", "image/png", Png.Length), (reference.Split('/')[0], Text(document, "status"), Text(attachment, "contentType"), attachment.GetProperty("size").GetInt32()));
        using var raw = new HttpRequestMessage(HttpMethod.Get, $"/fhir/{Text(attachment, "url")}");
        raw.Headers.TryAddWithoutValidation("Accept", "image/png");
        Assert.Equal(Png, await (await fhir.SendAsync(raw)).Content.ReadAsByteArrayAsync());
        await scene.Act(scene.Nurse, id, "deletion");
        Assert.Equal("entered-in-error", Text(await Get(fhir, reference), "status"));
        using var north = await scene.Fhir(tenant: "north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/{reference}")).StatusCode);
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_series_is_an_ActivityDefinition_with_its_timing_and_stops_both_ways()
    {
        using var fhir = await scene.Fhir();
        var made = await TestProduct.Post(scene.Chief, "/tasks/new", ("title", "Medicine round"), ("board", $"{scene.Board}"), ("priority", "5"), ("dueDay", "2026-11-24"), ("dueTime", "08:30"), ("repeat", "Weekly"), ("weekdays", "2"), ("weekdays", "4"), ("until", "2026-12-31"), ("ahead", "0"));
        var series = made.Headers.Location!.ToString().Split('/')[^1];
        var definition = await Get(fhir, $"ActivityDefinition/{series}");
        Assert.Equal(("active", "Medicine round", "Task"), (Text(definition, "status"), Text(definition, "title"), Text(definition, "kind")));
        Assert.Equal("""{"repeat":{"boundsPeriod":{"start":"2026-11-24","end":"2026-12-31"},"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["tue","thu"],"timeOfDay":["08:30:00"]}}""", definition.GetProperty("timingTiming").GetRawText());
        var other = await fhir.PutAsync($"/fhir/ActivityDefinition/{series}", FhirHttp.Json(definition.GetRawText().Replace("\"period\":1", "\"period\":2", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        var retired = await fhir.PutAsync($"/fhir/ActivityDefinition/{series}", FhirHttp.Json(definition.GetRawText().Replace("\"active\"", "\"retired\"", StringComparison.Ordinal)));
        Assert.True(retired.IsSuccessStatusCode, await retired.Content.ReadAsStringAsync());
        Assert.True(await scene.Ask<bool>($"select stopped_at is not null from collab.task_series where id = '{series}'"));
    }

    [Fact, Trait("Row", "TK-05")]
    public async Task A_timing_that_says_what_a_series_can_becomes_one_and_any_other_is_refused_by_its_words()
    {
        using var fhir = await scene.Fhir();
        string Definition(string repeat, string title = "Weigh everybody") => $$$"""
            {"resourceType":"ActivityDefinition","status":"active","kind":"Task","title":"{{{title}}}","description":"On the ward's scale","priority":"urgent","timingTiming":{"repeat":{{{repeat}}}},
             "extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/series-team","valueReference":{"reference":"CareTeam/{{{scene.Ward}}}"}}]}
            """;
        foreach (var (repeat, words) in new[]
        {
            ("""{"frequency":3,"period":1,"periodUnit":"d"}""", new[] { "repeat.frequency is other than 1" }),
            ("""{"period":1.5,"periodUnit":"d","when":["MORN"],"durationMax":2}""", ["repeat.period", "repeat.when is not understood", "repeat.durationMax"]),
            ("""{"period":1,"periodUnit":"h"}""", ["repeat.periodUnit"]),
            ("""{"period":1,"periodUnit":"d","timeOfDay":["08:00:00","20:00:00"]}""", ["repeat.timeOfDay is more than one time"]),
        })
        {
            var refused = await fhir.PostAsync("/fhir/ActivityDefinition", FhirHttp.Json(Definition(repeat)));
            var said = await refused.Content.ReadAsStringAsync();
            Assert.True(refused.StatusCode == HttpStatusCode.UnprocessableEntity, said);
            foreach (var word in words) Assert.Contains(word, said, StringComparison.Ordinal);
        }
        Assert.Equal(0L, await scene.Ask<long>("select count(*) from collab.task_series where fhir_id is not null"));
        var kept = await fhir.Create("ActivityDefinition", Definition("""{"boundsPeriod":{"start":"2010-01-31"},"period":1,"periodUnit":"d","timeOfDay":["07:00:00"]}"""));
        var id = await scene.Ask<Guid>($"select id from collab.task_series where fhir_id = '{kept.Id()}'");
        // From today on: nobody wants sixteen years of weighing at once. Its occurrences keep their numbers.
        Assert.Equal("2026-11-23 6141", await scene.Ask<string>($"select next_day || ' ' || next_occurrence from collab.task_series where id = '{id}'"));
        await scene.Sweep<Collaboration.Tasks.SeriesDue>();
        Assert.InRange(await scene.Ask<long>($"select count(*) from collab.task where series = '{id}'"), 1L, 2L);
        Assert.Equal("Weigh everybody", await scene.Ask<string>($"select distinct title from collab.task where series = '{id}'"));
        Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync($"/fhir/ActivityDefinition/{kept.Id()}")).StatusCode);
        Assert.True(await scene.Ask<bool>($"select stopped_at is not null from collab.task_series where id = '{id}'"));
        var nowhere = await fhir.PostAsync("/fhir/ActivityDefinition", FhirHttp.Json(Definition("""{"period":1,"periodUnit":"d"}""").Replace($"{scene.Ward}", $"{Guid.NewGuid()}", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nowhere.StatusCode);
    }

    [Fact, Trait("Row", "TK-06"), Trait("Row", "AP-09")]
    public async Task A_task_that_several_approve_asks_their_approval_and_its_end_decides()
    {
        using var fhir = await scene.Fhir();
        var template = await TestProduct.Post(scene.Chief, "/approvals/templates/new", ("Team", $"{scene.Ward}"), ("Name", "Two of us"), ("Groups[0].People", $"{scene.Owner}"), ("Groups[0].Rule", "First"), ("Groups[1].People", $"{scene.Outsider}"), ("Groups[1].Rule", "All"));
        Assert.True(template.StatusCode == HttpStatusCode.SeeOther, await template.Content.ReadAsStringAsync());
        var chain = await scene.Ask<Guid>("select id from collab.approval_template where name = 'Two of us'");
        Assert.Contains("Two of us", await scene.Chief.GetStringAsync($"/tasks/new?board={scene.Board}"), StringComparison.Ordinal);
        var id = await scene.AddToBoard("Sign off the trolley", ("chain", $"{chain}"), ("assignees", $"{scene.Member}"));
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, id, "completion")).StatusCode);
        Assert.Equal("on-hold:approval", await scene.Status(id));
        var approval = await scene.Ask<Guid>($"select approval from collab.task where id = '{id}'");
        Assert.Contains($"/approvals/{approval}", await scene.Nurse.GetStringAsync($"/tasks/{id}"), StringComparison.Ordinal);
        Assert.Equal($"Task/{id}", Text((await Get(fhir, $"Task/{approval}")).GetProperty("focus"), "reference"));

        // One no sends it back with its words; done again asks again.
        await Answer(scene.Chief, approval, "Reject", "The oxygen is empty");
        Assert.Equal("in-progress", await scene.Status(id));
        Assert.Contains("The oxygen is empty", TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{id}")), StringComparison.Ordinal);
        await scene.Act(scene.Nurse, id, "completion");
        var second = await scene.Ask<Guid>($"select approval from collab.task where id = '{id}'");
        Assert.NotEqual(approval, second);
        await Answer(scene.Chief, second, "Approve");
        Assert.Equal("on-hold:approval", await scene.Status(id));
        await Answer(scene.Outside, second, "Approve");
        Assert.Equal("completed", await scene.Status(id));

        // Taken back by the one who did it, nobody is asked further.
        var taken = await scene.AddToBoard("Taken back", ("chain", $"{chain}"), ("assignees", $"{scene.Member}"));
        await scene.Act(scene.Nurse, taken, "completion");
        await scene.Act(scene.Nurse, taken, "reopening");
        Assert.Equal(("Cancelled", "in-progress"), (await scene.Ask<string>($"select a.status from collab.approval a join collab.task t on t.approval = a.id where t.id = '{taken}'"), (await scene.Status(taken))!.Replace("ready", "in-progress", StringComparison.Ordinal)));
        // By FHIR it is not completed past them, and another team's approval is not to be chosen.
        var closed = await scene.AddToBoard("Not by FHIR", ("chain", $"{chain}"));
        var put = await fhir.PutAsync($"/fhir/Task/{closed}", FhirHttp.Json((await Get(fhir, $"Task/{closed}")).GetRawText().Replace("\"ready\"", "\"completed\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, put.StatusCode);
        await TaskScene.Refused(await TestProduct.Post(scene.Chief, "/tasks/new", ("title", "Foreign"), ("board", $"{scene.Board}"), ("chain", $"{Guid.NewGuid()}")), HttpStatusCode.UnprocessableEntity, "no such approval to ask");
    }

    [Fact, Trait("Row", "TK-06")]
    public async Task A_refusal_with_names_and_numbers_is_said_in_the_readers_language()
    {
        var id = await scene.AddToBoard("Check", ("needsChecklist", "on"), ("needsPhoto", "on"), ("checks", "One\nTwo"));
        await TaskScene.Refused(await scene.Act(scene.Nurse, id, "completion?lang=fr"), HttpStatusCode.UnprocessableEntity, "Pas encore faite : 2 points sur 2 de la liste sont ouverts; une photo manque.");
        await TaskScene.Refused(await scene.Act(scene.Nurse, id, "completion?lang=en"), HttpStatusCode.UnprocessableEntity, "Not yet done: 2 of 2 checklist items are open; a photo is missing.");
        // A name is a name, whatever else the word means.
        await TaskScene.Refused(await TestProduct.Post(scene.Chief, "/tasks/new?lang=fr", ("title", "x"), ("board", $"{scene.Board}"), ("assignees", $"{scene.Outsider}"), ("labels", new string('x', 51))), HttpStatusCode.BadRequest,
            "Pas dans cette équipe", "Osler", "Une étiquette a au plus 50 caractères");
    }

    private static async Task Answer(HttpClient by, Guid approval, string answer, string comments = "")
    {
        var answered = await TestProduct.Post(by, $"/approvals/{approval}?handler=answer", ("answer", answer), ("comments", comments));
        Assert.True(answered.StatusCode == HttpStatusCode.SeeOther, await answered.Content.ReadAsStringAsync());
    }

    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private static IEnumerable<string> Values(JsonElement task, string list, string value) => task.GetProperty(list).EnumerateArray().Where(i => i.TryGetProperty(value, out _)).Select(i => i.GetProperty(value).GetString()!);
    private static IEnumerable<string> References(JsonElement task, string list) => task.GetProperty(list).EnumerateArray().Where(i => i.TryGetProperty("valueReference", out _)).Select(i => Text(i.GetProperty("valueReference"), "reference")!);
    private static async Task<JsonElement> Get(HttpClient fhir, string path) => JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/{path}")).RootElement;
    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var v) ? v.GetString() : null;
}
