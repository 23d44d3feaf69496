using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace HealthTeams.Tests.PatientLists;

[Trait("Row", "LS-09")]
public sealed class CensusTests(Ward ward) : IClassFixture<Ward>
{
    [Fact]
    public async Task Patients_come_with_their_admission_and_leave_with_their_discharge_and_the_teams_cells_stay()
    {
        var fhir = await ward.Fhir();
        var place = (await fhir.Create("Location", Location("Ward C", "wa"))).Id();
        var bed = (await fhir.Create("Location", Location("C-01", "bd", place))).Id();
        var elsewhere = (await fhir.Create("Location", Location("Ward D", "wa"))).Id();
        var list = await ward.List("Census C", "patients", null, ("census", "1"), ("place", place), ("class", "IMP"));
        var visits = await ward.Ask<long>("select count(*) from collab.visit");
        var stay = await fhir.Create("Encounter", Stay(await Patient(fhir, "Admitted", "MRN-C1"), bed));
        await fhir.Create("Encounter", Stay(await Patient(fhir, "Elsewhere", "MRN-C2"), elsewhere));
        await fhir.Create("Encounter", Stay(await Patient(fhir, "Ambulant", "MRN-C3"), bed, kind: "AMB"));
        Assert.Equal(visits, await ward.Ask<long>("select count(*) from collab.visit")); // an inpatient is no video visit

        var page = Ward.Text(await ward.Guest.GetStringAsync($"/lists/{list}"));
        Assert.Contains("ADMITTED, Ada born 03-Feb-1970 (56 y) · female · MRN MRN-C1", page, StringComparison.Ordinal);
        Assert.Contains("C-01", page, StringComparison.Ordinal);
        Assert.Contains("25-Nov-2026", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ELSEWHERE", page, StringComparison.Ordinal);
        Assert.DoesNotContain("AMBULANT", page, StringComparison.Ordinal);
        var row = await ward.Ask<Guid>($"select id from collab.list_row where list = '{list}'");
        var note = await ward.ColumnOf(list, "Note");
        await Ward.Write(ward.Member, list, row, note, 0, "the team's own");

        await Put(fhir, stay.Id(), e => e["status"] = "finished");
        Assert.DoesNotContain("ADMITTED", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        var left = await ward.Member.GetStringAsync($"/lists/{list}?past=1");
        Assert.Contains("the team&#x27;s own", left, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await Ward.Write(ward.Member, list, row, note, 1, "too late")).StatusCode);
        Assert.Equal(1L, await ward.Ask<long>($"select count(*) from platform.event where kind = 'list.row-left' and subject = 'list/{list}'"));

        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(ward.Member, $"/lists/{list}/rows/{row}?handler=restore")).StatusCode);
        Assert.Contains("ADMITTED", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        Assert.Equal("the team's own", await ward.Cell(row, note));
    }

