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
