using System.Net;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Tasks;

public sealed class BoardTests(TaskScene scene) : IClassFixture<TaskScene>
{
    [Fact, Trait("Row", "TK-01")]
    public async Task A_task_keeps_all_that_was_written_and_its_people_are_told_once()
    {
        var task = await scene.AddToBoard("Weigh before breakfast", ("notes", "On the standing scale"), ("dueDay", "2026-11-24"), ("dueTime", "07:30"), ("startDay", "2026-11-24"), ("priority", "1"),
            ("labels", "weight, morning"), ("assignees", $"{scene.Member}"), ("assignees", $"{scene.Owner}"), ("checks", "Scale\nWrite down"));
        // 07:30 in Paris in winter.
        Assert.Equal(new DateTime(2026, 11, 24, 6, 30, 0, DateTimeKind.Utc), await scene.Ask<DateTime>($"select due_at from collab.task where id = '{task}'"));
        var page = TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{task}"));
        foreach (var word in new[] { "Weigh before breakfast", "On the standing scale", "tomorrow 07:30", "Urgent", "weight", "morning", "Write down", "0 of 2", "Seacole", "made the task" }) Assert.Contains(word, page, StringComparison.Ordinal);
        Assert.Equal(1L, await scene.Ask<long>($"select count(*) from collab.notice where person = '{scene.Member}' and kind = 'task.assigned' and link = '/tasks/{task}'"));
        Assert.Equal(0L, await scene.Ask<long>($"select count(*) from collab.notice where person = '{scene.Owner}' and link = '/tasks/{task}'"));
        Assert.Contains("gave you a task: Weigh before breakfast", TaskScene.Text(await scene.Nurse.GetStringAsync("/activity")), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task A_refusal_names_everything_that_is_wrong_and_keeps_what_was_typed()
    {
        var answer = await TestProduct.Post(scene.Chief, "/tasks/new", ("board", $"{scene.Board}"), ("title", "Lost and found"), ("priority", "4"), ("startDay", "2026-11-25"), ("dueDay", "2026-11-24"),
            ("assignees", $"{scene.Outsider}"), ("labels", new string('x', 51)));
        await TaskScene.Refused(answer, HttpStatusCode.UnprocessableEntity, "priority is 1", "starts after it is due", "Not in this team", "Osler", "50 characters", "value=\"Lost and found\"");
        Assert.Equal(0L, await scene.Ask<long>("select count(*) from collab.task where title = 'Lost and found'"));
        await TaskScene.Refused(await TestProduct.Post(scene.Chief, "/tasks/new", ("title", "Bad day"), ("dueDay", "24/11"), ("dueTime", "25:00")), HttpStatusCode.UnprocessableEntity, "“24/11” is no date", "“25:00” is no time");
    }

    [Fact, Trait("Row", "TK-02")]
    public async Task Progress_goes_through_all_its_states_and_is_in_the_history()
    {
        var task = await scene.AddToBoard("Call the ward clerk");
        foreach (var (choice, status) in new[] { ("InProgress", "in-progress"), ("Waiting", "on-hold:waiting"), ("Deferred", "on-hold:deferred"), ("NotStarted", "ready") })
        {
            Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, task, "progress", ("progress", choice))).StatusCode);
            Assert.Equal(status, await scene.Status(task));
        }
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, task, "completion")).StatusCode);
        Assert.Equal(scene.Member, await scene.Ask<Guid>($"select completed_by from collab.task where id = '{task}'"));
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "progress", ("progress", "Waiting")), HttpStatusCode.Conflict, "completed cannot become on-hold");
        // Undo.
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Nurse, $"/tasks/{task}/reopening")).StatusCode);
        Assert.Equal("ready", await scene.Status(task));
        Assert.Contains("from Not started to In progress", TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{task}")), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "TK-03"), Trait("Row", "TK-04")]
    public async Task A_checklist_has_as_many_items_as_the_work_and_says_who_ticked_what_when()
    {
        var task = await scene.AddToBoard("Move to the new ward", ("checks", string.Join('\n', Enumerable.Range(1, 45).Select(i => $"Item {i}"))), ("assignees", $"{scene.Guest}"));
        var item = await scene.Ask<Guid>($"select id from collab.task_check where task = '{task}' and title = 'Item 45'");
        var other = await scene.Ask<Guid>($"select id from collab.task_check where task = '{task}' and title = 'Item 1'");
        var version = await scene.Version(task);
        // Two people at once, without a version: ticks merge.
        await Task.WhenAll(TestProduct.Post(scene.Visitor, $"/tasks/{task}/tick", ("item", $"{item}"), ("done", "true")), TestProduct.Post(scene.Nurse, $"/tasks/{task}/tick", ("item", $"{other}"), ("done", "true")));
        Assert.Equal(version, await scene.Version(task));
        Assert.Equal(scene.Guest, await scene.Ask<Guid>($"select checked_by from collab.task_check where id = '{item}'"));
        Assert.Contains("2 of 45", TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/{task}")), StringComparison.Ordinal);
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/{task}/tick", ("item", $"{Guid.NewGuid()}"), ("done", "true")), HttpStatusCode.NotFound, "not on the checklist");
    }

    [Fact, Trait("Row", "TK-11")]
    public async Task Of_two_who_change_one_task_the_second_is_told_what_is_there_now_and_loses_nothing_typed()
    {
        var task = await scene.AddToBoard("Order the scan");
        var version = await scene.Version(task);
        (string, string)[] Fields(string title) => [("version", $"{version}"), ("title", title), ("priority", "5"), ("board", $"{scene.Board}")];
        var both = await Task.WhenAll(TestProduct.Post(scene.Chief, $"/tasks/{task}/edit", Fields("Order the scan today")), TestProduct.Post(scene.Nurse, $"/tasks/{task}/edit", Fields("Order the MRI")));
        Assert.Single(both, a => a.StatusCode == HttpStatusCode.SeeOther);
        var lost = Assert.Single(both, a => a.StatusCode == HttpStatusCode.Conflict);
        var stored = await scene.Ask<string>($"select title from collab.task where id = '{task}'");
        await TaskScene.Refused(lost, HttpStatusCode.Conflict, "What you typed is still here", $"value=\"{(stored == "Order the MRI" ? "Order the scan today" : "Order the MRI")}\"", $">{stored}<");
        Assert.Equal(HttpStatusCode.Conflict, (await TestProduct.Post(scene.Nurse, $"/tasks/{task}/completion", ("version", $"{version}"))).StatusCode);
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/{task}/completion"), HttpStatusCode.BadRequest, "version");
        Assert.Equal("ready", await scene.Status(task));
    }

    [Fact, Trait("Row", "TK-07")]
    public async Task Boards_lists_and_calendar_are_views_of_one_set()
    {
        var mine = await scene.AddToBoard("View: due today", ("dueDay", "2026-11-23"), ("assignees", $"{scene.Member}"), ("labels", "views"));
        await scene.AddToBoard("View: next week", ("dueDay", "2026-11-30"), ("assignees", $"{scene.Member}"), ("labels", "views"));
        await scene.AddToBoard("View: nobody's", ("labels", "views"));
        var day = TaskScene.Text(await scene.Nurse.GetStringAsync("/tasks"));
        Assert.Contains("View: due today", day, StringComparison.Ordinal);
        Assert.DoesNotContain("View: next week", day, StringComparison.Ordinal);
        Assert.Contains("View: next week", TaskScene.Text(await scene.Nurse.GetStringAsync("/tasks?view=mine")), StringComparison.Ordinal);
        Assert.Contains("View: next week", TaskScene.Text(await scene.Nurse.GetStringAsync("/tasks?view=calendar&on=2026-11")), StringComparison.Ordinal);
        Assert.DoesNotContain("View: next week", await scene.Nurse.GetStringAsync("/tasks?view=calendar&on=2027-03"), StringComparison.Ordinal);
        var week = TaskScene.Text(await scene.Nurse.GetStringAsync("/tasks?view=calendar&span=week&on=2026-11-30"));
        Assert.Contains("View: next week", week, StringComparison.Ordinal);
        Assert.DoesNotContain("View: due today", week, StringComparison.Ordinal);
        foreach (var group in new[] { "bucket", "assignee", "progress" }) Assert.Contains("View: due today", await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?group={group}&part=list"), StringComparison.Ordinal);
        var filtered = TaskScene.Text(await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?who=nobody&label=views&part=list"));
        Assert.Contains("View: nobody's", filtered, StringComparison.Ordinal);
        Assert.DoesNotContain("View: due today", filtered, StringComparison.Ordinal);
        Assert.Contains("No task matches", await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?q=%25"), StringComparison.Ordinal);
        // Moved by the menu's button, kept in its new bucket.
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, mine, "place", ("bucket", $"{scene.Buckets[1]}"))).StatusCode);
        Assert.Equal(scene.Buckets[1], await scene.Ask<Guid>($"select bucket from collab.task where id = '{mine}'"));
        await TestProduct.Post(scene.Nurse, $"/tasks/{mine}/my-day", ("on", "1"));
        Assert.Equal(1L, await scene.Ask<long>($"select count(*) from collab.task_day where task = '{mine}' and person = '{scene.Member}'"));
    }

    [Fact, Trait("Row", "TK-07")]
    public async Task A_private_task_is_its_owners_alone()
    {
        var task = await scene.Add(scene.Nurse, "Buy a present");
        Assert.Contains("Buy a present", await scene.Nurse.GetStringAsync("/tasks?view=mine"), StringComparison.Ordinal);
        foreach (var other in new[] { scene.Chief, scene.Outside, scene.North }) Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync($"/tasks/{task}")).StatusCode);
        using var fhir = await scene.Fhir();
        Assert.Equal(HttpStatusCode.NotFound, (await fhir.GetAsync($"/fhir/Task/{task}")).StatusCode);
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, "/tasks/new", ("title", "For two"), ("assignees", $"{scene.Owner}")), HttpStatusCode.UnprocessableEntity, "nobody else's");
    }

    [Fact, Trait("Row", "TK-07"), Trait("Row", "TC-05")]
    public async Task Outsiders_learn_nothing_and_guests_reach_only_what_is_theirs()
    {
        var secret = await scene.AddToBoard("Inside only");
        var theirs = await scene.AddToBoard("For the guest", ("assignees", $"{scene.Guest}"));
        foreach (var outsider in new[] { scene.Outside, scene.North })
        {
            foreach (var path in new[] { $"/tasks/{secret}", $"/tasks/{secret}/edit", $"/tasks/boards/{scene.Board}", $"/tasks/boards/{scene.Board}?part=list" })
            {
                var answer = await outsider.GetAsync(path);
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                Assert.DoesNotContain("Inside only", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            foreach (var act in new[] { "completion", "deletion", "comments", "tick", "place", "assignment", "photos" }) Assert.True((await scene.Act(outsider, secret, act, ("text", "x"))).StatusCode is HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity);
            Assert.Equal(HttpStatusCode.NotFound, (await TestProduct.Post(outsider, "/tasks/new", ("title", "Intruder"), ("board", $"{scene.Board}"))).StatusCode);
        }
        var seen = await scene.Visitor.GetStringAsync($"/tasks/boards/{scene.Board}");
        Assert.Contains("For the guest", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("Inside only", seen, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Visitor.GetAsync($"/tasks/{secret}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Act(scene.Visitor, theirs, "deletion")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Visitor, theirs, "completion")).StatusCode);
        Assert.Equal(0L, await scene.Ask<long>($"select count(*) from collab.task where title = 'Intruder' or (id = '{secret}' and (version <> 1 or deleted_at is not null))"));
    }

    [Fact, Trait("Row", "TK-11")]
    public async Task Deleted_is_hidden_and_can_be_restored_with_one_press()
    {
        var task = await scene.AddToBoard("Delete me");
        var deleted = await scene.Act(scene.Nurse, task, "deletion");
        Assert.Equal($"/tasks/boards/{scene.Board}?undo={task}", deleted.Headers.Location!.ToString());
        Assert.Contains($"/tasks/{task}/restoration", await scene.Nurse.GetStringAsync(deleted.Headers.Location), StringComparison.Ordinal);
        Assert.DoesNotContain("Delete me", await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?part=list"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Nurse, $"/tasks/{task}/restoration")).StatusCode);
        Assert.Contains("Delete me", await scene.Nurse.GetStringAsync($"/tasks/boards/{scene.Board}?part=list"), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "TK-06")]
    public async Task What_is_missing_is_named_in_full_and_done_then_waits_for_its_approver()
    {
        var task = await scene.AddToBoard("Change the dressing", ("needsChecklist", "on"), ("needsPhoto", "on"), ("checks", "Gloves\nClean"), ("form", "* Skin | choice: intact, red\nPain | number\n* Seen on | date\nTold | yes/no"),
            ("approver", $"{scene.Owner}"), ("assignees", $"{scene.Member}"));
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "completion"), HttpStatusCode.UnprocessableEntity, "2 of 2 checklist items are open", "the form is not answered", "a photo is missing");
        foreach (var title in new[] { "Gloves", "Clean" })
        {
            await TestProduct.Post(scene.Nurse, $"/tasks/{task}/tick", ("item", $"{await scene.Ask<Guid>($"select id from collab.task_check where task = '{task}' and title = '{title}'")}"), ("done", "true"));
        }
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/{task}/answers", ("q1", "blue"), ("q2", "much"), ("q4", "maybe")), HttpStatusCode.UnprocessableEntity,
            "\"Skin\" has no answer", "\"Pain\" is a number", "\"Seen on\" is not answered", "\"Told\" is yes or no");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Nurse, $"/tasks/{task}/answers", ("q1", "red"), ("q2", "3.5"), ("q3", "2026-11-23"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Photo(task, "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"u8.ToArray())).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Photo(task, [.. Png, .. new byte[10 * 1024 * 1024]])).StatusCode);
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "completion"), HttpStatusCode.UnprocessableEntity, "Not yet done: a photo is missing.");
        Assert.Equal(HttpStatusCode.SeeOther, (await Photo(task, Png)).StatusCode);
        var photo = await scene.Ask<Guid>($"select id from collab.task_photo where task = '{task}'");
        Assert.Equal(Png, await scene.Chief.GetByteArrayAsync($"/tasks/{task}?handler=photo&photo={photo}"));
        Assert.Equal(HttpStatusCode.NotFound, (await scene.Outside.GetAsync($"/tasks/{task}?handler=photo&photo={photo}")).StatusCode);

        // Who does the work does not take the requirement away.
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/{task}/edit", ("version", $"{await scene.Version(task)}"), ("title", "Change the dressing"), ("priority", "5"), ("assignees", $"{scene.Member}"), ("bucket", $"{scene.Buckets[0]}")),
            HttpStatusCode.Forbidden, "changed by who made it");
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, task, "completion")).StatusCode);
        Assert.Equal("on-hold:approval", await scene.Status(task));
        Assert.Contains("asks for your approval: Change the dressing", TaskScene.Text(await scene.Chief.GetStringAsync("/activity")), StringComparison.Ordinal);
        Assert.Contains("Waiting for your approval", TaskScene.Text(await scene.Chief.GetStringAsync("/tasks")), StringComparison.Ordinal);
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "decision", ("yes", "true")), HttpStatusCode.Forbidden, "Another person");
        await TaskScene.Refused(await scene.Act(scene.Chief, task, "decision", ("yes", "false")), HttpStatusCode.UnprocessableEntity, "Say what is missing");
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Chief, task, "decision", ("yes", "false"), ("text", "Another photo, closer"))).StatusCode);
        Assert.Equal("in-progress", await scene.Status(task));
        await scene.Act(scene.Nurse, task, "completion");
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Chief, task, "decision", ("yes", "true"))).StatusCode);
        Assert.Equal("completed", await scene.Status(task));
    }

    [Fact, Trait("Row", "TK-01")]
    public async Task Looking_at_a_patients_task_is_on_record_and_events_carry_ids_only()
    {
        await scene.Book("TASK-1", family: "Barlow", mrn: "MRN-TASK");
        var patient = await scene.Ask<Guid>("select person from collab.person_identifier where tenant = 1 and value = 'MRN-TASK'");
        var task = await scene.AddToBoard("Secret clinical words", ("patient", $"{patient}"));
        Assert.Contains("BARLOW, Ada", await scene.Nurse.GetStringAsync($"/tasks/{task}"), StringComparison.Ordinal);
        await TestProduct.Until(async () => await scene.Ask<long>($"select count(*) from platform.access where subject = 'task/{task}' and patient = 'person/{patient}' and actor = '{scene.Member}'") == 1, "the look is on record");
        Assert.Equal(0L, await scene.Ask<long>("select count(*) from platform.event where data::text like '%Secret clinical%' or subject like '%Secret%'"));
    }

    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private async Task<HttpResponseMessage> Photo(Guid task, byte[] bytes)
    {
        using var content = new MultipartFormDataContent
        {
            { new StringContent(Form.Token(await scene.Nurse.GetStringAsync("/activity")), Encoding.UTF8), "__RequestVerificationToken" },
            { new ByteArrayContent(bytes), "file", "wound.png" },
        };
        return await scene.Nurse.PostAsync($"/tasks/{task}/photos", content);
    }
}