    [Fact]
    public async Task A_move_to_another_ward_and_back_keeps_one_row()
    {
        var fhir = await ward.Fhir();
        var (one, two) = ((await fhir.Create("Location", Location("Ward E", "wa"))).Id(), (await fhir.Create("Location", Location("Ward F", "wa"))).Id());
        var list = await ward.List("Census E", "huddle", null, ("census", "1"), ("place", one));
        var stay = (await fhir.Create("Encounter", Stay(await Patient(fhir, "Moving", "MRN-E1"), one))).Id();
        await Put(fhir, stay, e => e["location"]![0]!["location"]!["reference"] = $"Location/{two}");
        Assert.Equal("past", await ward.Ask<string>($"select state from collab.list_row where list = '{list}'"));
        await Put(fhir, stay, e => e["location"]![0]!["location"]!["reference"] = $"Location/{one}");
        Assert.Equal("active", await ward.Ask<string>($"select string_agg(state, ',') from collab.list_row where list = '{list}'"));
        await fhir.DeleteAsync($"/fhir/Encounter/{stay}");
        Assert.Equal("past", await ward.Ask<string>($"select state from collab.list_row where list = '{list}'"));
        // What becomes part of the ward brings its patients.
        var room = (await fhir.Create("Location", Location("Annex", "ro"))).Id();
        await fhir.Create("Encounter", Stay(await Patient(fhir, "Annexed", "MRN-E2"), room));
        Assert.DoesNotContain("ANNEXED", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
        await fhir.PutAsync($"/fhir/Location/{room}", FhirHttp.Json(Location("Annex", "ro", one, room)));
        Assert.Contains("ANNEXED", await ward.Member.GetStringAsync($"/lists/{list}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_a_List_and_a_Group_in_FHIR_and_entries_come_and_go_by_it()
    {
        var fhir = await ward.Fhir();
        var list = await ward.List("Worklist", "patients");
        var (a, b) = (await Patient(fhir, "Entry-A", "MRN-F1"), await Patient(fhir, "Entry-B", "MRN-F2"));
        await fhir.Create("Encounter", Stay(a, null));
        await fhir.Create("Encounter", Stay(b, null));
        var person = await ward.Ask<Guid>($"select person from collab.person_key where tenant = 1 and reference = 'Patient/{a}'");
        await TestProduct.Post(ward.Member, $"/lists/{list}/add", ("patient", person.ToString()));
        await ward.Row(list, "A line that is nobody");
        var said = JsonNode.Parse(await fhir.GetStringAsync($"/fhir/List/{list}"))!;
        Assert.Equal(("current", "working", "worklist", "Worklist"), ((string)said["status"]!, (string)said["mode"]!, (string)said["code"]!["coding"]![0]!["code"]!, (string)said["title"]!));
        Assert.Equal($"Patient/{a}", (string)Assert.Single(said["entry"]!.AsArray())!["item"]!["reference"]!);
        Assert.Contains($"Patient/{a}", await fhir.GetStringAsync($"/fhir/Group/{list}"), StringComparison.Ordinal);

        said["entry"] = new JsonArray(new JsonObject { ["item"] = new JsonObject { ["reference"] = $"Patient/{b}" } });
        var put = await fhir.PutAsync($"/fhir/List/{list}", FhirHttp.Json(said.ToJsonString()));
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        var page = await ward.Member.GetStringAsync($"/lists/{list}");
        Assert.Contains("ENTRY-B", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ENTRY-A", page, StringComparison.Ordinal);
        Assert.Contains("A line that is nobody", page, StringComparison.Ordinal);
        Assert.Contains($"Patient/{b}", await fhir.GetStringAsync($"/fhir/Group/{list}"), StringComparison.Ordinal);
        said["entry"]![0]!["item"]!["reference"] = "Patient/nobody";
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PutAsync($"/fhir/List/{list}", FhirHttp.Json(said.ToJsonString()))).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.DeleteAsync($"/fhir/List/{list}")).StatusCode);

        // A patient's own app sees neither: they name other patients.
        var own = await ward.Fhir("patient/*.rs", patient: b);
        foreach (var type in new[] { "List", "Group" }) Assert.False((await own.GetAsync($"/fhir/{type}/{list}")).IsSuccessStatusCode);
        var north = await ward.Fhir(tenant: "north");
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/List/{list}")).StatusCode);

        await TestProduct.Post(ward.Member, $"/lists/{list}/settings?handler=remove");
        Assert.Equal(HttpStatusCode.Gone, (await fhir.GetAsync($"/fhir/List/{list}")).StatusCode);
    }

    [Fact]
    public async Task Rounding_writes_who_was_there_and_leads_to_the_next_patient()
    {
        var list = await ward.List("Rounded", "patients");
        var one = await ward.Row(list, "Aaa");
        ward.Clock.Advance(TimeSpan.FromSeconds(1));
        var two = await ward.Row(list, "Bbb");
        var done = await TestProduct.Post(ward.Member, $"/lists/{list}/rows/{one}?handler=round&next={two}");
        Assert.Equal($"/lists/{list}/round?row={two}", done.Headers.Location!.ToString());
        var page = Ward.Text(await ward.Second.GetStringAsync($"/lists/{list}/round?row={two}"));
        Assert.Contains("2 of 2", page, StringComparison.Ordinal);
        Assert.Contains("Dr Member", Ward.Text(await ward.Second.GetStringAsync($"/lists/{list}")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await TestProduct.Post(ward.Guest, $"/lists/{list}/rows/{one}?handler=round")).StatusCode);
        Assert.Contains("data-wall", await ward.Guest.GetStringAsync($"/lists/{list}/wall"), StringComparison.Ordinal);
    }

    private static async Task<string> Patient(HttpClient fhir, string family, string mrn) => (await fhir.Create("Patient", $$"""
        {"resourceType":"Patient","identifier":[{"system":"https://hospital.example/id/mrn","value":"{{mrn}}","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]} }],"name":[{"family":"{{family}}","given":["Ada"]}],"gender":"female","birthDate":"1970-02-03"}
        """)).Id();

    private static string Stay(string patient, string? place, string kind = "IMP") => $$"""
        {"resourceType":"Encounter","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{{kind}}"},"subject":{"reference":"Patient/{{patient}}" },
         "extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate","valueDateTime":"2026-11-25T10:00:00Z"}],
         "period":{"start":"2026-11-21T10:00:00Z"}{{(place is null ? "" : ",\"location\":[{\"location\":{\"reference\":\"Location/" + place + "\"},\"status\":\"active\"}]")}} }
        """;

    private static string Location(string name, string kind, string? partOf = null, string? id = null) => $$"""
        {"resourceType":"Location",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"name":"{{name}}","mode":"instance","physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"{{kind}}"}]} {{(partOf is null ? "" : ",\"partOf\":{\"reference\":\"Location/" + partOf + "\"}")}} }
        """;

    private static async Task Put(HttpClient fhir, string id, Action<JsonNode> change)
    {
        var encounter = JsonNode.Parse(await fhir.GetStringAsync($"/fhir/Encounter/{id}"))!;
        change(encounter);
        var answer = await fhir.PutAsync($"/fhir/Encounter/{id}", FhirHttp.Json(encounter.ToJsonString()));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
