using System.Net;
using System.Text.Json;
using HealthTeams.Collaboration.Shifts;
using HealthTeams.Platform.Callers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Shifts;

/// <summary>Rosters and requests as FHIR, out and in.</summary>
public sealed class ShiftFhirTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly DateOnly Tuesday = ShiftScene.Tuesday;

    [Fact]
    [Trait("Row", "SH-03")]
    [Trait("Row", "SH-06")]
    [Trait("Row", "SH-07")]
    public async Task A_shared_roster_is_slots_on_schedules_and_what_is_withdrawn_is_deleted()
    {
        var scene = await ShiftScene.Open(product, "mary");
        var fhir = await product.Fhir();
        var draft = await scene.Shift("mary", Tuesday, "07:00", "15:00", share: false);
        Assert.Equal(HttpStatusCode.NotFound, (await fhir.GetAsync($"/fhir/Slot/{draft}")).StatusCode);
        await scene.Done("boss", $"/shifts/{scene.Team}/share", ("from", "2026-11-24"), ("to", "2026-11-24"));
        var slot = await (await fhir.GetAsync($"/fhir/Slot/{draft}")).Body();
        Assert.Equal(("busy", "2026-11-24T06:00:00.000Z"), (slot.GetProperty("status").GetString(), slot.GetProperty("start").GetString()));
        var schedule = await (await fhir.GetAsync($"/fhir/{slot.GetProperty("schedule").GetProperty("reference").GetString()}")).Body();
        var role = await (await fhir.GetAsync($"/fhir/{schedule.GetProperty("actor")[0].GetProperty("reference").GetString()}")).Body();
        var practitioner = await (await fhir.GetAsync($"/fhir/{role.GetProperty("practitioner").GetProperty("reference").GetString()}")).Body();
        Assert.Equal("Mary", practitioner.GetProperty("name")[0].GetProperty("family").GetString());

        var open = await scene.OpenShift(Tuesday, "15:00", "23:00", 3);
        var free = await (await fhir.GetAsync($"/fhir/Slot/{open}")).Body();
        Assert.Equal("free", free.GetProperty("status").GetString());
        Assert.Contains(free.GetProperty("extension").EnumerateArray(), e => e.GetProperty("url").GetString()!.EndsWith("/slot-count", StringComparison.Ordinal) && e.GetProperty("valueInteger").GetInt32() == 3);
        // Nobody books a patient into a nurse's open shift.
        var found = await (await fhir.GetAsync("/fhir/Appointment/$find?start=2026-11-24T00:00:00Z&end=2026-11-25T00:00:00Z")).Body();
        Assert.DoesNotContain(open.ToString(), found.GetRawText(), StringComparison.Ordinal);

        var vacation = (await scene.Reason()).ToString();
        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=off", ("date", "2026-12-01"), ("start", "00:00"), ("endDate", "2026-12-08"), ("end", "00:00"), ("reason", vacation));
        await scene.Act("boss", await scene.Request(), "Approve");
        var off = await (await fhir.GetAsync($"/fhir/Slot/{await product.Ask<Guid>($"select id from collab.shift where team = '{scene.Team}' and kind = 'off'")}")).Body();
        Assert.Equal("busy-unavailable", off.GetProperty("status").GetString());
        role = await (await fhir.GetAsync($"/fhir/PractitionerRole/{role.Id()}")).Body();
        Assert.Equal("Vacation", role.GetProperty("notAvailable")[0].GetProperty("description").GetString());
        var search = await (await fhir.GetAsync($"/fhir/Slot?schedule=Schedule/{schedule.Id()}&start=ge2026-11-24&start=lt2026-11-25")).Body();
        Assert.Equal(draft.ToString(), Assert.Single(search.GetProperty("entry").EnumerateArray()).GetProperty("resource").Id());

        await scene.Done("boss", $"/shifts/{scene.Team}/share?handler=withdrawal", ("from", "2026-11-24"), ("to", "2026-11-24"));
        Assert.Equal(HttpStatusCode.Gone, (await fhir.GetAsync($"/fhir/Slot/{draft}")).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-03")]
    [Trait("Row", "SH-06")]
    [Trait("Row", "SH-07")]
    public async Task A_Slot_written_from_outside_is_on_the_roster_by_its_rules_and_none_is_doubled()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var fhir = await product.Fhir();
        var known = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        var stored = await (await fhir.GetAsync($"/fhir/Slot/{known}")).Body();
        var schedule = stored.GetProperty("schedule").GetProperty("reference").GetString();
        string Slot(string on, string status, string start, string end, string more = "") => $$$"""{"resourceType":"Slot","schedule":{"reference":"{{{on}}}"},"status":"{{{status}}}","start":"{{{start}}}","end":"{{{end}}}"{{{more}}}}""";

        var shift = await fhir.Create("Slot", Slot(schedule!, "busy", "2026-11-26T06:00:00Z", "2026-11-26T14:00:00Z", ""","comment":"From the planner" """));
        Assert.Equal("shift From the planner", await product.Ask<string>($"select kind || ' ' || label from collab.shift where id = '{shift.Id()}' and person = '{scene.People["mary"]}' and not draft"));
        Assert.Contains("From the planner", await scene["mary"].GetStringAsync("/shifts?from=2026-11-26"), StringComparison.Ordinal);
        var open = await fhir.Create("Slot", Slot($"Schedule/{scene.Team}", "free", "2026-11-26T14:00:00Z", "2026-11-26T22:00:00Z", """,  "extension":[{"url":"https://healthteams.example/fhir/StructureDefinition/slot-count","valueInteger":2}]"""));
        Assert.Equal(2, await product.Ask<int>($"select slots from collab.shift where id = '{open.Id()}' and kind = 'open'"));
        var off = await fhir.Create("Slot", Slot(schedule!, "busy-unavailable", "2026-12-01T00:00:00Z", "2026-12-03T00:00:00Z", ""","comment":"vacation" """));
        Assert.Equal("off", await product.Ask<string>($"select kind from collab.shift where id = '{off.Id()}'"));

        // The same again changes nothing and tells nobody; another time moves it.
        var told = await product.Ask<long>($"select count(*) from collab.notice where person = '{scene.People["mary"]}'");
        var now = await (await fhir.GetAsync($"/fhir/Slot/{shift.Id()}")).Body();
        Assert.Equal(HttpStatusCode.OK, (await fhir.PutAsync($"/fhir/Slot/{shift.Id()}", FhirHttp.Json(now.GetRawText()))).StatusCode);
        Assert.Equal(told, await product.Ask<long>($"select count(*) from collab.notice where person = '{scene.People["mary"]}'"));
        var moved = await fhir.PutAsync($"/fhir/Slot/{shift.Id()}", FhirHttp.Json(now.GetRawText().Replace("14:00:00", "13:00:00", StringComparison.Ordinal)));
        Assert.True(moved.IsSuccessStatusCode, await moved.Content.ReadAsStringAsync());
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.shift where id = '{shift.Id()}' and ends_at = '2026-11-26T13:00Z'"));

        foreach (var (body, word) in new[]
        {
            (Slot(schedule!, "busy", "2026-11-24T08:00:00Z", "2026-11-24T12:00:00Z"), "works already"),
            (Slot(schedule!, "free", "2026-12-10T08:00:00Z", "2026-12-10T12:00:00Z"), "busy-unavailable"),
            (Slot($"Schedule/{scene.Team}", "busy", "2026-12-10T08:00:00Z", "2026-12-10T12:00:00Z"), "taken by claims"),
            (Slot(schedule!, "busy", "2026-12-10T08:00:00Z", "2026-12-12T12:00:00Z"), "at most 24 hours"),
            (Slot(schedule!, "busy-unavailable", "2026-12-20T08:00:00Z", "2026-12-22T12:00:00Z", ""","comment":"Moon" """), "Vacation"),
        })
        {
            var refused = await fhir.PostAsync("/fhir/Slot", FhirHttp.Json(body));
            var words = await refused.Content.ReadAsStringAsync();
            Assert.True(refused.StatusCode == HttpStatusCode.UnprocessableEntity && words.Contains(word, StringComparison.Ordinal), words);
        }
        // A draft of its managers is not overtaken, and what is deleted is off the roster.
        await scene.Done("boss", $"/shifts/{scene.Team}/item", [.. scene.Fields("mary", Tuesday, "08:00", "15:00"), ("Id", known.ToString()), ("Version", $"{await product.Ask<int>($"select version from collab.shift where id = '{known}'")}")]);
        Assert.Equal(HttpStatusCode.Conflict, (await fhir.PutAsync($"/fhir/Slot/{known}", FhirHttp.Json(stored.GetRawText().Replace("14:00:00", "12:00:00", StringComparison.Ordinal)))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync($"/fhir/Slot/{shift.Id()}")).StatusCode);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where id = '{shift.Id()}'"));
        Assert.True((await fhir.PutAsync($"/fhir/Slot/{open.Id()}", FhirHttp.Json((await (await fhir.GetAsync($"/fhir/Slot/{open.Id()}")).Body()).GetRawText().Replace("\"free\"", "\"entered-in-error\"", StringComparison.Ordinal)))).IsSuccessStatusCode);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where id = '{open.Id()}'"));
        // Another hospital's Slot on a Schedule of that id is its own.
        var north = await product.Fhir(tenant: "north");
        await north.Create("Slot", Slot($"Schedule/{scene.Team}", "free", "2026-11-26T14:00:00Z", "2026-11-26T22:00:00Z"));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.shift where tenant <> 1 and team = '{scene.Team}'"));
    }

    [Fact]
    [Trait("Row", "SH-11")]
    [Trait("Row", "SH-12")]
    public async Task A_request_made_on_a_page_is_a_Task_and_a_workforce_system_decides_it_there()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var fhir = await product.Fhir();
        var (hers, claras) = (await scene.Shift("mary", Tuesday, "07:00", "15:00"), await scene.Shift("clara", Tuesday.AddDays(1), "07:00", "15:00"));
        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=swap&shift={hers}", ("other", claras.ToString()), ("message", "Please"));
        var request = await scene.Request();
        var task = await Task(fhir, request);
        Assert.Equal(("requested", $"Slot/{hers}", "Please"), (task.GetProperty("status").GetString(), task.GetProperty("focus").GetProperty("reference").GetString(), task.GetProperty("note")[0].GetProperty("text").GetString()));
        var claraReference = task.GetProperty("owner").GetProperty("reference").GetString();

        task = await Set(fhir, task, "accepted");
        Assert.Equal("pending manager", await scene.State(request));
        Assert.Equal("awaiting-manager", task.GetProperty("businessStatus").GetProperty("coding")[0].GetProperty("code").GetString());
        Assert.NotEqual(claraReference, task.GetProperty("owner").GetProperty("reference").GetString());
        task = await Set(fhir, task, "completed");
        Assert.Equal("approved manager", await scene.State(request));
        Assert.Equal((scene.People["clara"], scene.People["mary"]), (await scene.Owner(hers), await scene.Owner(claras)));
        Assert.False(task.TryGetProperty("businessStatus", out _));
        Assert.Equal(HttpStatusCode.Conflict, (await Put(fhir, task, "rejected")).StatusCode);
        Assert.Equal("completed", (await Task(fhir, request)).GetProperty("status").GetString());
    }

    [Fact]
    [Trait("Row", "SH-11")]
    public async Task A_request_cancelled_on_either_side_is_cancelled_on_the_other()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var fhir = await product.Fhir();
        var hers = await scene.Shift("mary", Tuesday, "07:00", "15:00");
        (string, string)[] offer = [("recipient", scene.People["clara"].ToString())];
        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=offer&shift={hers}", offer);
        var there = await scene.Request();
        await Set(fhir, await Task(fhir, there), "cancelled");
        Assert.StartsWith("withdrawn", await scene.State(there), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await scene["clara"].GetAsync($"/shifts/requests/{there}")).StatusCode);

        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=offer&shift={hers}", offer);
        var here = await scene.Request();
        await scene.Act("mary", here, "Withdraw");
        Assert.Equal("cancelled", (await Task(fhir, here)).GetProperty("status").GetString());

        await scene.Done("mary", $"/shifts/{scene.Team}/ask?kind=offer&shift={hers}", offer);
        var deleted = await scene.Request();
        var clara = new Caller { Tenant = 1, TenantSlug = "demo", Id = $"{scene.People["clara"]}", Kind = CallerKind.Staff, Person = scene.People["clara"] };
        Assert.Equal(403, (await product.Db.In(1, clara.Actor, tx => product.App.Services.GetRequiredService<ShiftTaskDoor>().Forget(tx, clara, $"{deleted}"), default))?.Status);
        Assert.StartsWith("pending", await scene.State(deleted), StringComparison.Ordinal);
        Assert.True((await fhir.DeleteAsync($"/fhir/Task/{deleted}")).IsSuccessStatusCode);
        Assert.StartsWith("withdrawn", await scene.State(deleted), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Gone, (await fhir.GetAsync($"/fhir/Task/{deleted}")).StatusCode);
    }

    [Fact]
    [Trait("Row", "SH-12")]
    public async Task A_Task_from_outside_is_a_request_checked_by_the_same_rules_and_refused_with_all_of_them()
    {
        var scene = await ShiftScene.Open(product, "mary", "clara");
        var north = await product.Fhir(tenant: "north");
        var fhir = await product.Fhir();
        var hers = await scene.Shift("mary", Tuesday, "14:00", "22:00");
        await scene.Shift("clara", Tuesday.AddDays(1), "06:00", "14:00");
        var slot = await (await fhir.GetAsync($"/fhir/Slot/{hers}")).Body();
        var role = (await (await fhir.GetAsync($"/fhir/{slot.GetProperty("schedule").GetProperty("reference").GetString()}")).Body()).GetProperty("actor")[0].GetProperty("reference").GetString();
        var clara = await product.Ask<string>($"select 'PractitionerRole/' || id from collab.roster_person where team = '{scene.Team}' and person = '{scene.People["clara"]}'");
        string Offer(string extra = "") => $$$"""
            {"resourceType":"Task","status":"requested","intent":"order","identifier":[{"system":"https://wfm.example","value":"{{{Guid.NewGuid()}}}"}],"code":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/shift-request","code":"offer"}]},
             "focus":{"reference":"Slot/{{{hers}}}"},"requester":{"reference":"{{{role}}}"},"owner":{"reference":"{{{clara}}}"},"note":[{"text":"From the planner"}]{{{extra}}}}
            """;
        var refused = await fhir.PostAsync("/fhir/Task", FhirHttp.Json(Offer()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("8 h of rest", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await scene.Rules("rest_hours = 8");
        var made = await fhir.PostAsync("/fhir/Task", FhirHttp.Json(Offer()));
        Assert.True(made.StatusCode == HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        var page = await scene["clara"].GetStringAsync("/shifts");
        Assert.Contains("From the planner", page, StringComparison.Ordinal);
        var request = await scene.Request();
        await scene.Act("clara", request, "Accept");
        var task = await (await fhir.GetAsync($"/fhir/Task/{(await made.Body()).Id()}")).Body();
        Assert.Equal(("accepted", "https://wfm.example"), (task.GetProperty("status").GetString(), task.GetProperty("identifier")[0].GetProperty("system").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync($"/fhir/Task/{task.Id()}")).StatusCode);
        Assert.False((await north.PostAsync("/fhir/Task", FhirHttp.Json(Offer()))).IsSuccessStatusCode);

        var off = $$$"""
            {"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/shift-request","code":"time-off"}]},
             "requester":{"reference":"{{{role}}}"},"owner":{"reference":"HealthcareService/{{{scene.Team}}}"},
             "input":[{"type":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/shift-request-input","code":"reason"}]},"valueString":"Vacation"},
               {"type":{"coding":[{"system":"https://healthteams.example/fhir/CodeSystem/shift-request-input","code":"period"}]},"valuePeriod":{"start":"2026-12-07T00:00:00Z","end":"2026-12-09T00:00:00Z"}}]}
            """;
        var ever = off.Replace("2026-12-07", "0001-01-01", StringComparison.Ordinal).Replace("2026-12-09", "0001-01-03", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await fhir.PostAsync("/fhir/Task", FhirHttp.Json(ever))).StatusCode);
        var time = await fhir.PostAsync("/fhir/Task", FhirHttp.Json(off));
        Assert.True(time.StatusCode == HttpStatusCode.Created, await time.Content.ReadAsStringAsync());
        Assert.Equal("pending manager", await scene.State(await scene.Request()));
    }

    private static async Task<JsonElement> Task(HttpClient fhir, Guid id) => await (await fhir.GetAsync($"/fhir/Task/{id}")).Body();

    private static Task<HttpResponseMessage> Put(HttpClient fhir, JsonElement task, string status) =>
        fhir.PutAsync($"/fhir/Task/{task.Id()}", FhirHttp.Json(System.Text.RegularExpressions.Regex.Replace(task.GetRawText(), "\"status\":\"[a-z]+\"", $"\"status\":\"{status}\"")));

    private static async Task<JsonElement> Set(HttpClient fhir, JsonElement task, string status)
    {
        var answer = await Put(fhir, task, status);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await (await fhir.GetAsync($"/fhir/Task/{task.Id()}")).Body();
    }
}
