using System.Net;
using HealthTeams.SmartLauncher.Clients;
using Xunit;

namespace HealthTeams.Tests.Tokens;

[CollectionDefinition("tokens")]
public sealed class TokensCollection : ICollectionFixture<ProductWithApps>;

/// <summary>Rows S2 and the attacks on it: who gets a code, where it goes, and what the user was asked.</summary>
[Collection("tokens")]
public sealed class AuthorizeTests(ProductWithApps product)
{
    private const string Scope = "openid fhirUser user/Patient.rs";

    [Fact, Trait("Row", "SMART-S2")]
    public async Task An_app_that_asks_by_GET_comes_back_with_a_code_its_state_and_our_name()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var back = SmartApp.Returned(await app.Through(browser, await app.Open(browser, SmartApp.Usual), product.Visit.Patient));
        Assert.Equal(app.State, back["state"]);
        Assert.NotEmpty(back["code"]);
        // RFC 9207: an app that talks to several servers sees which of them answered.
        Assert.Equal($"{product.Url.AbsoluteUri}auth", back["iss"]);
        Assert.False(back.ContainsKey("error"));
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task An_app_may_ask_by_POST_and_the_session_of_the_browser_counts()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var page = await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(app.Request(Scope)));
        Assert.NotEmpty(SmartApp.Returned(await app.Through(browser, page))["code"]);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task A_POST_from_another_site_brings_no_cookie_and_goes_on_as_an_address()
    {
        var app = product.Smart();
        var answer = await product.Stranger().PostAsync("/auth/authorize", new FormUrlEncodedContent(app.Request("openid")));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.StartsWith("/auth/authorize?", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        var asked = await product.Stranger().GetAsync(answer.Headers.Location);
        Assert.StartsWith("/auth/sign-in?returnUrl=", asked.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Theory, Trait("Row", "SMART-S2")] // g10 smart_app_launch_invalid_aud
    [InlineData(null, null, false)]
    [InlineData("https://evil.example/fhir", null, false)]
    [InlineData("FHIR", "https://evil.example/fhir", false)]
    [InlineData("FHIR/metadata", null, false)]
    [InlineData("FHIR", null, true)]
    [InlineData("FHIR/", null, true)]
    [InlineData(null, "FHIR", true)]
    public async Task Only_a_request_for_our_own_FHIR_base_gets_a_code(string? aud, string? resource, bool right)
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        string? Meant(string? text) => text?.Replace("FHIR", app.Fhir, StringComparison.Ordinal);
        var back = SmartApp.Returned(await app.Through(browser, await app.Open(browser, Scope, ("aud", Meant(aud)), ("resource", Meant(resource)))));
        Assert.Equal(right, back.ContainsKey("code"));
        Assert.Equal(app.State, back["state"]);
        if (!right) Assert.Equal("invalid_request", back["error"]);
    }

    [Theory, Trait("Row", "SMART-S2")]
    [InlineData("https://evil.example/callback")]
    [InlineData("https://app.example/callback/")]
    [InlineData("https://app.example/callback?x=1")]
    [InlineData("https://app.example/callback#x")]
    [InlineData("https://app.example/CALLBACK")]
    [InlineData("https://app.example:8443/callback")]
    [InlineData("https://app.example/callback/../evil")]
    [InlineData("https://app.example%2f@evil.example/callback")]
    [InlineData("https://app.example@evil.example/callback")]
    [InlineData("http://app.example/callback")]
    [InlineData("//app.example/callback")]
    [InlineData("javascript:alert(1)")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_redirect_address_that_is_not_the_registered_one_letter_by_letter_is_never_followed(string? redirect)
    {
        var browser = await product.SignedIn("curie");
        var answer = await product.Smart().Open(browser, Scope, ("redirect_uri", redirect));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Null(answer.Headers.Location);
        Assert.Contains("data-authorize=\"error\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task What_a_request_carries_is_shown_as_text_and_never_run()
    {
        const string attack = "\"><script>alert(1)</script>";
        await product.Register(new ClientToAdd("odd-name", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect], Name = "<img src=x onerror=alert(1)>" });
        var browser = await product.SignedIn("curie");
        foreach (var (client, change) in new (string, (string, string?)[])[]
        {
            ("odd-name", [("state", attack), ("nonce", attack)]), ("app", [("redirect_uri", attack)]), ("app", [("client_id", attack)]), ("app", [("response_type", attack)]),
        })
        {
            var answer = await product.Smart(client).Open(browser, Scope + " user/Patient.rs?name=" + Uri.EscapeDataString(attack), change);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
            var policy = answer.Headers.TryGetValues("Content-Security-Policy", out var said) ? said.Single() : "";
            Assert.DoesNotContain("unsafe-inline", policy, StringComparison.Ordinal);
        }
    }

    [Theory, Trait("Row", "SMART-S2")]
    [InlineData("token")]
    [InlineData("id_token")]
    [InlineData("code token")]
    [InlineData("code id_token")]
    public async Task Only_codes_are_given_to_browsers(string type)
    {
        var browser = await product.SignedIn("curie");
        var answer = await product.Smart().Open(browser, Scope, ("response_type", type), ("nonce", "n"));
        Assert.DoesNotContain("access_token", answer.Headers.Location?.ToString() ?? "", StringComparison.Ordinal);
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest || SmartApp.Returned(answer)["error"] is "unsupported_response_type" or "unauthorized_client" or "invalid_request");
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task The_user_who_says_no_sends_the_app_back_without_a_code()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var back = SmartApp.Returned(await app.Through(browser, await app.Open(browser, Scope), decision: "deny"));
        Assert.Equal("access_denied", back["error"]);
        Assert.False(back.ContainsKey("code"));
        Assert.True(await product.Ask<long>("select count(*) from platform.event where kind = 'app.denied' and subject = 'client/app'") > 0);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task Consent_names_the_scopes_in_words_and_is_never_framed()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var page = await app.Open(browser, "openid fhirUser user/Observation.rs user/Appointment.cud offline_access");
        var html = await page.Content.ReadAsStringAsync();
        foreach (var said in new[] { "Allow Growth chart to act for you?", "measurements and results", "Add, Change, Delete: appointments", "Of every patient you can open here", "Keep access after you have left" })
        {
            Assert.Contains(said, html, StringComparison.Ordinal);
        }
        Assert.Contains("<button class=\"button primary\" name=\"decision\" value=\"approve\">", html, StringComparison.Ordinal);
        Assert.Contains("value=\"deny\"", html, StringComparison.Ordinal);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("form-action 'self' https://app.example;", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", (await product.Stranger().GetAsync("/auth/sign-in")).Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.True(page.Headers.CacheControl!.NoStore);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task A_consent_that_our_page_did_not_ask_for_is_none()
    {
        var app = product.Smart();
        var (curie, osler) = (await product.SignedIn("curie"), await product.SignedIn("osler"));
        var form = app.Request(Scope);
        form["decision"] = "approve";
        form["grant-0"] = form["grant-1"] = form["grant-2"] = "1";
        // Without our page's mark it is a request like any other: the page is shown.
        var asked = await curie.PostAsync("/auth/authorize", new FormUrlEncodedContent(form));
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        form["genuine"] = "CfDJ8made-up";
        Assert.Equal("access_denied", SmartApp.Returned(await curie.PostAsync("/auth/authorize", new FormUrlEncodedContent(form)))["error"]);

        // Somebody else's, another app's, and one for less do not count either.
        form["genuine"] = SmartApp.Fields(await (await app.Open(osler, Scope)).Content.ReadAsStringAsync())["genuine"];
        Assert.Equal("access_denied", SmartApp.Returned(await curie.PostAsync("/auth/authorize", new FormUrlEncodedContent(form)))["error"]);
        form["genuine"] = SmartApp.Fields(await (await product.Smart("confidential").Open(curie, Scope)).Content.ReadAsStringAsync())["genuine"];
        Assert.Equal("access_denied", SmartApp.Returned(await curie.PostAsync("/auth/authorize", new FormUrlEncodedContent(form)))["error"]);
        form["genuine"] = SmartApp.Fields(await (await app.Open(curie, "openid")).Content.ReadAsStringAsync())["genuine"];
        Assert.Equal("access_denied", SmartApp.Returned(await curie.PostAsync("/auth/authorize", new FormUrlEncodedContent(form)))["error"]);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task Nothing_is_remembered_silently_the_next_time_asks_again()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        await app.Code(browser, Scope);
        Assert.Contains("data-authorize=\"consent\"", await (await app.Open(browser, Scope)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("consent_required", SmartApp.Returned(await app.Open(browser, Scope, ("prompt", "none")))["error"]);
        Assert.Equal("login_required", SmartApp.Returned(await app.Open(product.Device(), Scope, ("prompt", "none")))["error"]);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task A_hospital_knows_its_own_apps_only()
    {
        var app = product.Smart();
        var foreigner = await product.SignedIn("blackwell");
        Assert.Equal("access_denied", SmartApp.Returned(await app.Open(foreigner, Scope))["error"]);
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task A_code_lives_a_minute_and_once_and_using_it_twice_takes_back_what_it_gave()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var late = await app.Code(browser, Scope);
        product.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("invalid_grant", await (await app.Exchange(late)).Refused(HttpStatusCode.BadRequest));

        var code = await app.Code(browser, "openid user/Patient.rs offline_access");
        var tokens = await (await app.Exchange(code)).Body();
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("invalid_grant", await (await app.Exchange(code)).Refused(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("invalid_grant", await (await app.Refresh(tokens.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
    }

    [Fact, Trait("Row", "SMART-S2")]
    public async Task Another_clients_code_is_worth_nothing_and_neither_is_another_redirect_address()
    {
        var browser = await product.SignedIn("curie");
        var app = product.Smart();
        var other = product.Smart("confidential", ProductWithApps.Secret);
        other.Verifier = app.Verifier;
        Assert.Equal("invalid_grant", await (await other.Exchange(await app.Code(browser, Scope))).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("invalid_grant", await (await app.Exchange(await app.Code(browser, Scope), ("redirect_uri", "https://evil.example/callback"))).Refused(HttpStatusCode.BadRequest));
    }

    [Fact, Trait("Row", "SMART-S7")]
    public async Task Prompt_login_and_max_age_ask_for_the_password_again()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("curie");
        var asked = await app.Open(browser, Scope, ("prompt", "login"));
        Assert.StartsWith("/auth/sign-in?", asked.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("prompt", asked.Headers.Location.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await app.Open(browser, Scope, ("max_age", "600"))).StatusCode);
        product.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.StartsWith("/auth/sign-in?", (await app.Open(browser, Scope, ("max_age", "600"))).Headers.Location!.ToString(), StringComparison.Ordinal);
        // Not a page where the app said that none may be shown.
        Assert.Equal("login_required", SmartApp.Returned(await app.Open(browser, Scope, ("max_age", "600"), ("prompt", "none")))["error"]);
    }

    [Fact, Trait("Row", "SMART-S7")]
    public async Task An_app_that_wants_a_fresh_sign_in_gets_one_and_not_an_endless_row_of_them()
    {
        var app = product.Smart();
        foreach (var browser in new[] { await product.SignedIn("curie"), product.Device() })
        {
            product.Clock.Advance(TimeSpan.FromSeconds(2));
            var asked = (await app.Open(browser, Scope, ("max_age", "0"))).Headers.Location!.ToString();
            var back = System.Web.HttpUtility.ParseQueryString(asked[asked.IndexOf('?', StringComparison.Ordinal)..])["returnUrl"]!;
            await product.SignIn(browser, "curie");
            product.Clock.Advance(TimeSpan.FromSeconds(2));
            Assert.Contains("data-authorize=\"consent\"", await browser.GetStringAsync(back), StringComparison.Ordinal);
        }
    }
}
