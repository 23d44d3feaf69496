using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>The administration in a real browser: registering with the keyboard, steps that appear, a trial launch, every size.</summary>
[Collection("browser")]
[Trait("Row", "EHR-11")]
public sealed class AdministrationTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    [Fact]
    public async Task An_administrator_registers_an_EHR_with_the_keyboard_and_reads_step_by_step_what_is_wrong()
    {
        var page = await Administrator("browser-admin");
        await page.GetByRole(AriaRole.Link, new() { Name = "Admin" }).PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = "Register an EHR" }).PressAsync("Enter");
        // The first field waits for the address.
        await page.Locator("#iss:focus").WaitForAsync();
        await page.Keyboard.TypeAsync("http://127.0.0.1:9/r4");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("client-of-the-vendor");
        await page.Keyboard.PressAsync("Enter");
        var reach = page.Locator("[data-step=reach][data-state=failed]");
        await reach.WaitForAsync();
        await Assertions.Expect(reach).ToContainTextAsync("refuses the connection");
        await Assertions.Expect(reach).ToContainTextAsync("What to do:");
        await page.Locator("[data-step=launch]").WaitForAsync();
        // A reload shows what was found and does not test again.
        Assert.DoesNotContain("done=", page.Url, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Link, new() { Name = "Remove" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await page.GetByText("The registration is removed").WaitForAsync();
    }

    [Fact]
    public async Task A_trial_launch_goes_to_the_EHR_and_comes_back_with_its_result()
    {
        var page = await Administrator("browser-trial");
        await page.GotoAsync(new Uri(product.Url, "/admin/ehrs").AbsoluteUri);
        await page.Locator("tr", new() { HasText = $"{product.Ehr}fhir" }).GetByRole(AriaRole.Link, new() { Name = "Open" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Try a launch" }).ClickAsync();
        await page.WaitForURLAsync($"{product.Ehr}**");
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();
        await page.Locator("[data-trial=ok]").WaitForAsync();
        Assert.StartsWith(product.Url.AbsoluteUri, page.Url, StringComparison.Ordinal);
        await Assertions.Expect(page.Locator("[data-trial=ok]")).ToContainTextAsync("would host the visit");
    }

    [Theory]
    [InlineData(390, 844, "en-GB")]
    [InlineData(1280, 800, "fr-FR")]
    [InlineData(1920, 1080, "en-GB")]
    public async Task Pages_of_the_administration_fit_their_screen_and_name_their_controls(int width, int height, string language)
    {
        var page = await Administrator($"browser-admin-{width}", width, height, language);
        var id = await product.Ask<Guid>("select id from auth.ehr where tenant = 1 order by created_at limit 1");
        foreach (var path in new[] { "/admin/ehrs", $"/admin/ehrs/{id}", "/admin/ehrs/form", $"/admin/ehrs/form/{id}", $"/admin/ehrs/{id}/removal", "/admin/hosts", "/admin/write-back" })
        {
            await page.GotoAsync(new Uri(product.Url, path).AbsoluteUri);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), $"{path} runs off sideways at {width}");
            Assert.Empty(await page.EvaluateAsync<string[]>("""
                () => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea')]
                  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.title || (e.labels && e.labels.length)))
                  .map(e => e.outerHTML.slice(0, 120))
                """));
        }
    }

    private async Task<IPage> Administrator(string username, int width = 1280, int height = 800, string language = "en-GB")
    {
        await product.Staff(username, "Dix", role: "administrator");
        var page = await browser.Person(width, height, language);
        await page.SignIn(product.Url, username);
        return page;
    }
}
