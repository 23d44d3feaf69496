using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthTeams.SmartLauncher.Launch;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>The EHR's look on the room, as far as it is legible and cannot do anything but look.</summary>
[Trait("Row", "SMART-A32")]
[Collection(LaunchedProduct.Name)]
public sealed class StyleTests(ProductWithEhr product)
{
    [Fact]
    public async Task The_room_takes_the_EHR_s_colours_from_an_address_of_ours()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Style", patient: "MRN-1002");
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", visit);
        var link = Regex.Match(trail[^1].Page, "href=\"(/room/[^\"]+/look.css)\"").Groups[1].Value;
        var css = await browser.Http.GetAsync(new Uri(product.Url, link));
        var text = await css.Content.ReadAsStringAsync();
        Assert.Equal("text/css", css.Content.Headers.ContentType!.MediaType);
        Assert.Contains("--accent:#4650b8;", text, StringComparison.Ordinal);
        Assert.Contains("--canvas:#f5f6fa;", text, StringComparison.Ordinal);
        Assert.Contains("--round:6px;", text, StringComparison.Ordinal);
        Assert.Contains("--font-body:system-ui,sans-serif;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", trail[^1].Answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await product.Stranger().GetAsync(link)).StatusCode);
    }

    [Theory]
    [InlineData("hostileStyle")]
    [InlineData("paleStyle")]
    public async Task A_style_that_harms_or_cannot_be_read_is_left_out(string fault)
    {
        await product.Faults();
        var visit = await product.BookInEhr($"Style {fault}", patient: "MRN-1003");
        await product.Faults(fault);
        product.Time.Move(TimeSpan.FromMinutes(6));
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", visit);
        await product.Faults();
        product.Time.Move(TimeSpan.FromMinutes(6));
        Assert.Equal("room", trail.Outcome());
        var text = await browser.Http.GetStringAsync(new Uri(product.Url, $"/room/{trail.Session()}/look.css"));
        Assert.DoesNotContain("--ink:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", text, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
        Assert.DoesNotContain("display", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/style.json")]
    [InlineData("http://localhost:1/style.json")]
    [InlineData("https://evil.example/style.json")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//localhost/style.json")]
    public async Task A_style_elsewhere_than_at_the_EHR_is_not_fetched_and_not_missed(string url)
    {
        await product.Faults();
        var visit = await product.BookInEhr("Style elsewhere", patient: "MRN-1005");
        await product.TokenAnswer(new { smart_style_url = url });
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        Assert.DoesNotContain("look.css", trail[^1].Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"color_highlight":"#777777"}""", "")]
    [InlineData("""{"color_highlight":"#0000aa"}""", "--accent:#0000aa;")]
    [InlineData("""{"color_highlight":"#0000aacc"}""", "")]
    [InlineData("""{"color_background":"#ffffff","color_text":"#777777"}""", "")]
    [InlineData("""{"color_background":"#888888","color_text":"#000000"}""", "")]
    [InlineData("""{"color_background":"#ffffff","color_text":"#111111"}""", "--ink:#111111;")]
    [InlineData("""{"color_background":"#101820","color_text":"#f0f0f0"}""", "--ink:#f0f0f0;")]
    [InlineData("""{"dim_font_size":"11px"}""", "")]
    [InlineData("""{"dim_font_size":"18px"}""", "font-size:128.6%;")]
    [InlineData("""{"dim_border_radius":"999px"}""", "--round:24px;")]
    [InlineData("""{"dim_border_radius":"6px;color:red"}""", "")]
    [InlineData("""{"font_family_body":"Georgia, 'Times New Roman', serif"}""", "--font-body:\"Georgia\",\"Times New Roman\",serif,sans-serif;")]
    [InlineData("""{"font_family_body":"x\";}body{}"}""", "")]
    [InlineData("""{"color_highlight":["#0000aa"],"evil_key":"red"}""", "")]
    public void Every_value_is_read_and_written_anew_or_left_out(string style, string holds)
    {
        var css = EhrStyle.Css(JsonDocument.Parse(style).RootElement);
        if (holds.Length == 0) Assert.Null(css);
        else Assert.Contains(holds, css, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_style_says_text_stays_legible()
    {
        var random = new Random(7);
        string Colour() => $"#{random.Next(0x1000000):x6}";
        for (var n = 0; n < 3000; n++)
        {
            var style = JsonSerializer.SerializeToElement(new { color_background = Colour(), color_text = Colour(), color_highlight = Colour(), color_error = Colour(), color_success = Colour() });
            foreach (Match block in Regex.Matches(EhrStyle.Css(style) ?? "", @"scheme:(light|dark)\)[^{]*\{:root\{([^}]*)\}"))
            {
                var own = block.Groups[1].Value == "light" ? ("#f4f6f7", "#ffffff", "#152025") : ("#0f1619", "#172024", "#e9eff1");
                var said = Regex.Matches(block.Groups[2].Value, "--([a-z0-9-]+):(#[0-9a-f]{6});").ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
                var (canvas, surface, ink) = (said.GetValueOrDefault("canvas", own.Item1), said.GetValueOrDefault("surface", own.Item2), said.GetValueOrDefault("ink", own.Item3));
                Assert.True(Contrast(ink, canvas) >= 4.5 && Contrast(ink, surface) >= 4.5);
                if (said.TryGetValue("ink-2", out var second)) Assert.True(Contrast(second, canvas) >= 4.5);
                foreach (var name in (string[])["accent", "red", "green"])
                {
                    if (!said.TryGetValue(name, out var colour)) continue;
                    Assert.True(Contrast(colour, canvas) >= 4.5 && Contrast(colour, surface) >= 4.5, $"{name} {colour} on {canvas}, {surface}");
                    if (name == "accent") Assert.True(Contrast(said["on-accent"], colour) >= 4.5 && Contrast(said["on-accent"], said["accent-press"]) >= 4.5, $"{said["on-accent"]} on {colour}, {said["accent-press"]}");
                    if (said[$"{name}-soft"] != surface) Assert.True(Contrast(colour, said[$"{name}-soft"]) >= 4.5);
                }
            }
        }
    }

    private static double Contrast(string one, string other)
    {
        static double Luminance(string hex) => new[] { (1, 0.2126), (3, 0.7152), (5, 0.0722) }.Sum(c =>
            c.Item2 * (Convert.ToInt32(hex.Substring(c.Item1, 2), 16) / 255.0 is var v && v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4)));
        var (a, b) = (Luminance(one) + 0.05, Luminance(other) + 0.05);
        return Math.Max(a, b) / Math.Min(a, b);
    }
}
