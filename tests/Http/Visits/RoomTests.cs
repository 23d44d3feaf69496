using System.Net;
using HealthTeams.Collaboration.Visits;
using Microsoft.AspNetCore.SignalR;
using Xunit;

namespace HealthTeams.Tests.Visits;

public sealed class RoomTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    [Trait("Row", "EHR-05")]
    public async Task The_patient_waits_is_admitted_and_both_the_visit_and_its_FHIR_resources_follow()
    {
        await using var scene = await Scene("A-flow");
        await scene.Patient.Do("Wait");
        await TestProduct.Until(async () => await product.Status(scene.Booked.Visit) == VisitStatus.Arrived, "arrived");
        await TestProduct.Until(() => Task.FromResult(scene.Host.Names.Contains("BARLOW, Ada")), "the clinician sees who waits");
        Assert.Equal("arrived", await FhirStatus("Appointment", scene.Booked.Appointment));

        await scene.Host.Do("Admit", scene.Patient.Me);
        await TestProduct.Until(() => Task.FromResult(scene.Patient.MyState == "Admitted"), "the patient is told");
        await scene.Patient.Do("JoinCall");
        Assert.Equal(VisitStatus.InProgress, await product.Status(scene.Booked.Visit));
        Assert.Equal("in-progress", await FhirStatus("Encounter", scene.Booked.Encounter));

        await scene.Host.Do("EndVisit");
        await TestProduct.Until(() => Task.FromResult(scene.Patient.Ended), "the patient's page hears the end");
        Assert.Equal(VisitStatus.Finished, await product.Status(scene.Booked.Visit));
        Assert.Equal("fulfilled", await FhirStatus("Appointment", scene.Booked.Appointment));
        Assert.Equal("finished", await FhirStatus("Encounter", scene.Booked.Encounter));
    }

    [Fact]
    public async Task Nobody_enters_the_call_before_being_admitted_and_a_waiting_patient_sees_no_other_names()
    {
        await using var scene = await Scene("A-lobby");
        await scene.Patient.Do("Wait");
        var refused = await Assert.ThrowsAsync<HubException>(() => scene.Patient.Do("JoinCall"));
        Assert.Contains("not-admitted", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HubException>(() => scene.Patient.Do("Admit", scene.Patient.Me));
        await Assert.ThrowsAsync<HubException>(() => scene.Patient.Do("Signal", scene.Host.Me, "{}"));

        var token = await Scenes.Invite(scene.Staff, scene.Booked.Visit, "Guest", "Interpreter Ines");
        await using var guest = await Join(token);
        await guest.Do("Wait");
        await Task.Delay(300);
        Assert.DoesNotContain("Interpreter Ines", scene.Patient.Names);
        Assert.DoesNotContain("BARLOW, Ada", guest.Names);
        Assert.Contains("Interpreter Ines", scene.Host.Names);
    }

    [Fact]
    public async Task Signals_travel_only_between_people_in_the_call_and_name_their_true_sender()
    {
        await using var scene = await Scene("A-signal");
        await scene.Host.Do("JoinCall");
        await scene.Patient.Do("Wait");
        await scene.Host.Do("Admit", scene.Patient.Me);
        await scene.Patient.Do("JoinCall");
        await scene.Patient.Do("Signal", scene.Host.Me, """{"sdp":"x"}""");
        await TestProduct.Until(() => Task.FromResult(scene.Host.Signals.Count == 1), "the signal arrives");
        Assert.Equal(scene.Patient.Me, scene.Host.Signals[0].From);
    }

    [Fact]
    public async Task A_dropped_connection_neither_ends_nor_falsifies_the_visit_and_the_patient_comes_back_without_waiting()
    {
        await using var scene = await Scene("A-drop");
        await scene.Host.Do("JoinCall");
        await scene.Patient.Do("Wait");
        await scene.Host.Do("Admit", scene.Patient.Me);
        await scene.Patient.Do("JoinCall");
        await scene.Patient.Drop();
        await Task.Delay(300);
        Assert.Equal(VisitStatus.InProgress, await product.Status(scene.Booked.Visit));
        Assert.Equal("InCall", await product.Ask<string>($"select state from collab.participant where id = '{scene.Patient.Me}'"));

        await using var again = await product.Enter(scene.PatientDevice, scene.PatientCookies, scene.PatientRoom);
        Assert.Equal("InCall", again.MyState);
        await again.Do("LeaveCall");
        await again.Do("JoinCall");
        Assert.Equal(VisitStatus.InProgress, await product.Status(scene.Booked.Visit));
    }

    [Fact]
    public async Task Links_and_tickets_die_with_the_visit()
    {
        await using var scene = await Scene("A-dead");
        await scene.Patient.Do("Wait");
        await scene.Host.Do("Admit", scene.Patient.Me);
        await scene.Host.Do("EndVisit");
        var late = product.Device();
        Assert.Contains("over", await late.GetStringAsync($"/join/{scene.Token}"), StringComparison.OrdinalIgnoreCase);
        await Assert.ThrowsAsync<HubException>(() => scene.Patient.Do("Enter", scene.Patient.Ticket));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.room_ticket t join collab.participant p on p.id = t.participant where p.visit = '{scene.Booked.Visit}'"));
    }

    [Fact]
    public async Task A_ticket_opens_its_own_seat_only()
    {
        await using var one = await Scene("A-ticket-1");
        await using var other = await Scene("A-ticket-2");
        await Assert.ThrowsAsync<HubException>(() => other.Patient.Do("Enter", one.Patient.Ticket));
        Assert.Equal(HttpStatusCode.Unauthorized, (await product.Stranger().GetAsync(one.PatientRoom)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.PatientDevice.GetAsync(one.PatientRoom)).StatusCode);
    }

    [Fact]
    public async Task A_removed_guest_is_out_and_stays_out()
    {
        await using var scene = await Scene("A-removed");
        var token = await Scenes.Invite(scene.Staff, scene.Booked.Visit, "Guest", "Loud neighbour");
        await using var guest = await Join(token);
        await guest.Do("Wait");
        await scene.Host.Do("Remove", guest.Me);
        await Assert.ThrowsAsync<HubException>(() => guest.Do("Wait"));
        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(product.Device(), token, born: "1970-02-03", display: "Again")).StatusCode);
    }

    private async Task<InRoom> Join(string token)
    {
        var cookies = new SecureCookies();
        var device = new HttpClient(cookies) { BaseAddress = product.Url };
        var room = (await Scenes.Redeem(device, token)).Headers.Location!.ToString();
        return await product.Enter(device, cookies, room);
    }

    private async Task<string?> FhirStatus(string type, string id) =>
        (await (await (await product.Fhir()).GetAsync($"/fhir/{type}/{id}")).Body()).GetProperty("status").GetString();

    private Task<RoomScene> Scene(string number) => RoomScene.Open(product, number);
}

