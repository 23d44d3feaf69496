using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Every page, in both languages, on a phone, a desk and a wall: nothing runs off sideways, every control has a name.</summary>
[Collection("browser")]
public sealed class PagesTests(RealBrowser browser, ProductWithEhr product) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => browser.Leave();

    public static TheoryData<int, int, string> Screens => new()
    {
        { 390, 844, "en-GB" }, { 1280, 800, "en-GB" }, { 1920, 1080, "en-GB" }, { 390, 844, "fr-FR" }, { 1280, 800, "fr-FR" },
    };

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task Pages_fit_their_screen_and_name_their_controls(int width, int height, string language)
    {
        var username = $"pages-{width}-{language[..2]}";
        await product.Staff(username, "Curie");
        var page = await browser.Person(width, height, language);
        await page.GotoAsync(new Uri(product.Url, "/auth/sign-in").AbsoluteUri);
        await Fits(page, "sign-in");
        await page.SignIn(product.Url, username);
        foreach (var path in new[] { "/visits", "/messages", "/shifts", "/shifts/now", "/shifts/me", "/lists", "/tasks", "/tasks/boards", "/approvals", "/approvals/new", "/approvals/away", "/teams", "/teams/new", "/teams/templates", "/activity", "/launch/error?code=iss-unknown&ref=test", "/launch/no-visit", "/error/404" })
        {
            await page.GotoAsync(new Uri(product.Url, path).AbsoluteUri);
            await Fits(page, path);
            Assert.Equal(language[..2], await page.EvaluateAsync<string>("document.documentElement.lang"));
        }
    }

    [Fact]
    public async Task The_visit_list_is_there_without_any_script()
    {
        await product.Staff("no-script", "Curie");
        await product.BookInEhr("Without script", patient: "MRN-1012");
        var context = await browser.Chromium.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.SignIn(product.Url, "no-script");
        await page.GetByText("Without script").First.WaitForAsync();
    }

    private static async Task Fits(IPage page, string what)
    {
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth + 1"), $"{what} runs off sideways at {page.ViewportSize!.Width}");
        var nameless = await page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea')]
              .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.title || (e.labels && e.labels.length)))
              .map(e => e.outerHTML.slice(0, 120))
            """);
        Assert.Empty(nameless);
    }
}
