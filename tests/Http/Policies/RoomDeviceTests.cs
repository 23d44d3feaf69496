using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace HealthTeams.Tests.Policies;

/// <summary>A patient room's device: what opens for it, and that nothing else does.</summary>
public sealed class RoomDeviceTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static async Task<HttpResponseMessage> Press(HttpClient device, string page, string path, params (string Name, string Value)[] fields)
    {
        var token = Form.Token(await device.GetStringAsync(page));
        return await device.PostAsync(path, new FormUrlEncodedContent(fields.Append(("__RequestVerificationToken", token)).Select(f => KeyValuePair.Create(f.Item1, f.Item2))));
    }

    private async Task<(HttpClient Admin, string Code, Guid Id)> Registered(string name, Guid team, string admin)
    {
        await product.Staff(admin, "Dix", role: "administrator");
        var client = await product.SignedIn(admin);
        var page = await (await TestProduct.Post(client, "/admin/rooms", ("name", name), ("team", $"{team}"))).Content.ReadAsStringAsync();
        var code = Regex.Match(page, "<strong>([A-Z2-9]{4} [A-Z2-9]{4} [A-Z2-9]{4})</strong>").Groups[1].Value;
        Assert.NotEmpty(code);
        return (client, code, await product.Ask<Guid>($"select id from collab.room_device where name = '{name}'"));
    }

    private async Task<HttpClient> Device(string code)
    {
        var device = product.Device();
        Assert.Equal(HttpStatusCode.SeeOther, (await Press(device, "/kiosk/sign-in", "/kiosk/sign-in", ("code", code))).StatusCode);
        return device;
    }

    [Fact, Trait("Row", "PP-01"), Trait("Row", "PP-07")]
    public async Task A_device_signs_in_once_joins_its_rooms_visit_calls_the_team_and_opens_nothing_else()
    {
        var nurse = await product.Staff("room-nurse", "Seacole", role: "nurse");
        var clerk = await product.Staff("room-clerk", "Codman", role: "clerk");
        var outsider = await product.Staff("room-outsider", "Barton", role: "nurse");
        var team = await product.Team("Room team", (nurse, "Owner"), (clerk, "Guest"));
        var (admin, code, id) = await Registered("Room 7", team, "room-dix");
        var device = await Device(code.ToLowerInvariant());
        // Once: whoever copied the code comes too late.
        Assert.Equal(HttpStatusCode.Forbidden, (await Press(product.Device(), "/kiosk/sign-in", "/kiosk/sign-in", ("code", code))).StatusCode);
        Assert.Null(await product.Ask<string>($"select encode(code_hash, 'hex') from collab.room_device where id = '{id}'"));

        var booked = await product.Book("room-1", family: "Roomer", mrn: "MRN-ROOM");
        var patient = await product.Ask<Guid>($"select patient from collab.visit where id = '{booked.Visit}'");
        Assert.DoesNotContain("Join the visit", await device.GetStringAsync("/kiosk"), StringComparison.Ordinal);
        // Whose room it is, is said by the team; not by guests of it, not by others.
        var staff = await product.SignedIn("room-nurse");
        foreach (var (name, status) in new[] { ("room-clerk", HttpStatusCode.Forbidden), ("room-outsider", HttpStatusCode.NotFound) })
        {
            var other = await product.SignedIn(name);
            Assert.Equal(status, (await TestProduct.Post(other, "/rooms", ("id", $"{id}"), ("patient", $"{patient}"))).StatusCode);
            Assert.DoesNotContain("Room 7", await other.GetStringAsync("/rooms"), StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(staff, "/rooms", ("id", $"{id}"), ("patient", $"{patient}"))).StatusCode);

        var idle = await device.GetStringAsync("/kiosk");
        Assert.Contains("Join the visit", idle, StringComparison.Ordinal);
        Assert.DoesNotContain("ROOMER", idle, StringComparison.OrdinalIgnoreCase);
        foreach (var door in (string[])["/", "/visits", "/messages", "/lists", "/tasks", "/approvals", "/shifts", "/handovers", "/teams", "/activity", "/admin/policies", "/admin/rooms", "/rooms", "/me/policy", "/counts", "/people?kind=patient&search=Roomer", "/fhir/Patient", "/fhir/AuditEvent", $"/visits/{booked.Visit}/invite", "/live/negotiate", "/hubs/room/negotiate"])
        {
            var answer = door.Contains("negotiate", StringComparison.Ordinal) ? await device.PostAsync(door, null) : await device.GetAsync(door);
            Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"{door}: {answer.StatusCode}");
        }

        // Its place in the visit, the same again after a restart of the screen; the lobby is before it.
        var joined = await Press(device, "/kiosk", "/kiosk?handler=join");
        Assert.Equal(HttpStatusCode.SeeOther, joined.StatusCode);
        Assert.StartsWith("/room/", joined.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await device.GetAsync(joined.Headers.Location)).StatusCode);
        await Press(device, "/kiosk", "/kiosk?handler=join");
        Assert.Equal(1L, await product.Ask<long>($"select count(*) from collab.participant where visit = '{booked.Visit}' and role = 'Patient'"));
        // Clinical staff come in at once; everybody else waits.
        foreach (var (name, role) in new[] { ("room-nurse", "Host"), ("room-clerk", "Guest") })
        {
            var comes = await product.SignedIn(name);
            await Scenes.OpenRoom(comes, booked.Visit);
            Assert.Equal(role, await product.Ask<string>($"select p.role from collab.participant p join auth.credential c on c.person = p.person where c.username = '{name}' and p.visit = '{booked.Visit}'"));
        }

        // The team is rung, urgently and once, and nobody else.
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.SeeOther, (await Press(device, "/kiosk", "/kiosk?handler=call")).StatusCode);
        Assert.Equal(1L, await product.Ask<long>("select count(*) from collab.message where text = 'Call from Room 7' and priority = 'urgent'"));
        Assert.Equal(nurse, await product.Ask<Guid>("select d.recipient from collab.message_delivery d join collab.message m on m.id = d.message where m.text = 'Call from Room 7'"));

        // Taken back, it is shut at its next request.
        Assert.Equal(HttpStatusCode.SeeOther, (await TestProduct.Post(admin, "/admin/rooms?handler=revoke", ("id", $"{id}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await device.GetAsync("/kiosk")).StatusCode);
        Assert.Equal(5L, await product.Ask<long>($"select count(*) from platform.event where subject = 'device/{id}'"));
    }

    [Fact, Trait("Row", "PP-01")]
    public async Task A_policy_takes_the_buttons_away_and_a_code_runs_out_after_a_quarter_of_an_hour()
    {
        var nurse = await product.Staff("room-nurse2", "Seacole", role: "nurse");
        var team = await product.Team("Room team 2", (nurse, "Owner"));
        var (admin, code, id) = await Registered("Room 8", team, "room-dix2");
        product.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(HttpStatusCode.Forbidden, (await Press(product.Device(), "/kiosk/sign-in", "/kiosk/sign-in", ("code", code))).StatusCode);
        var page = await (await TestProduct.Post(admin, "/admin/rooms?handler=code", ("id", $"{id}"))).Content.ReadAsStringAsync();
        var device = await Device(Regex.Match(page, "<strong>([A-Z2-9]{4} [A-Z2-9]{4} [A-Z2-9]{4})</strong>").Groups[1].Value);
        Assert.Contains("Call the care team", await device.GetStringAsync("/kiosk"), StringComparison.Ordinal);

        var policy = await product.Ask<Guid>("select id from collab.policy where tenant = 1 and package = 'patient-room' and area = 'device'");
        var version = await product.Ask<int>($"select version from collab.policy where id = '{policy}'");
        var form = Form.Token(await device.GetStringAsync("/kiosk"));
        await TestProduct.Post(admin, $"/admin/policies/{policy}", ("version", $"{version}"), ("name", "Healthcare_PatientRoom"), ("AllowCallTeam", "false"), ("AllowVisit", "true"));
        Assert.DoesNotContain("Call the care team", await device.GetStringAsync("/kiosk"), StringComparison.Ordinal);
        // A screen that was drawn before is refused as well.
        var refused = await device.PostAsync("/kiosk?handler=call", new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", form)]));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("Healthcare_PatientRoom", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await TestProduct.Post(admin, $"/admin/policies/{policy}", ("version", $"{version + 1}"), ("name", "Healthcare_PatientRoom"), ("AllowCallTeam", "true"), ("AllowVisit", "true"), ("AutoAdmitClinicalRoles", "true"));
    }
}
