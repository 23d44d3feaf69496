using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Visits;

[Trait("Row", "EHR-07")]
public sealed class WriteBackTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact]
    public async Task Arrived_in_progress_and_finished_reach_the_EHR_though_nobody_ever_launched()
    {
        var visit = await product.BookInEhr("By link only");
        await using var room = await Room(visit);
        await room.Patient.Do("Wait");
        await Reaches(visit, "arrived", "arrived");
        await room.Host.Do("Admit", room.Patient.Me);
        await Reaches(visit, "arrived", "in-progress");
        await room.Host.Do("EndVisit");
        await Reaches(visit, "fulfilled", "finished");
    }

    [Fact]
    public async Task An_EHR_that_is_away_in_mid_visit_gets_everything_in_order_when_it_is_back()
    {
        var visit = await product.BookInEhr("EHR away", patient: "MRN-1004");
        await using var room = await Room(visit);
        await product.StopEhr();
        await room.Patient.Do("Wait");
        await room.Host.Do("Admit", room.Patient.Me);
        await room.Host.Do("EndVisit");
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from platform.delivery where consumer = 'ehr' and attempts > 1") > 0, "it was tried while the EHR was away");
        await product.StartEhr();
        await Reaches(visit, "fulfilled", "finished");
        Assert.Equal(["planned", "arrived", "in-progress", "finished"], await History(visit));
    }

    [Fact]
    public async Task Refused_and_conflicting_writes_are_repeated_on_top_of_what_the_EHR_has()
    {
        var visit = await product.BookInEhr("Faulty", patient: "MRN-1006");
        await using var room = await Room(visit);
        await product.EhrApi.PostAsJsonAsync("/faults", new { failWrites = 2, conflictOnce = true, rejectTokens = true });
        await room.Patient.Do("Wait");
        await Reaches(visit, "arrived", "arrived");
        await room.Host.Do("Admit", room.Patient.Me);
        await room.Host.Do("EndVisit");
        await Reaches(visit, "fulfilled", "finished");
        Assert.Equal(["planned", "arrived", "in-progress", "finished"], await History(visit));
    }

    [Fact]
    public async Task A_confirmed_no_show_reaches_the_EHR_after_the_time_to_undo()
    {
        var visit = await product.BookInEhr("No show", patient: "MRN-1009");
        var id = await VisitOf(visit);
        await product.Sql($"update collab.visit set start_at = now() - interval '20 minutes', end_at = null where id = '{id}'");
        var staff = await Staff("doctor-noshow");
        var form = Form.Token(await staff.GetStringAsync($"/visits/{id}/no-show"));
        await staff.PostAsync($"/visits/{id}/no-show", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
        await Task.Delay(1500);
        Assert.Equal("booked", (await product.InEhr(visit)).Appointment);
        await Reaches(visit, "noshow", "cancelled");
    }

    private async Task<RoomScene> Room(EhrVisit visit)
    {
        var id = await VisitOf(visit);
        var username = $"doctor-{visit.Appointment}";
        var cookies = new SecureCookies();
        await product.Staff(username, "Curie");
        var staff = await product.SignIn(new HttpClient(cookies) { BaseAddress = product.Url }, username);
        var token = await Scenes.Invite(staff, id);
        var host = await product.Enter(staff, cookies, await Scenes.OpenRoom(staff, id));
        var patientCookies = new SecureCookies();
        var device = new HttpClient(patientCookies) { BaseAddress = product.Url };
        var room = (await Scenes.Redeem(device, token)).Headers.Location!.ToString();
        return new RoomScene
        {
            Booked = new BookedVisit(id, "", "", "", ""), Staff = staff, Token = token, Host = host,
            Patient = await product.Enter(device, patientCookies, room), PatientDevice = device, PatientCookies = patientCookies, PatientRoom = room,
        };
    }

    private async Task<HttpClient> Staff(string username)
    {
        await product.Staff(username, "Curie");
        return await product.SignedIn(username);
    }

    private Task<Guid> VisitOf(EhrVisit visit) => product.Ask<Guid>($"select visit from collab.visit_identifier where value = '{visit.Identifier}' limit 1")!;

    private Task Reaches(EhrVisit visit, string appointment, string encounter) => TestProduct.Until(
        async () => await product.InEhr(visit) == (appointment, encounter), $"{appointment} and {encounter} in the EHR", 40);

    /// <summary>Every status the EHR's Encounter has had, in order.</summary>
    private async Task<List<string>> History(EhrVisit visit)
    {
        var backend = await product.EhrHistory($"Encounter/{visit.Encounter}");
        return [.. backend.GetProperty("entry").EnumerateArray().Reverse().Select(e => e.GetProperty("resource").GetProperty("status").GetString()!).Aggregate(new List<string>(), (l, s) =>
        {
            if (l.Count == 0 || l[^1] != s) l.Add(s);
            return l;
        })];
    }
}
