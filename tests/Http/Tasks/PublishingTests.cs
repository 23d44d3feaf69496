using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Tasks;

public sealed class PublishingTests(TaskScene scene) : IClassFixture<TaskScene>
{
    [Fact, Trait("Row", "TK-09"), Trait("Row", "TK-10")]
    public async Task A_list_goes_down_the_hierarchy_is_worked_on_reported_and_taken_back()
    {
        var (admin, head) = (await Admin(), scene.Ward);
        var first = await scene.Team("Ward A", (scene.Member, "Owner"), (scene.Guest, "Member"));
        var second = await scene.Team("Ward B", (scene.Outsider, "Owner"));
        Assert.Equal(HttpStatusCode.SeeOther, (await Import(admin, $"TargetName,ParentName,TeamId,Kind:Surgical,#Safety\nHead,,{head},0,\nRegion,Head,,0,\nWard A,Region,{first},1,\nWard B,Region,{second},0,\n")).StatusCode);

        var made = await TestProduct.Post(scene.Chief, "/tasks/publishing", ("team", $"{head}"), ("name", "Fire week"));
        var page = made.Headers.Location!.ToString();
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Chief, $"{page}/items?version=1", ("title", "Check the extinguishers"), ("bucketName", "Safety"), ("priority", "3"), ("dueDay", "2026-11-30"), ("needsPhoto", "on"), ("checks", "Date\nSeal"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Chief, $"{page}/items?version=2", ("title", "Read the plan"), ("priority", "5"), ("everyone", "true"))).StatusCode);
        var draft = await scene.Chief.GetStringAsync(page);
        Assert.Contains("Kind:Surgical", draft, StringComparison.Ordinal);
        // A draft is nobody else's, and no team outside the tree is reached.
        foreach (var other in new[] { scene.Nurse, scene.Outside, scene.North }) Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync(page)).StatusCode is HttpStatusCode.Forbidden ? HttpStatusCode.NotFound : (await other.GetAsync(page)).StatusCode);
        await TaskScene.Refused(await TestProduct.Post(scene.Chief, $"{page}/publication?version=3", ("teams", $"{head}")), HttpStatusCode.UnprocessableEntity, "teams below yours only");
        await TaskScene.Refused(await TestProduct.Post(scene.Chief, $"{page}/publication?version=2", ("teams", $"{first}")), HttpStatusCode.Conflict, "version 3");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Chief, $"{page}/publication?version=3", ("teams", $"{first}"), ("teams", $"{second}"))).StatusCode);

        // One for each team, and a copy for each of their people (two in A, one in B).
        Assert.Equal(5L, await scene.Ask<long>("select count(*) from collab.task where list_item is not null and deleted_at is null"));
        var task = await scene.Ask<Guid>($"select id from collab.task where team = '{first}' and title = 'Check the extinguishers'");
        Assert.Equal("Safety", await scene.Ask<string>($"select b.name from collab.task t join collab.task_bucket b on b.id = t.bucket where t.id = '{task}'"));
        Assert.Equal(scene.Outsider, await scene.Ask<Guid>($"select a.person from collab.task t join collab.task_assignee a on a.task = t.id where t.team = '{second}' and t.title = 'Read the plan'"));
        // The receiving team assigns; what was published is not theirs to rewrite or delete.
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, task, "assignment", ("to", $"{scene.Guest}"))).StatusCode);
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "deletion"), HttpStatusCode.Conflict, "published by a team above");
        await TaskScene.Refused(await TestProduct.Post(scene.Nurse, $"/tasks/{task}/edit", ("version", $"{await scene.Version(task)}"), ("title", "Another title"), ("priority", "3"), ("dueDay", "2026-11-30")), HttpStatusCode.Conflict, "published by a team above");
        await TaskScene.Refused(await scene.Act(scene.Nurse, task, "completion"), HttpStatusCode.UnprocessableEntity, "a photo is missing");
        var mine = await scene.Ask<Guid>($"select id from collab.task where for_person = '{scene.Member}' and title = 'Read the plan'");
        Assert.Equal(HttpStatusCode.SeeOther, (await scene.Act(scene.Nurse, mine, "completion")).StatusCode);

        Assert.Contains("1 of 5 done", TaskScene.Text(await scene.Chief.GetStringAsync($"{page}?part=list")), StringComparison.Ordinal);
        var csv = await scene.Chief.GetStringAsync($"{page}?handler=csv");
        Assert.Contains("Ward A,Read the plan,2,1,0", csv, StringComparison.Ordinal);
        using var fhir = await scene.Fhir();
        var plan = JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/PlanDefinition/{page.Split('/')[^1]}")).RootElement;
        Assert.Equal(("active", 2), (plan.GetProperty("status").GetString(), plan.GetProperty("action").GetArrayLength()));

        var copy = await TestProduct.Post(scene.Chief, $"{page}/copy");
        Assert.Contains("Read the plan", await scene.Chief.GetStringAsync(copy.Headers.Location), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(scene.Chief, $"{page}/withdrawal?version=4")).StatusCode);
        Assert.Equal(0L, await scene.Ask<long>("select count(*) from collab.task where list_item is not null and deleted_at is null"));
        Assert.DoesNotContain("extinguishers", await scene.Nurse.GetStringAsync("/tasks?view=mine"), StringComparison.Ordinal);
        Assert.Contains("1 of 3", TaskScene.Text(await scene.Chief.GetStringAsync(page)), StringComparison.Ordinal);
        Assert.Equal("retired", JsonDocument.Parse(await fhir.GetStringAsync($"/fhir/PlanDefinition/{page.Split('/')[^1]}")).RootElement.GetProperty("status").GetString());
    }

    [Fact, Trait("Row", "TK-10")]
    public async Task A_broken_hierarchy_is_refused_as_a_whole_with_every_broken_row()
    {
        var admin = await Admin();
        var before = await scene.Ask<long>("select count(*) from collab.task_node");
        var team = scene.Ward;
        var answer = await Import(admin, $"TargetName,ParentName,TeamId,Kind:A,Plain\nTop,,{team},1,\nTwin,,{team},0,\nÉtage,Top,,0,\nLost,Nowhere,,0,\nRing 1,Ring 2,,2,\nRing 2,Ring 1,,0,\nLow,Top,,0,\nTwo,Low,,0,\nTwo,Top,,0,\nBad,Top,not-an-id,0,\n");
        await TaskScene.Refused(answer, HttpStatusCode.UnprocessableEntity, "This team stands at Top already", "A name has 1 to 100 letters", "There is no node Nowhere", "in a circle", "0 or 1, not “2”",
            "Several parents are allowed when all are roots; Low is none", "“not-an-id” is no id", "A column is named Attribute:Value", "Nothing was taken. Faults in this file: 9.");
        Assert.Equal(before, await scene.Ask<long>("select count(*) from collab.task_node"));
        await TaskScene.Refused(await Import(admin, "Name,Parent\nX,\n"), HttpStatusCode.UnprocessableEntity, "TargetName", "ParentName", "TeamId", "This column is missing");
        Assert.Equal(HttpStatusCode.Forbidden, (await Import(scene.Chief, "TargetName,ParentName,TeamId\nX,,\n")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.Nurse.GetAsync("/tasks/hierarchy")).StatusCode);
    }

    private async Task<HttpClient> Admin()
    {
        if (await scene.Ask<long>("select count(*) from auth.credential where username = 'dix'") == 0) await scene.Staff("dix", "Dix", role: "administrator");
        return await scene.SignedIn("dix");
    }

    private static async Task<HttpResponseMessage> Import(HttpClient by, string csv)
    {
        using var content = new MultipartFormDataContent
        {
            { new StringContent(Form.Token(await by.GetStringAsync("/activity")), Encoding.UTF8), "__RequestVerificationToken" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(csv)), "file", "hierarchy.csv" },
        };
        return await by.PostAsync("/tasks/hierarchy", content);
    }
}
