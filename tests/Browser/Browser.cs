using Microsoft.Playwright;
using Xunit;

namespace HealthTeams.Tests.Browser;

/// <summary>Debian's Chromium with a fake camera and microphone; one for all tests, one context per person.</summary>
public sealed class RealBrowser : IAsyncLifetime
{
    private IPlaywright playwright = null!;
    public IBrowser Chromium { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout(30_000); // a shared machine is slow, not wrong
        playwright = await Playwright.CreateAsync();
        Chromium = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
                "--auto-select-desktop-capture-source=Entire screen",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        await Chromium.CloseAsync();
        playwright.Dispose();
    }

    /// <summary>Everybody goes: a room left open would go on decoding pictures beside the next test.</summary>
    public Task Leave() => Task.WhenAny(Task.WhenAll(Chromium.Contexts.Select(c => c.CloseAsync())), Task.Delay(TimeSpan.FromSeconds(10))); // a page that will not close is left behind

    /// <summary>A person at a device of their own.</summary>
    public async Task<IPage> Person(int width = 1280, int height = 800, string language = "en-GB")
    {
        var context = await Chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, Locale = language });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        return page;
    }
}

[CollectionDefinition("browser")]
public sealed class BrowserCollection : ICollectionFixture<RealBrowser>, ICollectionFixture<ProductWithEhr>;

internal static class Doing
{
    public static async Task SignIn(this IPage page, Uri product, string username, string password = TestProduct.Password)
    {
        await page.GotoAsync(new Uri(product, "/auth/sign-in").AbsoluteUri);
        await page.FillAsync("[name=username]", username);
        await page.FillAsync("[name=password]", password);
        await page.PressAsync("[name=password]", "Enter");
        try
        {
            // What is on the page, not the browser's word of its loading: that word is missed when it comes before the question.
            await page.Locator("body.staff [data-region]").First.WaitForAsync();
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{username} is at {page.Url}: {await page.InnerTextAsync("body")}", e);
        }
    }

    public static Task Press(this IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = false }).First.ClickAsync();
    public static Task Press(this IFrame page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = false }).First.ClickAsync();

    /// <summary>Video frames this page has decoded from others.</summary>
    public static Task<int> Frames(this IPage page) => page.EvaluateAsync<int>("""
        async () => {
          let frames = 0;
          for (const pc of window.htRoom.pc())
            for (const s of (await pc.getStats()).values())
              if (s.type === 'inbound-rtp' && s.kind === 'video') frames += s.framesDecoded ?? 0;
          return frames;
        }
        """);

    /// <summary>Bytes of sound this page has received from others.</summary>
    public static Task<int> Sound(this IPage page) => page.EvaluateAsync<int>("""
        async () => {
          let bytes = 0;
          for (const pc of window.htRoom.pc())
            for (const s of (await pc.getStats()).values())
              if (s.type === 'inbound-rtp' && s.kind === 'audio') bytes += s.bytesReceived ?? 0;
          return bytes;
        }
        """);
}
