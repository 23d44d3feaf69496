using System.Net;
using System.Text.Json;
using System.Web;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>Who means ill gets nothing: not a room, not an address inside, not a word of theirs on our pages.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class AttackTests(ProductWithEhr product)
{
    private const string Script = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

    [Theory, Trait("Row", "SMART-A6")]
    [InlineData("")]
    [InlineData("state=")]
    [InlineData("state=x")]
    [InlineData("state=abcdefgh.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("state=abcdefgh.x&state=abcdefgh.y")]
    [InlineData("state=%00%00%00%00%00%00%00%00.x")]
    public async Task A_forged_or_missing_state_is_nobody_s(string state)
    {
        var browser = new Browser(product);
        Assert.Equal("error: state-unknown", (await browser.Follow(new Uri(product.Url, $"/launch/callback?code=x&{state}"))).Outcome());
        Assert.Equal("", browser.Cookies.Header);
    }

    [Fact, Trait("Row", "SMART-A6")]
    public async Task Many_guesses_at_a_state_neither_hit_nor_spoil_the_launch_that_waits()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Guesses", patient: "MRN-1002");
        var browser = new Browser(product);
        var answer = await browser.AsFarAsTheAnswer("practitioner", visit);
        var name = HttpUtility.ParseQueryString(answer.Query)["state"]![..8];
        var guesses = await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
            (await browser.Http.GetAsync(new Uri(product.Url, $"/launch/callback?code=x&state={name}.{n:D43}"))).Headers.Location!.OriginalString));
        Assert.All(guesses, g => Assert.StartsWith("/launch/error?code=state-unknown&", g, StringComparison.Ordinal));
        var windows = await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
            (await browser.Http.GetAsync(new Uri(product.Url, $"/room/window/{n:D43}"))).Headers.Location!.OriginalString));
        Assert.All(windows, w => Assert.StartsWith("/launch/error?code=", w, StringComparison.Ordinal));
        Assert.Equal("room", (await browser.Follow(answer)).Outcome());
    }

    [Fact, Trait("Row", "SMART-A25")]
    public async Task A_stolen_code_is_worth_nothing_in_another_launch_of_the_same_browser()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Stolen code", patient: "MRN-1003");
        var browser = new Browser(product);
        var (stolen, mine) = (await browser.AsFarAsTheAnswer("practitioner", visit), await browser.AsFarAsTheAnswer("practitioner", visit));
        var mixed = new Uri(product.Url, $"/launch/callback?code={HttpUtility.ParseQueryString(stolen.Query)["code"]}&state={HttpUtility.ParseQueryString(mine.Query)["state"]}");
        Assert.Equal("error: token-refused", (await browser.Follow(mixed)).Outcome());
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.launch where used_at is not null and length(secrets) > 0"));
    }

    [Fact, Trait("Row", "SMART-A25")]
    public async Task An_attacker_s_answer_opened_by_somebody_else_signs_nobody_in()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Login CSRF", patient: "MRN-1006");
        var answer = await new Browser(product).AsFarAsTheAnswer("patient", visit);
        var victim = new Browser(product);
        Assert.Equal("error: other-browser", (await victim.Follow(answer)).Outcome());
        Assert.Equal("", victim.Cookies.Header);
    }

    [Fact, Trait("Row", "SMART-A25")]
    public async Task Cookies_planted_before_a_launch_become_nobody_s_session()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Fixation", patient: "MRN-1007");
        var attacker = await new Browser(product).Launch("practitioner", visit);
        var victim = new Browser(product);
        victim.Cookies.Plant("__Host-ht-seat-" + new string('A', 16), "planted");
        victim.Cookies.Plant("__Host-ht-seat-" + attacker.Session(), "planted");
        var answer = await victim.AsFarAsTheAnswer("practitioner", visit);
        var state = HttpUtility.ParseQueryString(answer.Query)["state"]!;
        victim.Cookies.Plant("__Host-ht-launch-" + new string('B', 8), "planted");
        var trail = await victim.Follow(answer);
        Assert.Equal("room", trail.Outcome());
        Assert.DoesNotContain(trail.Session(), (string[])[new string('A', 16), attacker.Session(), state[..8]]);
        Assert.Equal(HttpStatusCode.Unauthorized, (await victim.Http.GetAsync(attacker.End())).StatusCode);
        // A cookie planted for the launch itself is not the one the launch was bound to.
        var other = await victim.AsFarAsTheAnswer("practitioner", visit);
        victim.Cookies.Plant("__Host-ht-launch-" + HttpUtility.ParseQueryString(other.Query)["state"]![..8], "planted");
        Assert.Equal("error: other-browser", (await victim.Follow(other)).Outcome());
    }

    [Fact, Trait("Row", "SMART-A24")]
    public async Task Nothing_in_an_address_sends_the_browser_elsewhere()
    {
        var iss = Uri.EscapeDataString($"{product.Ehr}fhir");
        foreach (var query in (string[])[$"/launch?iss={iss}&launch=x", "/launch?iss=https%3A%2F%2Fevil.example%2Ffhir&launch=x", "/launch/callback?state=x&code=y", "/launch/callback?state=x&error=y"])
        {
            var trail = await new Browser(product).Follow(new Uri(product.Url, $"{query}&redirect_uri=https://evil.example&returnUrl=//evil.example&error_uri=https://evil.example&next=https://evil.example"), until: at => at.Port == product.Ehr.Port);
            Assert.All(trail.Select(s => s.Next).OfType<Uri>(), next => Assert.Contains(next.Port, (int[])[product.Url.Port, product.Ehr.Port]));
        }
    }

    [Fact, Trait("Row", "SMART-A24")]
    public async Task What_is_written_into_an_address_or_said_by_an_EHR_never_runs_on_our_pages()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Script", patient: "MRN-1008");
        var evil = Uri.EscapeDataString(Script);
        foreach (var path in (string[])
        [
            $"/launch?iss={evil}&launch={evil}", $"/launch?iss={Uri.EscapeDataString($"{product.Ehr}fhir")}{evil}", $"/launch/callback?state={evil}&code={evil}", $"/launch/callback?error={evil}&error_description={evil}&state=abcdefgh.x",
            $"/launch/error?code={evil}&ref={evil}&start={evil}", $"/launch/no-visit?code={evil}&ref={evil}&start={evil}", $"/launch/choose/{evil}", $"/room/{evil}", $"/room/window/{evil}",
        ])
        {
            var trail = await new Browser(product).Follow(new Uri(product.Url, path), until: at => at.Port == product.Ehr.Port);
            Assert.All(trail, s => Assert.DoesNotContain("<script>alert", s.Page, StringComparison.Ordinal));
            Assert.All(trail, s => Assert.DoesNotContain("<img src=x", s.Page, StringComparison.Ordinal));
        }
        // The EHR's own words are shown, as text.
        await product.Faults(new Dictionary<string, object?> { ["authorizeError"] = "server_error" });
        var refused = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("error: ehr-refused", refused.Outcome());
        Assert.Contains("server_error: &lt;img src=x onerror=alert(1)&gt;The EHR", refused[^1].Page, StringComparison.Ordinal);
        Assert.DoesNotContain("The EHR's own words", refused.End().AbsoluteUri, StringComparison.Ordinal);
        // And only to whom an EHR said them: anybody else's address shows nothing of it.
        Assert.DoesNotContain("server_error", (await new Browser(product).Follow(new Uri(product.Url, "/launch/callback?state=abcdefgh.x&error=server_error&error_description=evil")))[^1].Page, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-A26")]
    public async Task Tokens_in_an_address_are_not_taken()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Implicit", patient: "MRN-1009");
        var browser = new Browser(product);
        var state = HttpUtility.ParseQueryString((await browser.AsFarAsTheAnswer("practitioner", visit)).Query)["state"];
        var trail = await browser.Follow(new Uri(product.Url, $"/launch/callback?state={state}&access_token=abc&id_token=eyJhbGciOiJub25lIn0.e30.&token_type=bearer&patient=1"));
        Assert.Equal("error: ehr-refused", trail.Outcome());
        Assert.DoesNotContain("access_token", trail.End().AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-A27")]
    public async Task Only_a_registered_EHR_may_frame_a_launch_and_nobody_the_staff_s_pages()
    {
        async Task<string> Ancestors(string path)
        {
            var policy = (await product.Stranger().GetAsync(path)).Headers.GetValues("Content-Security-Policy").Single();
            return policy[policy.IndexOf("frame-ancestors", StringComparison.Ordinal)..];
        }
        foreach (var path in (string[])["/launch/error?code=iss-unknown", "/launch/no-visit", "/room/AAAAAAAAAAAAAAAA"])
        {
            var ancestors = await Ancestors(path);
            Assert.Contains(product.Ehr.GetLeftPart(UriPartial.Authority), ancestors, StringComparison.Ordinal);
            Assert.DoesNotContain("*", ancestors, StringComparison.Ordinal);
            Assert.DoesNotContain("https:;", ancestors, StringComparison.Ordinal);
        }
        Assert.Equal("frame-ancestors 'none'", await Ancestors("/auth/sign-in"));
        Assert.Equal("frame-ancestors 'none'", await Ancestors("/visits"));
    }

    [Theory]
    [Trait("Row", "SMART-A3")]
    [Trait("Row", "SMART-A4")]
    [InlineData("token_endpoint")]
    [InlineData("token redirect")]
    [InlineData("jwks_uri")]
    [InlineData("issuer")]
    [InlineData("smart_style_url")]
    [InlineData("fhirUser")]
    public async Task No_address_that_an_EHR_names_leads_us_inside(string way)
    {
        await product.Faults();
        using var trap = new Trap();
        await using var rogue = await RogueEhr.Start(product);
        rogue.Discovery(
            token: way == "token_endpoint" ? trap.Url + "token" : null, jwks: way == "jwks_uri" ? trap.Url + "jwks" : null, issuer: way == "issuer" ? trap.Url + "issuer" : null);
        rogue.Says["/issuer/.well-known/openid-configuration"] = new Dictionary<string, object> { ["issuer"] = $"{rogue.Url}issuer", ["jwks_uri"] = way == "jwks_uri" ? trap.Url + "jwks" : $"{rogue.Url}jwks" };
        rogue.Says["/jwks"] = new { keys = new[] { RogueKey.Public } };
        var browser = new Browser(product);
        var start = await browser.Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString($"{rogue.Url}fhir")}&launch=x"), until: at => at.AbsolutePath == "/authorize");
        var asked = HttpUtility.ParseQueryString(start[^1].Next!.Query);
        rogue.Says["/token"] = way == "token redirect" ? new Uri(trap.Url + "token") : new Dictionary<string, object>
        {
            ["access_token"] = "a", ["token_type"] = "bearer", ["patient"] = "p1", ["smart_style_url"] = way == "smart_style_url" ? trap.Url + "style.json" : $"{rogue.Url}style.json",
            ["id_token"] = RogueKey.IdToken(way == "issuer" ? trap.Url + "issuer" : $"{rogue.Url}issuer", asked["nonce"]!, way == "fhirUser" ? trap.Url + "fhir/Practitioner/1" : "Practitioner/1", product.Time.GetUtcNow()),
        };
        var trail = await browser.Follow(new Uri(product.Url, $"/launch/callback?code=c&state={asked["state"]}"));
        Assert.Equal(way switch
        {
            "token_endpoint" => "error: ehr-unreachable",
            "token redirect" => "error: token-refused",
            "jwks_uri" => "error: ehr-unreachable",
            "issuer" => "error: id-token-invalid",
            "fhirUser" => "error: user-unknown",
            _ => "no-visit: no-visit",
        }, trail.Outcome());
        Assert.False(trap.Sprung, "the inside was reached");
    }

    [Fact, Trait("Row", "SMART-A3")]
    public async Task A_name_that_comes_to_mean_an_inside_address_is_not_followed_there()
    {
        await using var rogue = await RogueEhr.Start(product);
        rogue.Discovery();
        // Registered when its name meant a public address; now it means this machine.
        await product.Sql($"update platform.outbound_host set private_ranges = false where origin = '{rogue.Url.GetLeftPart(UriPartial.Authority)}'");
        var trail = await new Browser(product).Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString($"{rogue.Url}fhir")}&launch=x"));
        Assert.Equal("error: ehr-unreachable", trail.Outcome());
        Assert.Empty(rogue.Asked);
    }

    [Fact, Trait("Row", "SMART-A18")]
    public async Task One_EHR_cannot_sign_as_another_s_issuer()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Two issuers", patient: "MRN-1010");
        var known = await new Browser(product).Launch("practitioner", visit);
        var sub = await product.Ask<string>($"select i.sub from auth.ehr_identity i join auth.visit_session s on s.person = i.person where s.id = '{known.Session()}'");
        // A second registered EHR names the first one's issuer as its own, with keys of its own.
        await using var rogue = await RogueEhr.Start(product);
        rogue.Discovery(issuer: $"{product.Ehr}oauth");
        rogue.Says["/jwks"] = new { keys = new[] { RogueKey.Public } };
        var browser = new Browser(product);
        var start = await browser.Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString($"{rogue.Url}fhir")}&launch=x"), until: at => at.AbsolutePath == "/authorize");
        var asked = HttpUtility.ParseQueryString(start[^1].Next!.Query);
        rogue.Says["/token"] = new Dictionary<string, object>
        {
            ["access_token"] = "a", ["token_type"] = "bearer", ["patient"] = "p1",
            ["id_token"] = RogueKey.IdToken($"{product.Ehr}oauth", asked["nonce"]!, "Practitioner/1", product.Time.GetUtcNow(), sub!),
        };
        Assert.Equal("error: id-token-invalid", (await browser.Follow(new Uri(product.Url, $"/launch/callback?code=c&state={asked["state"]}"))).Outcome());
    }
}
