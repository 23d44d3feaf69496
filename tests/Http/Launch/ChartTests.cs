using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using HealthTeams.Collaboration.People;
using HealthTeams.Collaboration.Visits;
using HealthTeams.FhirGateway.Ehr;
using HealthTeams.Platform.Callers;
using HealthTeams.Platform.Database;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>What an EHR's chart may say, and what is made of it.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class ChartTests(ProductWithEhr product)
{
    [Fact, Trait("Row", "SMART-A16")]
    public async Task An_EHR_s_own_absolute_references_mean_its_own_patient()
    {
        var (visit, browser, launch) = await Launching("Absolute", "MRN-1006", "patient");
        await Change($"Appointment/{visit.Appointment}", r => Each(r, reference => $"{product.Ehr}fhir/{reference}"));
        await Change($"Encounter/{visit.Encounter}", r => Each(r, reference => $"{product.Ehr}fhir/{reference}"));
        var trail = await browser.Follow(launch);
        Assert.Equal("room", trail.Outcome());
        Assert.Equal("MRN-1006", await product.Ask<string>($"""
            select i.value from auth.visit_session s join collab.visit v on v.id = s.visit join collab.person_identifier i on i.person = v.patient
            where s.id = '{trail.End().AbsolutePath.Split('/')[2]}' and i.value like 'MRN-%'
            """));
    }

    [Theory]
    [InlineData("Patient/somebody-else")]
    [InlineData("https://another.example/fhir/Patient/7")]
    public async Task An_encounter_of_somebody_else_is_not_joined_to_the_visit(string subject)
    {
        var (visit, browser, launch) = await Launching("Somebody else's", "MRN-1007", "practitioner");
        await Change($"Encounter/{visit.Encounter}", r => r["subject"] = new JsonObject { ["reference"] = subject });
        await browser.Follow(launch);
        Assert.Equal(0, await product.Ask<long>($"select count(*) from collab.visit_key where kind = 'Encounter' and id = '{visit.Encounter}' and source <> '{Guid.Empty}'"));
    }

    [Fact, Trait("Row", "EHR-07")]
    public async Task The_end_of_a_call_does_not_close_an_in_patient_s_stay()
    {
        var (visit, browser, launch) = await Launching("In-patient", "MRN-1008", "practitioner");
        await Change($"Encounter/{visit.Encounter}", r =>
        {
            r["class"] = new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ActCode", ["code"] = "IMP" };
            r["status"] = "in-progress";
            r.Remove("appointment");
            r.Remove("identifier");
        });
        await product.Faults("noAppointmentContext");
        var trail = await browser.Follow(launch);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        var id = await product.Ask<Guid>($"select visit from auth.visit_session where id = '{trail.End().AbsolutePath.Split('/')[2]}'");
        Assert.Equal(visit.Encounter, await product.Ask<string>($"select id from collab.visit_key where visit = '{id}' and kind = 'Encounter' and source <> '{Guid.Empty}'"));
        await product.Db.In(1, Actor.Product, async tx =>
        {
            await tx.Execute("update collab.visit set status = 'Finished', started_at = @Now, finished_at = @Now where tenant = @Tenant and id = @id", new { tx.Tenant, id, tx.Now });
            tx.Publish("visit.finished", $"visit/{id}");
        }, default);
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.delivery where consumer = 'ehr'") == 0, "it was delivered");
        Assert.Equal("in-progress", (await product.EhrHistory($"Encounter/{visit.Encounter}")).GetProperty("entry")[0].GetProperty("resource").GetProperty("status").GetString());
    }

    [Fact, Trait("Row", "SMART-A21")]
    public async Task A_proxy_with_the_patient_s_number_is_not_the_patient()
    {
        var (source, number) = (Guid.NewGuid(), new Identifier("https://hospital.example/id/mrn", "MRN-proxy"));
        var people = await product.Db.In(1, Actor.Product, async tx =>
        {
            var door = product.App.Services.GetRequiredService<VisitDoor>();
            Task<Person> Said(PersonKind kind, string reference) => door.Person(tx, new PersonSaid(kind, source, reference, [number], "Barlow", "Ada", null, null, null));
            return new[] { await Said(PersonKind.Patient, "Patient/1"), await Said(PersonKind.Related, "RelatedPerson/1"), await Said(PersonKind.Related, "RelatedPerson/2"), await Said(PersonKind.Related, "RelatedPerson/1") };
        }, default);
        Assert.Equal(3, people.Select(p => p.Id).Distinct().Count());
        Assert.Equal(people[1].Id, people[3].Id);
        Assert.Equal(PersonKind.Related, people[3].Kind);
    }

    /// <summary>As far as the EHR's launch, whose handle is made while the chart still is as it was booked.</summary>
    private async Task<(EhrVisit, Browser, Uri)> Launching(string reason, string patient, string role)
    {
        await product.Faults();
        var visit = await product.BookInEhr(reason, patient: patient);
        var browser = new Browser(product);
        var start = await browser.Follow(browser.Start(role, visit), until: at => at.AbsolutePath == "/launch");
        return (visit, browser, start[^1].Next!);
    }

    private static void Each(JsonNode? node, Func<string, string> change)
    {
        foreach (var child in node switch { JsonObject o => o.Select(p => p.Value), JsonArray a => a, _ => Enumerable.Empty<JsonNode?>() }) Each(child, change);
        if (node is JsonObject r && r["reference"] is JsonValue value) r["reference"] = change(value.GetValue<string>());
    }

    private async Task Change(string reference, Action<JsonObject> change)
    {
        var backend = (await product.App.Services.GetRequiredService<EhrConnections>()(1, null, default))[0];
        var token = await backend.Token(false, default);
        async Task<string> Send(HttpMethod method, string? body)
        {
            using var request = new HttpRequestMessage(method, $"/fhir/{reference}") { Content = body is null ? null : FhirHttp.Json(body) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            var answer = await product.EhrApi.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
            return text;
        }
        var resource = JsonNode.Parse(await Send(HttpMethod.Get, null))!.AsObject();
        change(resource);
        await Send(HttpMethod.Put, resource.ToJsonString());
    }
}
