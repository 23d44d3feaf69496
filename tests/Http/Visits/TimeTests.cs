using HealthTeams.Collaboration.Visits;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Visits;

/// <summary>What time alone does to a visit. Each test moves the clock of a product of its own.</summary>
public sealed class TimeTests : IAsyncLifetime
{
    private readonly TestProduct product = new();

    public Task InitializeAsync() => product.InitializeAsync();
    public Task DisposeAsync() => product.DisposeAsync();

    [Fact]
    public async Task A_visit_ends_after_thirty_empty_minutes_at_the_moment_the_last_one_was_there()
    {
        var scene = await RoomScene.Open(product, "A-empty");
        await scene.Patient.Do("Wait");
        await scene.Host.Do("JoinCall");
        await scene.Host.Do("Admit", scene.Patient.Me);
        await scene.Host.Drop();
        await scene.Patient.Drop();
        await TestProduct.Until(async () => await product.Ask<long>("select count(*) from collab.participant where connected_until > '2026-11-23T09:00:00Z'") == 0, "both are gone");
        await Sweep(TimeSpan.FromMinutes(29));
        Assert.Equal(VisitStatus.InProgress, await product.Status(scene.Booked.Visit));
        await Sweep(TimeSpan.FromMinutes(2));
        // The product's own sweep may have begun before ours.
        await TestProduct.Until(async () => await product.Status(scene.Booked.Visit) == VisitStatus.Finished, "the visit has ended");
        Assert.Equal(new DateTime(2026, 11, 23, 9, 0, 0, DateTimeKind.Utc), await product.Ask<DateTime>($"select finished_at from collab.visit where id = '{scene.Booked.Visit}'"));
    }

    [Fact]
    [Trait("Row", "EHR-19")]
    public async Task A_no_show_is_proposed_then_confirmed_by_the_clinician_and_can_be_undone()
    {
        await product.Staff("curie", "Curie");
        var booked = await product.Book("A-noshow", product.Clock.GetUtcNow());
        var staff = await product.SignedIn("curie");
        product.Clock.Advance(TimeSpan.FromMinutes(20));
        staff = await product.SignedIn("curie");
        Assert.Equal(VisitStatus.Booked, await product.Status(booked.Visit));
        var form = Form.Token(await staff.GetStringAsync($"/visits/{booked.Visit}/no-show"));
        await staff.PostAsync($"/visits/{booked.Visit}/no-show", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
        Assert.Equal(VisitStatus.NoShow, await product.Status(booked.Visit));
        Assert.Equal("noshow", await Fhir(booked));
        await staff.PostAsync($"/visits/{booked.Visit}/no-show?handler=Undo", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
        Assert.Equal(VisitStatus.Booked, await product.Status(booked.Visit));
        Assert.Equal("booked", await Fhir(booked));
    }

    /// <summary>Decision record 0001: page, vread and history agree, after edits in turn and after a restart.</summary>
    [Fact]
    public async Task Edits_on_the_page_and_over_FHIR_in_turn_leave_page_read_vread_and_history_in_agreement()
    {
        var scene = await RoomScene.Open(product, "A-agree");
        var fhir = await product.Fhir();
        await scene.Patient.Do("Wait");
        // The EHR, unaware, moves the time and says "booked" again.
        var appointment = await (await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}")).Content.ReadAsStringAsync();
        var edited = appointment.Replace("\"status\":\"arrived\"", "\"status\":\"booked\"", StringComparison.Ordinal).Replace("Follow-up", "Follow-up, moved", StringComparison.Ordinal)
            .Replace("\"resourceType\"", "\"comment\":\"decimal 1.00 kept\",\"resourceType\"", StringComparison.Ordinal);
        Assert.True((await fhir.PutAsync($"/fhir/Appointment/{scene.Booked.Appointment}", FhirHttp.Json(edited))).IsSuccessStatusCode);
        await scene.Host.Do("Admit", scene.Patient.Me);
        await scene.Host.Do("EndVisit");
        await product.Stop();
        await product.Start();

        fhir = await product.Fhir();
        Assert.Equal(VisitStatus.Finished, await product.Status(scene.Booked.Visit));
        var now = await (await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}")).Body();
        Assert.Equal("fulfilled", now.GetProperty("status").GetString());
        Assert.Equal("decimal 1.00 kept", now.GetProperty("comment").GetString());
        var version = now.GetProperty("meta").GetProperty("versionId").GetString();
        var vread = await (await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}/_history/{version}")).Body();
        Assert.Equal(now.GetRawText(), vread.GetRawText());
        var history = await (await fhir.GetAsync($"/fhir/Appointment/{scene.Booked.Appointment}/_history")).Body();
        Assert.Equal(["fulfilled", "arrived", "booked", "arrived", "booked"],
            history.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource").GetProperty("status").GetString()!));
        var staff = await product.SignedIn("doctor-a-agree");
        Assert.Contains("Follow-up, moved", await staff.GetStringAsync("/visits"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_over_FHIR_and_on_the_page_at_the_same_moment_are_all_kept()
    {
        await product.Staff("curie", "Curie");
        var booked = await product.Book("A-both", product.Clock.GetUtcNow());
        product.Clock.Advance(TimeSpan.FromMinutes(20));
        var (staff, fhir) = (await product.SignedIn("curie"), await product.Fhir());
        var form = Form.Token(await staff.GetStringAsync($"/visits/{booked.Visit}/no-show"));
        var over = false;
        var page = Task.Run(async () =>
        {
            for (var i = 0; !over; i++)
            {
                using var answer = await staff.PostAsync($"/visits/{booked.Visit}/no-show{(i % 2 == 0 ? "" : "?handler=Undo")}", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
            }
        });
        for (var i = 0; i < 6; i++)
        {
            var patched = await fhir.PatchAsync($"/fhir/Appointment/{booked.Appointment}", FhirHttp.Json($$"""[{"op":"add","path":"/description","value":"said {{i}}"}]""", "application/json-patch+json"));
            Assert.True(patched.IsSuccessStatusCode, await patched.Content.ReadAsStringAsync());
            var now = await (await fhir.GetAsync($"/fhir/Appointment/{booked.Appointment}")).Body();
            Assert.Equal($"said {i}", now.GetProperty("description").GetString());
        }
        over = true;
        await page;
    }

    private async Task Sweep(TimeSpan later)
    {
        product.Clock.Advance(later);
        await product.App.Services.GetServices<HealthTeams.Platform.Due.IDueSweep>().OfType<EmptyRooms>().Single().Sweep(product.Clock.GetUtcNow(), default);
    }

    private async Task<string?> Fhir(BookedVisit booked) =>
        (await (await (await product.Fhir()).GetAsync($"/fhir/Appointment/{booked.Appointment}")).Body()).GetProperty("status").GetString();
}
