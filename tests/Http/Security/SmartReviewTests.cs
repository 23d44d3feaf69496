using System.Net;
using System.Text;
using System.Web;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.Tests.Launch;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Security;

/// <summary>What hostile apps, EHRs and providers send where nobody looks twice.</summary>
public sealed class SmartReviewTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>
{
    [Theory, Trait("Row", "SMART-S4")]
    [InlineData("token", "grant_type=client_credentials&client_id=a%00b&client_secret=x")]
    [InlineData("token", "grant_type=authorization_code&code=a%00b&client_id=x")]
    [InlineData("token", "grant_type=refresh_token&refresh_token=a%00b")]
    [InlineData("introspect", "token=a%00b&client_id=a&client_secret=x")]
    [InlineData("revoke", "token=a%00b&client_id=a&client_secret=x")]
    [InlineData("authorize", "client_id=a%00b&response_type=code")]
    public async Task A_form_with_a_character_that_no_text_has_is_refused_and_breaks_nothing(string endpoint, string form)
    {
        var answer = await product.Stranger().PostAsync($"/auth/{endpoint}", new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    /// <summary>Half a character and U+0000 are JSON, and no text: a reader meets them as exceptions, the database as an error.</summary>
    [Theory, Trait("Row", "SMART-A24")]
    [InlineData("discovery", "error: discovery-failed")]
    [InlineData("token", "error: token-refused")]
    [InlineData("id_token", "error: id-token-invalid")]
    [InlineData("chart", "error: chart-unreadable")]
    public async Task Text_of_an_EHR_that_is_no_text_ends_in_an_error_page(string where, string outcome)
    {
        foreach (var junk in new[] { "\\ud800", "\\u0000" })
        {
            await using var rogue = await RogueEhr.Start(product);
            rogue.Discovery();
            rogue.Says["/issuer/.well-known/openid-configuration"] = new Dictionary<string, object> { ["issuer"] = $"{rogue.Url}issuer", ["jwks_uri"] = $"{rogue.Url}jwks" };
            rogue.Says["/jwks"] = new { keys = new[] { RogueKey.Public } };
            if (where == "discovery") rogue.Says["/fhir/.well-known/smart-configuration"] = Encoding.UTF8.GetBytes($$"""{"authorization_endpoint":"{{rogue.Url}}a{{junk}}","token_endpoint":"{{rogue.Url}}token"}""");
            if (where == "chart") rogue.Says["/fhir/Patient/p1"] = Encoding.UTF8.GetBytes($$"""{"resourceType":"Patient","id":"p1","name":[{"family":"{{junk}}" } ] }""");
            if (where == "chart") rogue.Says["/fhir/Encounter/e1"] = Encoding.UTF8.GetBytes($$"""{"resourceType":"Encounter","id":"e1","status":"{{junk}}","subject":{"reference":"Patient/p1" } }""");
            var browser = new Browser(product);
            var start = await browser.Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString($"{rogue.Url}fhir")}&launch=x"), until: at => at.AbsolutePath == "/authorize");
            if (where == "discovery")
            {
                Assert.Equal(outcome, start.Outcome());
                continue;
            }
            var asked = HttpUtility.ParseQueryString(start[^1].Next!.Query);
            var idToken = RogueKey.IdToken($"{rogue.Url}issuer", asked["nonce"]!, "Practitioner/1", product.Time.GetUtcNow(), sub: where == "id_token" ? "a\0b" : "rogue");
            rogue.Says["/token"] = Encoding.UTF8.GetBytes($$"""{"access_token":"a","token_type":"bearer","scope":"openid patient/*.rs","patient":"p1","encounter":"e1","intent":"{{(where == "token" ? junk : "")}}","id_token":"{{idToken}}"}""");
            Assert.Equal(outcome, (await browser.Follow(new Uri(product.Url, $"/launch/callback?code=c&state={asked["state"]}"))).Outcome());
        }
    }

    /// <summary>OpenID Connect Core 5.7: an address that the provider did not verify is what its owner typed.</summary>
    [Theory]
    [InlineData(null, "/auth/sign-in/join")]
    [InlineData(false, "/auth/sign-in/join")]
    [InlineData(true, "/visits")]
    public async Task An_e_mail_address_opens_an_account_only_where_the_provider_verified_it(bool? verified, string end)
    {
        var name = $"fleming{verified}".ToLowerInvariant();
        await product.Staff(name, "Fleming");
        await using var rogue = await RogueEhr.Start(product);
        rogue.Says["/issuer/.well-known/openid-configuration"] = new Dictionary<string, object>
        {
            ["issuer"] = $"{rogue.Url}issuer", ["jwks_uri"] = $"{rogue.Url}jwks", ["authorization_endpoint"] = $"{rogue.Url}authorize", ["token_endpoint"] = $"{rogue.Url}token",
        };
        rogue.Says["/jwks"] = new { keys = new[] { RogueKey.Public } };
        var providers = product.App.Services.GetRequiredService<IdentityProviders>();
        var added = await providers.Add(new IdentityProviderToAdd(1, "Open to everybody", $"{rogue.Url}issuer", "healthteams", "public") { UsernameClaim = "email", UsernameDomain = "hospital.example" }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        await TestProduct.Until(async () => (await providers.Offers("demo", default)).Any(o => o.Id == added.Value.Id), "the provider is offered");

        var browser = new Browser(product);
        var asked = HttpUtility.ParseQueryString((await browser.Follow(new Uri(product.Url, $"/auth/provider/{added.Value.Id}"), until: at => at.AbsolutePath == "/authorize"))[^1].Next!.Query);
        var more = new Dictionary<string, object> { ["email"] = $"{name}@hospital.example" };
        if (verified is { } said) more["email_verified"] = said;
        rogue.Says["/token"] = new Dictionary<string, object>
        {
            ["access_token"] = "a", ["token_type"] = "bearer", ["id_token"] = RogueKey.IdToken($"{rogue.Url}issuer", asked["nonce"]!, "none", product.Time.GetUtcNow(), more: more),
        };
        Assert.Equal(end, (await browser.Follow(new Uri(product.Url, $"/auth/provider/callback?code=c&state={asked["state"]}"))).End().AbsolutePath);
    }
}
