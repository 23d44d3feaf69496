using System.Net;
using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace HealthTeams.Tests.Visits;

public sealed class BookingTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "BK-16")]
    public async Task A_posted_appointment_is_on_its_clinicians_list_and_on_no_other_hospitals()
    {
        await product.Staff("list-doctor", "Curie");
        await product.Staff("north-doctor", "North", "north");
        await product.Book("A-list", family: "Listed", mrn: "MRN-list");
        var here = await (await product.SignedIn("list-doctor")).GetStringAsync("/visits");
        var there = await (await product.SignedIn("north-doctor")).GetStringAsync("/visits");
        Assert.Contains("LISTED", here, StringComparison.Ordinal);
        Assert.DoesNotContain("LISTED", there, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Posting_the_same_transaction_again_makes_no_second_visit()
    {
        var first = await product.Book("A-again", mrn: "MRN-again");
        var second = await product.Book("A-again", mrn: "MRN-again");
        Assert.Equal(first.Visit, second.Visit);
        Assert.Equal(1L, await product.Ask<long>("select count(*) from collab.visit v join collab.visit_identifier i on i.visit = v.id where i.value = 'A-again' and i.system like '%appointment'"));
    }

    [Fact]
    public async Task A_rescheduled_appointment_moves_and_a_cancelled_one_is_cancelled()
    {
        var booked = await product.Book("A-move", mrn: "MRN-move");
        var later = product.Clock.GetUtcNow().AddHours(3);
        await product.Book("A-move", later, mrn: "MRN-move");
        Assert.Equal(later.UtcDateTime, await product.Ask<DateTime>($"select start_at from collab.visit where id = '{booked.Visit}'"));
        await product.Book("A-move", later, status: "cancelled", mrn: "MRN-move");
        Assert.Equal(VisitStatus.Cancelled, await product.Status(booked.Visit));
        await product.Book("A-move", later, mrn: "MRN-move");
        Assert.Equal(VisitStatus.Booked, await product.Status(booked.Visit));
    }

    [Fact]
    public async Task A_deleted_appointment_cancels_its_visit()
    {
        var booked = await product.Book("A-deleted", mrn: "MRN-deleted");
        var fhir = await product.Fhir();
        Assert.Equal(HttpStatusCode.NoContent, (await fhir.DeleteAsync($"/fhir/Appointment/{booked.Appointment}")).StatusCode);
        Assert.Equal(VisitStatus.Cancelled, await product.Status(booked.Visit));
    }

    [Fact]
    public async Task An_appointment_that_ends_before_it_starts_is_refused_whole()
    {
        var fhir = await product.Fhir();
        var answer = await fhir.PostAsync("/fhir/Appointment", FhirHttp.Json("""{"resourceType":"Appointment","identifier":[{"system":"urn:x","value":"backwards"}],"status":"booked","start":"2026-11-23T10:00:00Z","end":"2026-11-23T09:00:00Z","participant":[{"status":"accepted"}]}"""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("Appointment.end", (await answer.Body()).GetProperty("issue")[0].GetProperty("expression")[0].GetString());
        var search = await (await fhir.GetAsync("/fhir/Appointment?identifier=backwards&_total=accurate")).Body();
        Assert.Equal(0, search.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_participant_named_by_identifier_alone_is_the_patient_we_know()
    {
        var fhir = await product.Fhir();
        await fhir.Create("Patient", "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"https://hospital.example/id/mrn\",\"value\":\"MRN-logical\"}],\"name\":[{\"family\":\"Logical\",\"given\":[\"Lea\"]}]}");
        var appointment = await fhir.Create("Appointment", "{\"resourceType\":\"Appointment\",\"status\":\"booked\",\"start\":\"2026-11-23T10:00:00Z\",\"end\":\"2026-11-23T10:20:00Z\",\"participant\":[{\"status\":\"accepted\",\"actor\":{\"type\":\"Patient\",\"identifier\":{\"system\":\"https://hospital.example/id/mrn\",\"value\":\"MRN-logical\"}}}]}");
        Assert.Equal("Logical", await product.Ask<string>($"select p.family from collab.visit v join collab.visit_key k on k.visit = v.id join collab.person p on p.id = v.patient where k.id = '{appointment.Id()}'"));
    }

    [Fact]
    public async Task A_time_without_a_zone_is_the_hospitals_own_time()
    {
        var fhir = await product.Fhir();
        var appointment = await fhir.Create("Appointment", "{\"resourceType\":\"Appointment\",\"status\":\"booked\",\"start\":\"2026-11-23T15:00:00\",\"end\":\"2026-11-23T15:20:00\",\"participant\":[{\"status\":\"accepted\"}]}");
        Assert.Equal(new DateTime(2026, 11, 23, 14, 0, 0, DateTimeKind.Utc), await product.Ask<DateTime>($"select v.start_at from collab.visit v join collab.visit_key k on k.visit = v.id where k.id = '{appointment.Id()}'"));
    }

    [Fact]
    public async Task A_corrected_birth_date_is_the_same_patient_corrected()
    {
        var booked = await product.Book("A-corrected", mrn: "MRN-corrected");
        var fhir = await product.Fhir();
        var patient = await (await fhir.GetAsync($"/fhir/Patient/{booked.Patient}")).Content.ReadAsStringAsync();
        await fhir.PutAsync($"/fhir/Patient/{booked.Patient}", FhirHttp.Json(patient.Replace("1970-02-03", "1971-02-03", StringComparison.Ordinal)));
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.visit v join collab.person p on p.id = v.patient where v.id = '{booked.Visit}' and p.birth_date = '1971-02-03'"));
    }

    [Fact]
    public async Task A_write_that_contradicts_the_product_answers_with_the_version_that_stands()
    {
        await using var scene = await RoomScene.Open(product, "A-etag");
        await scene.Patient.Do("Wait");
        var fhir = await product.Fhir();
        var arrived = await (await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}")).Content.ReadAsStringAsync();
        var answer = await fhir.PutAsync($"/fhir/Appointment/{scene.Booked.Appointment}", FhirHttp.Json(arrived.Replace("\"status\":\"arrived\"", "\"status\":\"booked\"", StringComparison.Ordinal)));
        Assert.Equal("arrived", (await answer.Body()).GetProperty("status").GetString());
        Assert.Equal((await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}")).Headers.ETag, answer.Headers.ETag);
    }

    [Fact]
    public async Task An_in_patient_encounter_is_no_visit()
    {
        var fhir = await product.Fhir();
        var before = await product.Ask<long>("select count(*) from collab.visit");
        await fhir.Create("Encounter", """{"resourceType":"Encounter","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"}}""");
        Assert.Equal(before, await product.Ask<long>("select count(*) from collab.visit"));
    }

    [Fact]
    public async Task Watching_pages_hear_of_a_change_by_ids_only_and_strangers_do_not()
    {
        await product.Staff("live-doctor", "Curie");
        await product.Staff("live-north", "North", "north");
        await using var here = await Watch("live-doctor");
        await using var there = await Watch("live-north");
        var heard = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var leaked = false;
        here.On<JsonElement>("changed", c => heard.TrySetResult(c));
        there.On<JsonElement>("changed", _ => leaked = true);
        var booked = await product.Book("A-live", family: "Secretname", mrn: "MRN-live");
        var change = await heard.Task.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Equal($"visit/{booked.Visit}", change.GetProperty("subject").GetString());
        Assert.DoesNotContain("Secretname", change.GetRawText(), StringComparison.OrdinalIgnoreCase);
        await Task.Delay(200);
        Assert.False(leaked, "another hospital's page was told");
    }

    private async Task<HubConnection> Watch(string username)
    {
        var cookies = new SecureCookies();
        await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, username);
        var connection = new HubConnectionBuilder().WithUrl(new Uri(product.Url, "/live"), o => o.Headers["Cookie"] = cookies.Header).Build();
        await connection.StartAsync();
        await connection.InvokeAsync("Watch", "visits");
        return connection;
    }
}
