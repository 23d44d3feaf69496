using System.Diagnostics;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>A real SMART client (npm fhirclient, samples/smart-app) against our server, in a real browser.</summary>
[Collection("browser")]
public sealed class SmartAppTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    private Process? app;
    private int port;

    public async Task InitializeAsync()
    {
        var home = Environment.GetEnvironmentVariable("HEALTHTEAMS_HOME") ?? throw new InvalidOperationException("HEALTHTEAMS_HOME names the folder of the repository");
        app = Process.Start(new ProcessStartInfo("node", [Path.Combine(home, "samples", "smart-app", "serve.mjs"), "0"]) { RedirectStandardOutput = true })!;
        var line = await app.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The sample app did not start.");
        port = new Uri(line.Split(' ')[^1]).Port;
        await Register("sample-app", "localhost", "Sample app");
        await Register("sample-frame", "127.0.0.1", "Framed app", framed: true);
    }

    public Task DisposeAsync()
    {
        app?.Kill();
        app?.Dispose();
        return browser.Leave();
    }

    private async Task Register(string id, string host, string name, bool framed = false)
    {
        var added = await product.App.Services.GetRequiredService<ClientRegistry>().Add(new ClientToAdd(id, "public", "demo", Backend: false)
        {
            Name = name, Redirects = [$"http://{host}:{port}/index.html"], LaunchUrl = $"http://{host}:{port}/launch.html?client_id={id}", Trusted = framed, Frame = framed,
        }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
    }

    [Fact]
    [Trait("Row", "SMART-S6")]
    public async Task An_app_started_from_a_visit_reads_its_patient_and_user_and_refreshes()
    {
        await product.Staff("app-doctor", "Curie");
        await product.BookInEhr("With an app", patient: "MRN-1007");
        var page = await browser.Person();
        await page.SignIn(product.Url, "app-doctor");
        var opened = await Choose(page, "With an app", "Sample app", inWindow: true);
        await opened.WaitForSelectorAsync("[data-authorize=consent]");
        await Assertions.Expect(opened.Locator("h1")).ToContainTextAsync("Allow Sample app to act for you?");
        await opened.ClickAsync("button[value=approve]");
        await Works(opened.MainFrame);
        await Assertions.Expect(opened.Locator("#encounter")).Not.ToHaveTextAsync("none");
        await Assertions.Expect(opened.Locator("#user")).ToContainTextAsync("Practitioner/");
        Assert.DoesNotContain("access_token", opened.Url, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "SMART-S6")]
    public async Task A_trusted_app_works_in_the_frame_below_the_patients_banner()
    {
        await product.Staff("frame-doctor", "Curie");
        await product.BookInEhr("With a framed app", patient: "MRN-1008");
        var page = await browser.Person();
        await page.SignIn(product.Url, "frame-doctor");
        await Choose(page, "With a framed app", "Framed app", inWindow: false);
        await TestProduct.Until(() => Task.FromResult(page.Frames.Any(f => f.Url.Contains("/index.html", StringComparison.Ordinal))), "the app is back in the frame");
        await Works(page.Frames.First(f => f.Url.Contains("/index.html", StringComparison.Ordinal)));
        await page.Locator("section.banner").WaitForAsync();
    }

    [Fact]
    [Trait("Row", "SMART-S5")]
    public async Task An_app_on_its_own_signs_its_user_in_lets_them_pick_and_works()
    {
        await product.Staff("standalone-doctor", "Curie");
        await product.BookInEhr("For a standalone app", patient: "MRN-1001");
        var page = await browser.Person(390, 844);
        await page.GotoAsync($"http://localhost:{port}/standalone.html?iss={Uri.EscapeDataString(new Uri(product.Url, "/fhir").AbsoluteUri)}");
        await page.FillAsync("[name=username]", "standalone-doctor");
        await page.FillAsync("[name=password]", TestProduct.Password);
        await page.PressAsync("[name=password]", "Enter");
        await page.WaitForSelectorAsync("[data-authorize=patient]");
        await page.FillAsync("[name=search]", "barl");
        await page.PressAsync("[name=search]", "Enter");
        await page.ClickAsync("button[name=patient] >> text=BARLOW");
        await page.WaitForSelectorAsync("[data-authorize=consent]");
        await page.ClickAsync("button[value=approve]");
        await Works(page.MainFrame);
        await Assertions.Expect(page.Locator("#patient")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^Barlow"));
    }

    /// <summary>The list's dialog, then the app in a window of its own or on the page.</summary>
    private static async Task<IPage> Choose(IPage page, string visit, string app, bool inWindow)
    {
        await page.Locator("tr, li, article", new() { HasText = visit }).GetByRole(AriaRole.Link, new() { Name = "Apps" }).First.ClickAsync();
        var button = page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = app });
        if (!inWindow)
        {
            await button.ClickAsync();
            return page;
        }
        var opened = await page.RunAndWaitForPopupAsync(() => button.ClickAsync());
        opened.SetDefaultTimeout(15_000);
        return opened;
    }

    private static async Task Works(IFrame app)
    {
        await app.WaitForSelectorAsync("#refresh:not([disabled])");
        await app.ClickAsync("#refresh");
        await app.Locator("#refreshed", new() { HasText = "1" }).WaitForAsync();
        await Assertions.Expect(app.Locator("#error")).ToHaveTextAsync("");
        await Assertions.Expect(app.Locator("#patient")).ToContainTextAsync(", ");
    }
}
