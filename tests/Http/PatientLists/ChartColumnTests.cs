using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace HealthTeams.Tests.PatientLists;

/// <summary>What a list shows beside the team's own words: flags and allergies of the chart, open tasks; and lists that come by FHIR.</summary>
public sealed class ChartColumnTests(Ward ward) : IClassFixture<Ward>
{
    [Fact, Trait("Row", "LS-09")]
    public async Task Flags_allergies_and_open_tasks_stand_in_the_list_and_change_by_themselves()
    {
        var fhir = await ward.Fhir();
        var person = await ward.Patient("Flagged", "MRN-F1");
        var patient = await ward.Ask<string>($"select reference from collab.person_key where tenant = 1 and person = '{person}' and reference like 'Patient/%'");
        var list = await ward.List("Flags", "patients");
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/add", ("patient", person.ToString()))).StatusCode);
        Assert.Contains("none recorded", await Page(list), StringComparison.Ordinal);
        var seq = await ward.Ask<long>($"select seq from collab.list where id = '{list}'");

        var flag = await fhir.Create("Flag", $$"""{"resourceType":"Flag","status":"active","code":{"text":"Contact isolation"},"subject":{"reference":"{{patient}}"} }""");
        var allergy = await fhir.Create("AllergyIntolerance", $$"""{"resourceType":"AllergyIntolerance","criticality":"high","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Penicillin"},"patient":{"reference":"{{patient}}"} }""");
        Assert.Contains("Penicillin, Contact isolation", await Page(list), StringComparison.Ordinal); // the dangerous one first
        Assert.True(await ward.Ask<long>($"select seq from collab.list where id = '{list}'") > seq, "open pages are told to look again");
        await Put(fhir, flag, f => f["status"] = "inactive");
        await Put(fhir, allergy, a => a["verificationStatus"] = JsonNode.Parse("""{"coding":[{"code":"refuted"}]}"""));
        Assert.Contains("none recorded", await Page(list), StringComparison.Ordinal);

        seq = await ward.Ask<long>($"select seq from collab.list where id = '{list}'");
        var task = await fhir.Create("Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Echo","for":{"reference":"{{patient}}"},"owner":{"reference":"CareTeam/{{ward.TeamId}}"} }""");
        Assert.Equal("1", await Todo(list));
        Assert.True(await ward.Ask<long>($"select seq from collab.list where id = '{list}'") > seq);
        await Put(fhir, task, t => t["status"] = "cancelled");
        Assert.Equal("0", await Todo(list));
        // A task of another team is not this list's business.
        await fhir.Create("Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","description":"Theirs","for":{"reference":"{{patient}}"},"owner":{"reference":"CareTeam/{{ward.OtherTeam}}"} }""");
        Assert.Equal("0", await Todo(list));
    }

    [Fact, Trait("Row", "LS-01")]
    public async Task A_List_that_names_a_team_becomes_a_list_of_it_in_the_order_of_its_entries()
    {
        var fhir = await ward.Fhir();
        var patients = new List<string>();
        foreach (var name in new[] { "Zeta", "Alpha", "Mid" }) patients.Add((await fhir.Create("Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{name}}","given":["Ada"]}]}""")).Id());
        string Body(Guid team, string id, params string[] of) => $$"""
            {"resourceType":"List","id":"{{id}}","status":"current","mode":"working","title":"From the EHR",
             "extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/list-team","valueReference":{"reference":"CareTeam/{{team}}"} }],
             "entry":[{{string.Join(',', of.Select(p => $"{{\"item\":{{\"reference\":\"Patient/{p}\"}}}}"))}}] }
            """;
        for (var i = 0; i < 2; i++) // again is the same
        {
            var put = await fhir.PutAsync("/fhir/List/ehr-list-1", FhirHttp.Json(Body(ward.TeamId, "ehr-list-1", [.. patients])));
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }
        var list = await ward.Ask<Guid>("select id from collab.list where fhir_id = 'ehr-list-1'");
        Assert.Equal("Zeta,Alpha,Mid", await ward.Ask<string>($"select string_agg(p.family, ',' order by r.added_at, r.id) from collab.list_row r join collab.person p on p.id = r.patient where r.list = '{list}' and r.state = 'active'"));
        Assert.Contains("From the EHR", Ward.Text(await ward.Member.GetStringAsync("/lists")), StringComparison.Ordinal);
        Assert.DoesNotContain("From the EHR", Ward.Text(await ward.Outsider.GetStringAsync("/lists")), StringComparison.Ordinal);
        Assert.Contains($"Patient/{patients[1]}", await fhir.GetStringAsync("/fhir/Group/ehr-list-1"), StringComparison.Ordinal);
        // Changed there, seen here; taken out there, gone here.
        Assert.True((await fhir.PutAsync("/fhir/List/ehr-list-1", FhirHttp.Json(Body(ward.TeamId, "ehr-list-1", patients[0])))).IsSuccessStatusCode);
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from collab.list_row where list = '{list}' and state = 'active'"));
        var nobody = await fhir.PostAsync("/fhir/List", FhirHttp.Json(Body(Guid.NewGuid(), "x", patients[0])));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nobody.StatusCode);
        Assert.Contains("no such team", await nobody.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1L, await ward.Ask<long>("select count(*) from collab.list where name = 'From the EHR'"));
    }

    [Fact, Trait("Row", "LS-09")]
    public async Task What_was_stored_before_lists_knew_of_it_is_read_once_after_an_upgrade()
    {
        var fhir = await ward.Fhir();
        var person = await ward.Patient("Earlier", "MRN-E9");
        var patient = await ward.Ask<string>($"select reference from collab.person_key where tenant = 1 and person = '{person}' and reference like 'Patient/%'");
        await fhir.Create("Flag", $$"""{"resourceType":"Flag","status":"active","code":{"text":"Falls"},"subject":{"reference":"{{patient}}"} }""");
        var stays = await ward.Ask<long>("select count(*) from collab.stay");
        await ward.Stop();
        await ward.Sql($"delete from collab.patient_flag; update collab.list_row set stay = null; delete from collab.stay; delete from fhir.chart_backfill");
        await ward.Start();
        await TestProduct.Until(async () => await ward.Ask<long>("select count(*) from collab.stay") == stays && await ward.Ask<long>($"select count(*) from collab.patient_flag where patient = '{person}'") == 1, "the chart is read again");
        await TestProduct.Until(async () => await ward.Ask<long>("select count(*) from fhir.chart_backfill where done_at is null") == 0, "and then never more");
    }

    private async Task<string> Page(Guid list) => Ward.Text(await ward.Member.GetStringAsync($"/lists/{list}"));

    private async Task<string> Todo(Guid list) => System.Text.RegularExpressions.Regex.Match(await ward.Member.GetStringAsync($"/lists/{list}"), @"(?s)data-label=""To do"".*?>\s*(?:<span[^>]*>)?\s*(\d+)").Groups[1].Value;

    private static async Task Put(HttpClient fhir, System.Text.Json.JsonElement resource, Action<JsonNode> change)
    {
        var (type, id) = (resource.GetProperty("resourceType").GetString(), resource.Id());
        var next = JsonNode.Parse(await fhir.GetStringAsync($"/fhir/{type}/{id}"))!;
        change(next);
        var put = await fhir.PutAsync($"/fhir/{type}/{id}", FhirHttp.Json(next.ToJsonString()));
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
    }
}
