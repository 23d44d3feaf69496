using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.EhrWriteBack;

/// <summary>Each way of writing to an EHR, against an EHR that takes that way and no other.</summary>
[Trait("Row", "EHR-07")]
public sealed class AdapterTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Theory]
    [InlineData("plain")]
    [InlineData("patch")]
    public async Task Plain_FHIR_writes_status_times_and_who_came_by_update_or_by_patch_as_the_EHR_offers(string style)
    {
        await product.Ehr(style, "fhir");
        var visit = await product.BookInEhr($"Plain {style}", patient: "MRN-1002");
        await using (var room = await product.Hold(visit)) await room.Whole();
        await product.Told(await product.VisitOf(visit));

        var encounter = await product.InChart($"Encounter/{visit.Encounter}");
        Assert.Equal("finished", encounter.GetProperty("status").GetString());
        Assert.True(encounter.GetProperty("period").TryGetProperty("start", out _) && encounter.GetProperty("period").TryGetProperty("end", out _));
        // The clinician who is booked came: there from joining to leaving.
        var there = Assert.Single(encounter.GetProperty("participant").EnumerateArray()).GetProperty("period");
        Assert.True(there.GetProperty("start").GetDateTimeOffset() <= there.GetProperty("end").GetDateTimeOffset());
        Assert.Equal("fulfilled", (await product.InChart($"Appointment/{visit.Appointment}")).GetProperty("status").GetString());
        // What the EHR had of its own is untouched.
        Assert.Equal($"Plain {style}", encounter.GetProperty("reasonCode")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_patient_who_comes_has_accepted_and_a_refusal_is_not_overruled()
    {
        await product.Ehr("plain", "fhir");
        var visit = await product.BookInEhr("Answers", patient: "MRN-1003");
        await Change(visit, participants: ("needs-action", "declined"));
        await using (var room = await product.Hold(visit)) await room.Whole();
        await product.Told(await product.VisitOf(visit));
        var participants = (await product.InChart($"Appointment/{visit.Appointment}")).GetProperty("participant").EnumerateArray().ToList();
        Assert.Equal("accepted", Status(participants, "Patient/"));
        Assert.Equal("declined", Status(participants, "Practitioner/"));
    }

    [Fact]
    public async Task A_stranger_to_the_booking_is_not_written_down_as_the_clinician_who_is_booked()
    {
        await product.Ehr("plain", "fhir");
        var visit = await product.BookInEhr("Stand-in", patient: "MRN-1005");
        await using (var room = await product.Hold(visit, "stand-in")) await room.Whole();
        await product.Told(await product.VisitOf(visit));
        Assert.All((await product.InChart($"Encounter/{visit.Encounter}")).GetProperty("participant").EnumerateArray(), p => Assert.False(p.TryGetProperty("period", out _)));
    }

    [Fact]
    public async Task Oracle_Health_is_told_by_its_own_patches_and_never_of_what_it_refuses()
    {
        await product.Ehr("oracle", "oracle", "oracle");
        var visit = await product.BookInEhr("Oracle", patient: "MRN-1007");
        var id = await product.VisitOf(visit);
        await TestProduct.Until(async () => (await product.InChart($"Appointment/{visit.Appointment}")).TryGetProperty("contained", out _), "the links are in the chart", 30);
        await using (var room = await product.Hold(visit)) await room.Whole();
        await product.Told(id);
        Assert.Equal(0, await product.Ask<long>("select count(*) from platform.delivery where consumer = 'ehr' and parked_at is not null"));

        var appointment = await product.InChart($"Appointment/{visit.Appointment}");
        Assert.Equal("fulfilled", appointment.GetProperty("status").GetString());
        var encounter = await product.InChart($"Encounter/{visit.Encounter}");
        Assert.True(encounter.GetProperty("period").TryGetProperty("end", out _));
        Assert.Equal("planned", encounter.GetProperty("status").GetString());
        var rooms = appointment.GetProperty("contained").EnumerateArray().ToDictionary(c => c.GetProperty("type")[0].GetProperty("text").GetString()!, c => c.GetProperty("telecom")[0]);
        Assert.StartsWith(product.Url.AbsoluteUri + "join/", rooms["Patient Virtual Meeting Room"].GetProperty("value").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{product.Url.AbsoluteUri}visits/{id}/room", rooms["Provider Virtual Meeting Room"].GetProperty("value").GetString());
        Assert.Equal(appointment.GetProperty("start").GetDateTimeOffset(), rooms["Patient Virtual Meeting Room"].GetProperty("period").GetProperty("start").GetDateTimeOffset());

        // A confirmed no-show is not among the statuses it takes: nothing is sent, nothing is given up.
        var missed = await product.BookInEhr("Oracle missed", patient: "MRN-1008");
        var missedId = await product.VisitOf(missed);
        await product.Sql($"insert into platform.event (tenant, id, at, kind, subject, actor, actor_kind) values (1, gen_random_uuid(), now(), 'visit.noshow', 'visit/{missedId}', 'system', 'System')");
        await product.Sql($"update collab.visit set status = 'NoShow', no_show_at = now() where id = '{missedId}'");
        await product.Sql($"insert into platform.delivery (tenant, event, consumer, lane, due) select 1, id, 'ehr', subject, now() from platform.event where kind = 'visit.noshow' and subject = 'visit/{missedId}'");
        await product.Told(missedId);
        Assert.Equal("booked", (await product.InChart($"Appointment/{missed.Appointment}")).GetProperty("status").GetString());
        Assert.Equal(0, await product.Ask<long>("select count(*) from platform.delivery where consumer = 'ehr' and parked_at is not null"));
    }

    [Fact]
    public async Task Oracle_Health_that_is_away_in_mid_visit_is_told_everything_in_order_when_it_is_back()
    {
        await product.Ehr("oracle", "oracle", "oracle");
        var visit = await product.BookInEhr("Oracle away", patient: "MRN-1012");
        await TestProduct.Until(async () => (await product.InChart($"Appointment/{visit.Appointment}")).TryGetProperty("contained", out _), "the links are in the chart", 30);
        await using var room = await product.Hold(visit);
        await product.StopEhr();
        await room.Whole();
        await product.StartEhr();
        await product.Told(await product.VisitOf(visit));
        var history = (await product.EhrHistory($"Appointment/{visit.Appointment}")).GetProperty("entry").EnumerateArray().Reverse()
            .Select(e => e.GetProperty("resource").GetProperty("status").GetString()!).Distinct();
        Assert.Equal(["booked", "arrived", "fulfilled"], history);
    }

    [Fact]
    public async Task Oracle_Healths_conflict_of_versions_is_read_again_and_a_moved_visit_moves_its_links()
    {
        await product.Ehr("oracle", "oracle", "oracle");
        await product.EhrApi.PostAsJsonAsync("/faults", new { conflictOnce = true });
        var visit = await product.BookInEhr("Oracle moved", startInMinutes: 30, patient: "MRN-1010");
        await TestProduct.Until(async () => (await product.InChart($"Appointment/{visit.Appointment}")).TryGetProperty("contained", out _), "the links are in the chart", 30);
        var before = Link(await product.InChart($"Appointment/{visit.Appointment}"));
        await product.EhrApi.PostAsJsonAsync($"/api/appointments/{visit.Appointment}/reschedule", new { minutes = 45 });
        await TestProduct.Until(async () => Link(await product.InChart($"Appointment/{visit.Appointment}")).From == before.From.AddMinutes(45), "the links have the new time", 30);
        Assert.Equal(before.Value, Link(await product.InChart($"Appointment/{visit.Appointment}")).Value);
    }

    [Fact]
    public async Task An_EHR_that_offers_no_writing_is_given_up_visibly_and_tried_again_when_asked()
    {
        await product.Ehr("readonly", "fhir");
        var visit = await product.BookInEhr("Read only", patient: "MRN-1011");
        var id = await product.VisitOf(visit);
        await using (var room = await product.Hold(visit)) await room.Patient.Do("Wait");
        await product.Told(id);
        var admin = await Administration.Admin.Administrator(product, "admin-queue");
        var page = await admin.GetStringAsync("/admin/write-back");
        Assert.Contains("offers neither update nor JSON Patch", page, StringComparison.Ordinal);
        Assert.Contains(id.ToString(), page, StringComparison.Ordinal);
        Assert.DoesNotContain("BARLOW", page, StringComparison.OrdinalIgnoreCase);
        // Another hospital's administrator sees none of it, and cannot start it.
        var there = await Administration.Admin.Administrator(product, "admin-queue-north", "north");
        Assert.DoesNotContain(id.ToString(), await there.GetStringAsync("/admin/write-back"), StringComparison.Ordinal);
        await Administration.Admin.Submit(there, "/admin/hosts", "/admin/write-back");
        Assert.True(await product.Ask<long>("select count(*) from platform.delivery where consumer = 'ehr' and parked_at is not null") > 0);

        // Mended: a registration of its own, and an EHR that takes updates.
        await product.Ehr("plain", "fhir");
        Assert.Equal(System.Net.HttpStatusCode.SeeOther, (await Administration.Admin.Submit(admin, "/admin/write-back", "/admin/write-back")).StatusCode);
        await TestProduct.Until(async () => (await product.InEhr(visit)).Appointment == "arrived", "it was told after all", 30);
        Assert.Equal(1, await product.Ask<long>("select count(*) from platform.event where kind = 'delivery.retried'"));
    }

    [Fact]
    public async Task Nothing_is_written_where_the_registration_says_so_and_Epic_is_written_to_as_plain_FHIR()
    {
        await product.Ehr("plain", "none");
        var visit = await product.BookInEhr("Silent", patient: "MRN-1004");
        await using (var room = await product.Hold(visit)) await room.Whole();
        await product.Told(await product.VisitOf(visit));
        Assert.Equal(("booked", "planned"), await product.InEhr(visit));
        await product.Ehr("plain", "epic");
        var other = await product.BookInEhr("Epic", patient: "MRN-1006");
        await using (var room = await product.Hold(other)) await room.Whole();
        await product.Told(await product.VisitOf(other));
        Assert.Equal(("fulfilled", "finished"), await product.InEhr(other));
    }

    private static (string Value, DateTimeOffset From) Link(JsonElement appointment)
    {
        var telecom = appointment.GetProperty("contained").EnumerateArray().First(c => c.GetProperty("type")[0].GetProperty("text").GetString() == "Patient Virtual Meeting Room").GetProperty("telecom")[0];
        return (telecom.GetProperty("value").GetString()!, telecom.GetProperty("period").GetProperty("start").GetDateTimeOffset());
    }

    private static string? Status(List<JsonElement> participants, string actor) =>
        participants.First(p => p.GetProperty("actor").GetProperty("reference").GetString()!.StartsWith(actor, StringComparison.Ordinal)).GetProperty("status").GetString();

    /// <summary>The EHR's own people change the answers of patient and clinician.</summary>
    private async Task Change(EhrVisit visit, (string Patient, string Clinician) participants)
    {
        var resource = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse((await product.InChart($"Appointment/{visit.Appointment}")).GetRawText())!;
        foreach (var p in resource["participant"]!.AsArray())
        {
            var actor = p!["actor"]!["reference"]!.GetValue<string>();
            if (actor.StartsWith("Patient/", StringComparison.Ordinal)) p["status"] = participants.Patient;
            if (actor.StartsWith("Practitioner/", StringComparison.Ordinal)) p["status"] = participants.Clinician;
        }
        await product.PutInEhr($"Appointment/{visit.Appointment}", resource.ToJsonString());
    }
}
