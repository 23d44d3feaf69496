using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.SmartLauncher.Launch;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>Every way a launch can end: it is reached, it has a page with words of its own in both languages, and a way on.</summary>
[Trait("Row", "SMART-A24")]
public sealed class ErrorPageTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    public static TheoryData<string> Codes => [.. LaunchProblem.All];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Each_code_has_words_of_its_own_in_both_languages(string code)
    {
        foreach (var language in (string[])["en", "fr"])
        {
            var page = code is LaunchProblem.NoVisit or LaunchProblem.NoPatient ? "no-visit" : "error";
            var (words, unknown) = (await Text($"/launch/{page}?code={code}&ref=abcd1234&lang={language}"), await Text($"/launch/error?code=no-such-code&ref=abcd1234&lang={language}"));
            Assert.Contains($"<html lang=\"{language}\"", words, StringComparison.Ordinal);
            Assert.Contains($"data-launch=\"{page}\"", words, StringComparison.Ordinal);
            Assert.Contains($">{code}</dd>", words, StringComparison.Ordinal);
            Assert.Contains(">abcd1234</dd>", words, StringComparison.Ordinal);
            Assert.NotEqual(Sentences(unknown), Sentences(words));
            Assert.DoesNotContain(" at HealthTeams.", words, StringComparison.Ordinal);
        }
        Assert.NotEqual(Sentences(await Text($"/launch/error?code={code}&lang=en")), Sentences(await Text($"/launch/error?code={code}&lang=fr")));
    }

    [Fact]
    public async Task The_vendor_s_guide_explains_every_code()
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Home(), "docs", "guides", "ehr-vendor.md"));
        Assert.All(LaunchProblem.All, code => Assert.Contains($"`{code}`", guide, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", LaunchProblem.IssInvalid)]
    [InlineData("?iss=a&iss=b", LaunchProblem.IssInvalid)]
    [InlineData("?iss=ftp://x", LaunchProblem.IssInvalid)]
    [InlineData("?iss=https://unknown.example/fhir&launch=x", LaunchProblem.IssUnknown)]
    public async Task A_start_that_cannot_be_one_says_so(string query, string code) =>
        Assert.Equal($"error: {code}", (await new Browser(product).Follow(new Uri(product.Url, "/launch" + query))).Outcome());

    [Fact]
    public async Task Too_many_at_once_have_to_wait_and_may_try_the_same_address_again()
    {
        await product.Faults();
        var browser = new Browser(product);
        var visit = await product.BookInEhr("Too many", patient: "MRN-1002");
        await browser.AsFarAsTheAnswer("practitioner", visit);
        await product.Sql($"""
            insert into auth.launch (tenant, state_hash, ehr, iss_used, browser_hash, secrets, source, created_at, expires_at)
            select tenant, sha256(n::text::bytea), ehr, iss_used, browser_hash, secrets, source, created_at, expires_at
            from (select * from auth.launch where used_at is null order by created_at desc limit 1) l, generate_series(1, {PendingLaunches.MostPerSource}) n
            """);
        var trail = await browser.Launch("practitioner", visit);
        Assert.Equal("error: too-many-launches", trail.Outcome());
        await product.Sql("delete from auth.launch where used_at is null");
        // The launch was not used up: the page's own link goes on with it.
        Assert.Equal("room", (await browser.Follow(Again(trail))).Outcome());
    }

    [Fact]
    public async Task Late_or_repeated_answers_say_so_and_lead_to_the_EHR_s_own_sign_in()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Late", patient: "MRN-1003");
        var browser = new Browser(product);
        var answer = await browser.AsFarAsTheAnswer("practitioner", visit);
        var copy = browser.Cookies.Header;
        Assert.Equal("room", (await browser.Follow(answer)).Outcome());
        // The launch's cookie went with it; a browser that kept it is told that it was used.
        foreach (var pair in copy.Split("; ")) browser.Cookies.Plant(pair[..pair.IndexOf('=')], pair[(pair.IndexOf('=') + 1)..]);
        Assert.Equal("error: state-used", (await browser.Follow(answer)).Outcome());
        var late = await browser.AsFarAsTheAnswer("practitioner", visit);
        product.Time.Move(PendingLaunches.Lifetime + TimeSpan.FromSeconds(1));
        var trail = await browser.Follow(late);
        Assert.Equal("error: launch-expired", trail.Outcome());
        Assert.Equal($"/launch?iss={Uri.EscapeDataString($"{product.Ehr}fhir")}", Again(trail).PathAndQuery);
        var standalone = await browser.Follow(Again(trail));
        Assert.Equal("/oauth/authorize", standalone.End().AbsolutePath);
    }

    [Fact]
    public async Task A_frame_that_keeps_no_cookies_is_told_apart_from_another_browser()
    {
        await product.Faults();
        var visit = await product.BookInEhr("No cookies", patient: "MRN-1004");
        var answer = await new Browser(product).AsFarAsTheAnswer("practitioner", visit);
        using var request = new HttpRequestMessage(HttpMethod.Get, answer);
        request.Headers.Add("Sec-Fetch-Dest", "iframe");
        var framed = await product.Stranger().SendAsync(request);
        Assert.StartsWith("/launch/error?code=cookies-blocked&", framed.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains("target=\"_blank\"", await Text(framed.Headers.Location.OriginalString), StringComparison.Ordinal);
        Assert.Equal("error: other-browser", (await new Browser(product).Follow(answer)).Outcome());
    }

    [Fact]
    public async Task Somebody_removed_is_given_no_new_place()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Removed again", patient: "MRN-1005");
        var trail = await new Browser(product).Launch("patient", visit);
        await product.Sql($"update collab.participant set state = 'Removed' where id = (select participant from auth.visit_session where id = '{trail.Session()}')");
        Assert.Equal("error: seat-refused", (await new Browser(product).Launch("patient", visit)).Outcome());
    }

    [Fact]
    public async Task A_launch_about_nobody_says_whom_to_open_first()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Nobody", patient: "MRN-1006");
        await product.Faults("noPatient", "noEncounter", "noAppointmentContext");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("no-visit: no-patient", trail.Outcome());
        Assert.Contains("Open the patient", trail[^1].Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reference_on_the_page_is_the_one_in_the_log_and_the_log_holds_nothing_of_the_person()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Logged", patient: "MRN-1001");
        await product.Faults("wrongNonce");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        var reference = Regex.Match(trail.End().Query, "ref=([A-Za-z0-9_-]+)").Groups[1].Value;
        Assert.Contains($">{reference}</dd>", trail[^1].Page, StringComparison.Ordinal);
        Assert.Contains($"data-copy=\"id-token-invalid {reference}\"", trail[^1].Page, StringComparison.Ordinal);
        var line = Assert.Single(product.Log.Lines, l => l.Contains(reference, StringComparison.Ordinal));
        Assert.Contains("id-token-invalid", line, StringComparison.Ordinal);
        Assert.DoesNotContain(product.Log.Lines, l => l.Contains("BARLOW", StringComparison.OrdinalIgnoreCase) || l.Contains("MRN-", StringComparison.Ordinal) || l.Contains("eyJ", StringComparison.Ordinal));
    }

    private Uri Again(List<Step> trail)
    {
        var link = Regex.Match(trail[^1].Page, "<a class=\"button primary\" href=\"([^\"]+)\">Start again");
        Assert.True(link.Success, trail[^1].Page);
        return new Uri(product.Url, WebUtility.HtmlDecode(link.Groups[1].Value));
    }

    private async Task<string> Text(string path) => await product.Stranger().GetStringAsync(path);

    private static string Sentences(string page) => string.Join('|', Regex.Matches(page, "<p>(?:<strong>)?([^<]+)").Select(m => m.Groups[1].Value.Trim()));

    private static string Home()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "HealthTeams.Fhir.sln"))) at = Path.GetDirectoryName(at)!;
        return at;
    }
}
