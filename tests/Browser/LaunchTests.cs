using System.Net.Http.Json;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Launches as browsers really treat them: tabs that share cookies, frames that may keep none, forms that policies watch.</summary>
[Collection("browser")]
public sealed class LaunchTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    [Fact, Trait("Row", "SMART-A28")]
    public async Task Three_patients_in_three_tabs_of_one_browser_stay_apart()
    {
        (string Patient, string Name)[] people = [("MRN-1001", "BARLOW, Ada"), ("MRN-1004", "PAPADIMITRIOU"), ("MRN-1009", "RAHMAN")];
        var first = await browser.Person();
        var tabs = new List<IPage> { first, await first.Context.NewPageAsync(), await first.Context.NewPageAsync() };
        var visits = new List<EhrVisit>();
        foreach (var (patient, _) in people) visits.Add(await product.BookInEhr($"Tab {patient}", patient: patient));
        await Task.WhenAll(tabs.Select((tab, n) => tab.GotoAsync(Launch("practitioner", visits[n]))));
        foreach (var tab in tabs) await tab.WaitForSelectorAsync("[data-launch=ready]");
        // Again after all are open: the last launch has not taken the others' place.
        await Task.WhenAll(tabs.Select(tab => tab.ReloadAsync()));
        for (var n = 0; n < tabs.Count; n++)
        {
            var banner = await tabs[n].Locator(".banner").InnerTextAsync();
            Assert.Contains(people[n].Name, banner, StringComparison.Ordinal);
            Assert.All(people.Where((_, other) => other != n), p => Assert.DoesNotContain(p.Name, banner, StringComparison.Ordinal));
        }
        Assert.Equal(3, tabs.Select(t => t.Url).Distinct().Count());
        await first.Context.CloseAsync();
    }

    [Fact]
    [Trait("Row", "SMART-A27")]
    [Trait("Row", "SMART-A30")]
    [Trait("Row", "SMART-A31")]
    [Trait("Row", "SMART-A32")]
    public async Task In_a_frame_that_keeps_no_foreign_cookies_the_launch_works_from_its_start_to_signing_out()
    {
        var visit = await product.BookInEhr("Frame to the end", patient: "MRN-1002");
        var chart = await browser.Person();
        await chart.GotoAsync($"{Launch("practitioner", visit)}&frame=1");
        var room = await Room(chart);
        await room.WaitForSelectorAsync("[data-launch=ready]");
        // This browser does block them: a cookie without a partition is not kept in this very frame.
        Assert.False(await room.EvaluateAsync<bool>("() => { document.cookie = 'probe=1; Secure; SameSite=None'; return document.cookie.includes('probe'); }"));
        // The EHR around the frame has the banner; its colours are ours.
        await Assertions.Expect(room.Locator("section.banner")).ToHaveCountAsync(0);
        Assert.Equal("rgb(70, 80, 184)", await room.Locator(".button.primary").First.EvaluateAsync<string>("b => getComputedStyle(b).backgroundColor"));
        await room.Press("Join");
        await room.Press("Leave");
        await room.Press("Sign out of this visit");
        await room.WaitForSelectorAsync("[data-launch=signed-out]");
        await chart.Context.CloseAsync();
    }

    [Fact, Trait("Row", "SMART-A27")]
    public async Task A_frame_without_a_camera_offers_its_own_window_where_the_same_seat_opens()
    {
        var visit = await product.BookInEhr("No camera", patient: "MRN-1005");
        var chart = await browser.Person();
        // The EHR's own page, with a frame that passes no permission on.
        await chart.GotoAsync($"{product.Ehr}status");
        await chart.EvaluateAsync("url => { const frame = document.createElement('iframe'); frame.width = 1000; frame.height = 700; frame.src = url; document.body.replaceChildren(frame); }", Launch("practitioner", visit));
        var room = await Room(chart);
        await room.GetByText("there the browser asks you itself").WaitForAsync();
        var window = await chart.RunAndWaitForPopupAsync(() => room.Press("Open in its own window"));
        await window.WaitForSelectorAsync("[data-launch=ready]");
        await window.Locator("video").First.WaitForAsync();
        Assert.NotEqual(room.Url, window.Url);
        var sessions = $"'{Session(room.Url)}', '{Session(window.Url)}'";
        Assert.Equal(1, await product.Ask<long>($"select count(distinct participant) from auth.visit_session where id in ({sessions})"));
        // Alone, it needs a banner of its own.
        await Assertions.Expect(window.Locator("section.banner")).ToHaveCountAsync(1);
        await chart.Context.CloseAsync();
    }

    [Theory, Trait("Row", "SMART-A9")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_launch_too_long_for_an_address_posts_itself_and_without_script_by_a_button(bool script)
    {
        var visit = await product.BookInEhr($"Long {script}", patient: "MRN-1007");
        await product.EhrApi.PostAsJsonAsync("/faults", new { longLaunch = true, postOnlyAuthorize = true });
        product.Time.Move(TimeSpan.FromSeconds(31));
        try
        {
            var context = await browser.Chromium.NewContextAsync(new() { JavaScriptEnabled = script });
            var page = await context.NewPageAsync();
            await page.GotoAsync(Launch("practitioner", visit));
            if (!script) await page.Press("Continue to the chart");
            await page.WaitForURLAsync("**/room/**");
            await context.CloseAsync();
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
            product.Time.Move(TimeSpan.FromSeconds(31));
        }
    }

    [Fact]
    [Trait("Row", "SMART-A17")]
    [Trait("Row", "SMART-A24")]
    public async Task Where_nothing_is_booked_a_clinician_starts_a_visit_and_an_error_can_be_copied()
    {
        var far = await product.BookInEhr("Far away", 4000, "MRN-1010");
        await product.EhrApi.PostAsJsonAsync("/faults", new { noEncounter = true, noAppointmentContext = true });
        try
        {
            var clinician = await browser.Person(390, 844);
            await clinician.GotoAsync(Launch("practitioner", far));
            await clinician.WaitForSelectorAsync("[data-launch=no-visit]");
            await clinician.Press("Start a visit now");
            await clinician.WaitForSelectorAsync("[data-launch=ready]");
            await product.EhrApi.PostAsJsonAsync("/faults", new { authorizeError = "server_error" });
            await clinician.GotoAsync(Launch("practitioner", far));
            await clinician.WaitForSelectorAsync("[data-launch=error]");
            await clinician.Press("Copy for IT support");
            await clinician.GetByText("Copied").Or(clinician.GetByText("Selected: copy it")).WaitForAsync();
            await clinician.GetByRole(AriaRole.Link, new() { Name = "Start again" }).WaitForAsync();
            await clinician.Context.CloseAsync();
        }
        finally
        {
            await product.EhrApi.DeleteAsync("/faults");
        }
    }

    private string Launch(string role, EhrVisit visit) => $"{product.Ehr}launch-now?as={role}&appointment={visit.Appointment}";

    private static string Session(string url) => new Uri(url).AbsolutePath.Split('/')[2];

    private static async Task<IFrame> Room(IPage chart)
    {
        await TestProduct.Until(() => Task.FromResult(chart.Frames.Any(f => f.Url.Contains("/room/", StringComparison.Ordinal))), "the room is in the frame");
        return chart.Frames.First(f => f.Url.Contains("/room/", StringComparison.Ordinal));
    }
}