/// <summary>A booked visit with the clinician in the room and the patient at the door, by link.</summary>
public sealed class RoomScene : IAsyncDisposable
{
    public required BookedVisit Booked { get; init; }
    public required HttpClient Staff { get; init; }
    public required string Token { get; init; }
    public required InRoom Host { get; init; }
    public required InRoom Patient { get; init; }
    public required HttpClient PatientDevice { get; init; }
    public required SecureCookies PatientCookies { get; init; }
    public required string PatientRoom { get; init; }

    public static async Task<RoomScene> Open(TestProduct product, string number)
    {
        var username = $"doctor-{number.ToLowerInvariant()}";
        await product.Staff(username, "Curie");
        var booked = await product.Book(number, mrn: $"MRN-{number}");
        var cookies = new SecureCookies();
        var staff = await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, username);
        var token = await Scenes.Invite(staff, booked.Visit);
        var host = await product.Enter(staff, cookies, await Scenes.OpenRoom(staff, booked.Visit));
        var patientCookies = new SecureCookies();
        var device = new HttpClient(patientCookies) { BaseAddress = product.Url };
        var redeemed = await Scenes.Redeem(device, token);
        Assert.Equal(HttpStatusCode.SeeOther, redeemed.StatusCode);
        var room = redeemed.Headers.Location!.ToString();
        return new RoomScene
        {
            Booked = booked, Staff = staff, Token = token, Host = host, Patient = await product.Enter(device, patientCookies, room),
            PatientDevice = device, PatientCookies = patientCookies, PatientRoom = room,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Patient.DisposeAsync();
    }
}
