using System.Net;
using System.Text.Json;
using HealthTeams.Platform.Due;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Messages;

/// <summary>Messages and their receipts by FHIR, in both directions.</summary>
public sealed class MessageFhirTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "MSG-01")]
    [Trait("Row", "15.1")]
    public async Task A_message_of_a_page_is_a_Communication_and_each_receipt_a_Task_that_follows_it()
    {
        var sender = await product.Staff("out1", "Outone");
        var receiver = await product.Staff("out2", "Outtwo");
        var desk = await product.SignedIn("out1");
        var sent = await TestProduct.Post(desk, "/messages/new", ("Person", receiver.ToString()), ("Priority", "urgent"), ("Text", "Please come."), ("Key", Guid.CreateVersion7().ToString()));
        var message = sent.Headers.Location!.ToString().Split('/')[^1];
        var fhir = await product.Fhir();
        var communication = await (await fhir.GetAsync($"/fhir/Communication/{message}")).Body();
        Assert.Equal(("in-progress", "stat"), (communication.GetProperty("status").GetString(), communication.GetProperty("priority").GetString()));
        Assert.Equal("Please come.", communication.GetProperty("payload")[0].GetProperty("contentString").GetString());
        var receipts = await (await fhir.GetAsync($"/fhir/Task?based-on=Communication/{message}")).Body();
        var receipt = Assert.Single(receipts.GetProperty("entry").EnumerateArray()).GetProperty("resource");
        Assert.Equal(("requested", "notified"), State(receipt));
        Assert.Equal(communication.GetProperty("recipient")[0].GetProperty("reference").GetString(), receipt.GetProperty("owner").GetProperty("reference").GetString());

        await Act("out2", message, "reading");
        Assert.Equal(("received", "read"), State(await Receipt(fhir, receipt)));
        communication = await (await fhir.GetAsync($"/fhir/Communication/{message}")).Body();
        Assert.Equal("completed", communication.GetProperty("status").GetString());
        Assert.True(communication.TryGetProperty("received", out _));
        await Act("out2", message, "acknowledgement");
        receipt = await Receipt(fhir, receipt);
        Assert.Equal(("completed", "acknowledged"), State(receipt));
        Assert.True(receipt.GetProperty("executionPeriod").TryGetProperty("end", out _));

        // Outsiders: another hospital, and a patient's app.
        Assert.Equal(HttpStatusCode.NotFound, (await (await product.Fhir(tenant: "north")).GetAsync($"/fhir/Communication/{message}")).StatusCode);
        // A receipt is the product's word.
        var forged = receipt.GetRawText().Replace("\"completed\"", "\"failed\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PutAsync($"/fhir/Task/{receipt.GetProperty("id").GetString()}", FhirHttp.Json(forged))).StatusCode);
        // What was written on a page is not rewritten by FHIR.
        var rewritten = communication.GetRawText().Replace("Please come.", "Do not come.", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PutAsync($"/fhir/Communication/{message}", FhirHttp.Json(rewritten))).StatusCode);
        Assert.NotEqual(Guid.Empty, sender);
    }

    [Fact]
    public async Task Unread_and_escalated_can_be_searched_and_so_subscribed_to()
    {
        var receiver = await product.Staff("esc1", "Escone");
        var backup = await product.Staff("esc2", "Esctwo");
        await product.Staff("esc3", "Escthree");
        var team = await product.Team("Escalated", (receiver, "Member"), (backup, "Owner"));
        var desk = await product.SignedIn("esc3");
        var sent = await TestProduct.Post(desk, "/messages/new", ("Person", receiver.ToString()), ("Priority", "urgent"), ("Text", "Please come."), ("Key", Guid.CreateVersion7().ToString()));
        var message = sent.Headers.Location!.ToString().Split('/')[^1];
        var fhir = await product.Fhir();
        product.Clock.Advance(TimeSpan.FromMinutes(4)); // nobody is on shift, so it goes on to the owner at once
        await Until(async () => (await Codes(fhir, "code=escalated-delivery")).Contains(("requested", "escalated")));
        product.Clock.Advance(TimeSpan.FromMinutes(16));
        await Until(async () => (await Codes(fhir, "business-status=unread")).Contains(("failed", "unread")));
        Assert.Equal("stat", (await (await fhir.GetAsync($"/fhir/Communication?_id={message}&status=in-progress")).Body()).GetProperty("entry")[0].GetProperty("resource").GetProperty("priority").GetString());
        Assert.NotEqual(Guid.Empty, team);
    }

    [Fact]
    public async Task A_result_posted_as_stat_to_a_team_of_ours_rings_its_members_and_their_answer_is_in_the_same_conversation()
    {
        var first = await product.Staff("lab1", "Labone");
        var second = await product.Staff("lab2", "Labtwo");
        await product.Staff("lab3", "Outside");
        var team = await product.Team("Laboratory", (first, "Owner"), (second, "Member"));
        var fhir = await product.Fhir();
        var patient = (await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Barlow","given":["Ada"]}]}""")).Id();
        var careTeam = (await fhir.Create("CareTeam", """{"resourceType":"CareTeam","status":"active","name":"Laboratory"}""")).Id();
        var id = (await fhir.Create("Communication", $$"""
            {"resourceType":"Communication","status":"in-progress","priority":"stat","subject":{"reference":"Patient/{{patient}}"},"recipient":[{"reference":"CareTeam/{{careTeam}}"}],"payload":[{"contentString":"Potassium 6.9"}]}
            """)).Id();
        var message = await product.Ask<Guid>($"select id from collab.message where communication = '{id}'");
        Assert.Equal("urgent", await product.Ask<string>($"select priority from collab.message where id = '{message}'"));
        Assert.Equal($"{team}", (await product.Ask<Guid>($"select team from collab.message_raised where message = '{message}'")).ToString());
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from collab.message_delivery where message = '{message}'"));
        Assert.Equal(2L, await product.Ask<long>($"select count(*) from collab.conversation_person p join collab.message m on m.conversation = p.conversation and m.tenant = p.tenant where m.id = '{message}'"));
        Assert.Equal(HttpStatusCode.NotFound, (await (await product.SignedIn("lab3")).GetAsync($"/messages/sent/{message}")).StatusCode);
        // Another patient's app does not see it; this patient's record does.
        var other = (await fhir.Create("Patient", """{"resourceType":"Patient","name":[{"family":"Brook"}]}""")).Id();
        Assert.NotEqual(HttpStatusCode.OK, (await (await product.Fhir("patient/*.rs", patient: other)).GetAsync($"/fhir/Communication/{id}")).StatusCode);
    }

    private static (string?, string?) State(JsonElement task) => (task.GetProperty("status").GetString(), task.GetProperty("businessStatus").GetProperty("coding")[0].GetProperty("code").GetString());

    private static async Task<JsonElement> Receipt(HttpClient fhir, JsonElement of) => await (await fhir.GetAsync($"/fhir/Task/{of.GetProperty("id").GetString()}")).Body();

    private static async Task<List<(string?, string?)>> Codes(HttpClient fhir, string search)
    {
        var found = await (await fhir.GetAsync($"/fhir/Task?{search}")).Body();
        return found.TryGetProperty("entry", out var entries) ? [.. entries.EnumerateArray().Select(e => State(e.GetProperty("resource")))] : [];
    }

    private async Task Act(string who, string message, string act)
    {
        var delivery = await product.Ask<Guid>($"select d.id from collab.message_delivery d join auth.credential c on c.tenant = d.tenant and c.person = d.recipient where d.message = '{message}' and c.username = '{who}'");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(await product.SignedIn(who), $"/messages/{delivery}/{act}")).StatusCode);
    }

    private Task Until(Func<Task<bool>> happened) => TestProduct.Until(() =>
    {
        product.App.Services.GetRequiredService<Wake>().Ring();
        return happened();
    }, "as FHIR shows it");
}
