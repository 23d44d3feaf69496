using System.Net;
using Xunit;

namespace HealthTeams.Tests.Tokens;

[Collection("tokens")]
public sealed class AuthorizeTests(ProductWithApps product)
{
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
        var page = await browser.PostAsync("/auth/authorize", new FormUrlEncodedContent(app.Request("openid fhirUser user/Patient.rs")));
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
}

[CollectionDefinition("tokens")]
public sealed class TokensCollection : ICollectionFixture<ProductWithApps>;
