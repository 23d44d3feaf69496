using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.EhrWriteBack;

/// <summary>The patient's link in the EHR's appointment: many read it there, so it alone lets nobody in.</summary>
[Trait("Row", "EHR-04")]
public sealed class JoinLinkTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Fact]
    public async Task A_booked_visit_gets_its_link_as_extension_and_the_link_opens_the_waiting_room_for_who_knows_the_birth_date()
    {
        await product.Ehr("plain", "fhir", "extension");
        var visit = await product.BookInEhr("With a link", startInMinutes: 30, patient: "MRN-1001");
        var token = await TokenInChart(visit);
        Assert.True(token.Length >= 43);
        // Written once: the same visit told again changes nothing.
        var versions = (await product.EhrHistory($"Appointment/{visit.Appointment}")).GetProperty("entry").GetArrayLength();
        await product.EhrApi.PostAsync($"/api/appointments/{visit.Appointment}/push", null);
        await product.Told(await product.VisitOf(visit));
        Assert.Equal(versions, (await product.EhrHistory($"Appointment/{visit.Appointment}")).GetProperty("entry").GetArrayLength());
        Assert.Equal(1, await product.Ask<long>($"select count(*) from collab.visit_link where visit = '{await product.VisitOf(visit)}'"));

        // Somebody who reads the chart: a page that names nobody and asks for the birth date.
        var stranger = product.Device();
        var page = await stranger.GetStringAsync($"/join/{token}");
        Assert.Contains("name=\"born\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Barlow", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(stranger, token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Scenes.Redeem(stranger, token, born: "1999-09-09")).StatusCode);
        Assert.Equal(0, await product.Ask<long>($"select count(*) from collab.participant where visit = '{await product.VisitOf(visit)}'"));

        // The patient: in, waiting, and back on the same device without being asked again.
        var born = await product.Ask<string>($"select to_char(p.birth_date, 'YYYY-MM-DD') from collab.visit v join collab.person p on p.id = v.patient where v.id = '{await product.VisitOf(visit)}'");
        var patient = product.Device();
        Assert.Equal(HttpStatusCode.SeeOther, (await Scenes.Redeem(patient, token, born)).StatusCode);
        Assert.DoesNotContain("name=\"born\"", await patient.GetStringAsync($"/join/{token}"), StringComparison.Ordinal);
        Assert.Equal("Invited", await product.Ask<string>($"select state from collab.participant where visit = '{await product.VisitOf(visit)}'"));
    }

    [Fact]
    public async Task A_link_dies_with_its_visit_and_guesses_lock_it()
    {
        await product.Ehr("plain", "fhir", "extension");
        var visit = await product.BookInEhr("To be cancelled", startInMinutes: 40, patient: "MRN-1002");
        var token = await TokenInChart(visit);
        for (var i = 0; i < 5; i++) await Scenes.Redeem(product.Device(), token, born: $"19{50 + i}-01-01");
        Assert.Contains("wrong too often", await (await Scenes.Redeem(product.Device(), token, born: "1970-02-03")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await product.EhrApi.PostAsync($"/api/appointments/{visit.Appointment}/cancel", null);
        Assert.Contains("The visit is over", await product.Device().GetStringAsync($"/join/{token}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_link_is_written_where_none_was_registered_and_the_token_is_nowhere_in_the_database()
    {
        await product.Ehr("plain", "fhir");
        var silent = await product.BookInEhr("Without", startInMinutes: 50, patient: "MRN-1003");
        await product.Told(await product.VisitOf(silent));
        Assert.False((await product.InChart($"Appointment/{silent.Appointment}")).TryGetProperty("extension", out _));
        await product.Ehr("plain", "fhir", "extension");
        var visit = await product.BookInEhr("With", startInMinutes: 60, patient: "MRN-1004");
        var token = await TokenInChart(visit);
        Assert.Equal(0, await product.Ask<long>($"select count(*) from platform.event where data::text like '%{token}%'"));
        Assert.Equal(0, await product.Ask<long>($"select count(*) from platform.delivery where error like '%{token}%'"));
        // What the EHR pushes of its own does not carry our link back as somebody else's.
        Assert.Equal(1, await product.Ask<long>($"select count(*) from collab.visit_link where visit = '{await product.VisitOf(visit)}' and asks_birth"));
    }

    [Fact]
    public async Task Another_products_link_stays_beside_ours()
    {
        await product.Ehr("plain", "none");
        var visit = await product.BookInEhr("Two products", startInMinutes: 55, patient: "MRN-1005");
        var resource = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse((await product.InChart($"Appointment/{visit.Appointment}")).GetRawText())!;
        resource["extension"] = new System.Text.Json.Nodes.JsonArray(System.Text.Json.Nodes.JsonNode.Parse("""
            {"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService","extension":[{"url":"address","valueUrl":"https://other.example/room/1"}]}
            """));
        await product.PutInEhr($"Appointment/{visit.Appointment}", resource.ToJsonString());
        await product.Ehr("plain", "fhir", "extension");
        await using (var room = await product.Hold(visit)) await room.Patient.Do("Wait");
        await product.Told(await product.VisitOf(visit));
        var links = Links(await product.InChart($"Appointment/{visit.Appointment}"));
        Assert.Equal(2, links.Count);
        Assert.Contains("https://other.example/room/1", links);
    }

    private async Task<string> TokenInChart(EhrVisit visit)
    {
        await TestProduct.Until(async () => Links(await product.InChart($"Appointment/{visit.Appointment}")).Count > 0, "the link is in the chart", 30);
        var link = Assert.Single(Links(await product.InChart($"Appointment/{visit.Appointment}")));
        Assert.StartsWith(product.Url.AbsoluteUri + "join/", link, StringComparison.Ordinal);
        return link.Split('/')[^1];
    }

    private static List<string> Links(JsonElement appointment) => !appointment.TryGetProperty("extension", out var extensions) ? [] :
        [.. extensions.EnumerateArray().Where(e => e.GetProperty("url").GetString()!.EndsWith("extension-Appointment.virtualService", StringComparison.Ordinal))
            .Select(e => e.GetProperty("extension")[0].GetProperty("valueUrl").GetString()!)];
}
