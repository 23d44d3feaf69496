using System.Net;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>What people write to each other, in the hands of apps.</summary>
[Collection("tokens")]
public sealed class CorrespondenceTests(ProductWithApps product)
{
    [Fact]
    public async Task What_staff_write_about_a_patient_is_read_by_neither_the_patient_s_app_nor_a_colleague_s_and_what_the_patient_gets_is()
    {
        await product.Staff("own1", "Ownone");
        var receiver = await product.Staff("own2", "Owntwo");
        await product.Staff("own3", "Ownthree");
        var fhir = await product.Fhir();
        var patient = product.Visit.Patient;
        var person = await product.Ask<Guid>($"select person from collab.person_key where reference = 'Patient/{patient}' limit 1");
        var sent = await TestProduct.Post(await product.SignedIn("own1"), "/messages/new", ("Person", receiver.ToString()), ("Patient", person.ToString()), ("Priority", "urgent"), ("Text", "Difficult family."), ("Key", Guid.CreateVersion7().ToString()));
        var message = sent.Headers.Location!.ToString().Split('/')[^1];
        Assert.Equal($"Patient/{patient}", (await (await fhir.GetAsync($"/fhir/Communication/{message}")).Body()).GetProperty("subject").GetProperty("reference").GetString());
        var receipt = await product.Ask<Guid>($"select id from collab.message_delivery where message = '{message}'");
        var letter = (await fhir.Create("Communication", $$"""{"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/{{patient}}"},"recipient":[{"reference":"Patient/{{patient}}"}]}""")).Id();

        var theirs = await product.Fhir("patient/*.rs", patient: patient);
        foreach (var place in (string[])[$"Communication/{message}", $"Communication/{message}/_history", $"Communication/{message}/_history/1", $"Task/{receipt}", $"Task/{receipt}/_history/1"])
            Assert.True((await theirs.GetAsync($"/fhir/{place}")).StatusCode == HttpStatusCode.NotFound, place);
        foreach (var search in (string[])["Communication", $"Communication?subject=Patient/{patient}", $"Patient/{patient}/Communication", $"Patient/{patient}/$everything?_count=500", $"Patient?_id={patient}&_revinclude=Communication:subject", $"Patient/{patient}/*"])
        {
            var found = await (await theirs.GetAsync($"/fhir/{search}")).Content.ReadAsStringAsync();
            Assert.DoesNotContain(message, found, StringComparison.Ordinal);
            Assert.DoesNotContain(receipt.ToString(), found, StringComparison.Ordinal);
            Assert.True(found.Contains(letter, StringComparison.Ordinal), search);
        }
        var chained = await theirs.GetAsync($"/fhir/Patient?_has:Communication:subject:_id={message}&_total=accurate");
        Assert.Contains("\"total\":0", await chained.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal((1, 1, 0), (await Reads("own1"), await Reads("own2"), await Reads("own3")));
        async Task<int> Reads(string who)
        {
            var app = product.Smart();
            using var user = app.With((await app.Tokens(await product.SignedIn(who), "openid fhirUser user/Communication.rs")).Access());
            var read = (await user.GetAsync($"/fhir/Communication/{message}")).StatusCode;
            var found = (await (await user.GetAsync($"/fhir/Communication?_id={message}&_total=accurate")).Body()).GetProperty("total").GetInt32();
            Assert.Equal(found == 1 ? HttpStatusCode.OK : HttpStatusCode.NotFound, read);
            Assert.NotEqual(HttpStatusCode.OK, (await user.GetAsync("/fhir/Communication/_history")).StatusCode);
            return found;
        }
    }

    [Fact, Trait("Row", "MSG-05")]
    public async Task An_app_sends_nothing_urgent_for_whom_the_policy_forbids_it()
    {
        var sender = await product.Staff("own4", "Ownfour");
        await product.Staff("own5", "Ownfive");
        var app = product.Smart();
        var to = Answers.Part((await app.Tokens(await product.SignedIn("own5"), "openid fhirUser")).Text("id_token")!, 1).Text("fhirUser")!.Split("/fhir/")[^1];
        using var user = app.With((await app.Tokens(await product.SignedIn("own4"), "openid fhirUser user/Communication.cruds")).Access());
        await product.Sql($$"""
            insert into collab.policy (tenant, id, area, name, settings, created_at, changed_at) select tenant, '{{sender}}', 'messaging', 'Calm', '{"AllowPriorityMessages":"false"}', now(), now() from collab.person where id = '{{sender}}';
            insert into collab.policy_assignment (tenant, policy, area, kind, target, person, assigned_at) select tenant, '{{sender}}', 'messaging', 'person', '{{sender}}', '{{sender}}', now() from collab.person where id = '{{sender}}'
            """);
        string Letter(string priority) => $$"""{"resourceType":"Communication","status":"in-progress","priority":"{{priority}}","recipient":[{"reference":"{{to}}"}],"payload":[{"contentString":"Come."}]}""";
        Assert.Equal(HttpStatusCode.Forbidden, (await user.PostAsync("/fhir/Communication", FhirHttp.Json(Letter("stat")))).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await user.PostAsync("/fhir/Communication", FhirHttp.Json(Letter("routine")))).StatusCode);
    }
}
