using System.Net;
using System.Text.RegularExpressions;
using System.Web;
using HealthTeams.SmartLauncher.Staff;
using HealthTeams.Tests.Launch;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.SignIn;

/// <summary>Staff with the hospital's own accounts; the simulator plays the provider.</summary>
public sealed partial class ProviderSignInTests(ProductWithEhr product) : IClassFixture<ProductWithEhr>, IAsyncLifetime
{
    private IdentityProviders Providers => product.App.Services.GetRequiredService<IdentityProviders>();
    private string Issuer => $"{product.Ehr}accounts";

    public async Task InitializeAsync()
    {
        await product.Faults();
        await product.Sql("delete from auth.staff_identity; delete from auth.credential");
    }

    public Task DisposeAsync() => product.Faults();

    [Fact]
    public async Task An_account_whose_user_name_is_known_here_opens_a_session()
    {
        var curie = await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        var end = await SignIn(browser, "Marie Curie");
        Assert.Equal("/visits", end.End().AbsolutePath);
        Assert.Contains("Curie", end[^1].Page, StringComparison.Ordinal);
        Assert.Equal(curie, await product.Ask<Guid>("select person from auth.staff_identity"));
        Assert.True(await product.Ask<bool>($"select exists (select from platform.event where kind = 'staff.account-joined' and subject = 'person/{curie}')"));
        // No code, no state and no token in any address that is ours to choose.
        Assert.All(end.Where(s => s.At.Port == product.Url.Port && s.At.AbsolutePath != "/auth/provider/callback"), s => Assert.DoesNotContain("code=", s.At.Query, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_account_nobody_joined_is_joined_once_with_our_password_and_then_is_enough()
    {
        var osler = await product.Staff("osler", "Osler");
        var browser = await Registered(null);
        var there = await SignIn(browser, "William Osler");
        Assert.Equal("/auth/sign-in/join", there.End().AbsolutePath);
        Assert.Contains("William Osler", there[^1].Page, StringComparison.Ordinal);

        var wrong = await Post(browser, there[^1], new() { ["username"] = "osler", ["password"] = "guess" });
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        var joined = await Post(browser, there[^1], new() { ["username"] = "osler", ["password"] = TestProduct.Password });
        Assert.Equal(HttpStatusCode.SeeOther, joined.StatusCode);
        Assert.Equal(osler, await product.Ask<Guid>("select person from auth.staff_identity"));

        Assert.Equal("/visits", (await SignIn(new Browser(product), "William Osler")).End().AbsolutePath);
    }

    [Fact]
    public async Task Two_accounts_never_become_one_person()
    {
        await product.Staff("osler", "Osler");
        var browser = await Registered(null);
        await Post(browser, (await SignIn(browser, "William Osler"))[^1], new() { ["username"] = "osler", ["password"] = TestProduct.Password });
        // Curie's account tries to join Osler, whose password somebody wrote on a note.
        var other = new Browser(product);
        var refused = await Post(other, (await SignIn(other, "Marie Curie"))[^1], new() { ["username"] = "osler", ["password"] = TestProduct.Password });
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(1, await product.Ask<long>("select count(*) from auth.staff_identity"));
        Assert.NotEqual(HttpStatusCode.OK, (await Get(other, "/visits")).StatusCode);
    }

    [Fact]
    public async Task An_account_of_one_hospital_joins_nobody_of_another()
    {
        await product.Staff("blackwell", "Blackwell", "north");
        await product.Staff("curie", "Curie", "north");
        var browser = await Registered("preferred_username");
        var there = await SignIn(browser, "Marie Curie");
        // A user name of that kind exists at North only: no match, and the join page takes nobody from there.
        Assert.Equal("/auth/sign-in/join", there.End().AbsolutePath);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Post(browser, there[^1], new() { ["username"] = "blackwell@north", ["password"] = TestProduct.Password })).StatusCode);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.staff_identity"));
    }

    [Theory]
    [InlineData("badIdTokenSignature", "provider-answer")]
    [InlineData("wrongNonce", "provider-answer")]
    [InlineData("wrongIssuer", "provider-answer")]
    [InlineData("expiredIdToken", "provider-answer")]
    [InlineData("noIdToken", "provider-answer")]
    [InlineData("denyAccess", "provider-refused")]
    public async Task A_provider_that_misbehaves_opens_nothing_and_the_page_says_why(string fault, string code)
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        await product.Faults(fault);
        var end = await SignIn(browser, "Marie Curie");
        Assert.Equal(("/auth/sign-in", code), (end.End().AbsolutePath, HttpUtility.ParseQueryString(end.End().Query)["problem"]));
        Assert.Contains("Reference", end[^1].Page, StringComparison.Ordinal);
        Assert.Contains("Your hospital’s sign-in", WebUtility.HtmlDecode(end[^1].Page), StringComparison.Ordinal);
        Assert.NotEqual(HttpStatusCode.OK, (await Get(browser, "/visits")).StatusCode);
    }

    [Fact]
    public async Task An_answer_works_once_and_only_in_the_browser_that_asked()
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        var answer = (await SignIn(browser, "Marie Curie", until: "/auth/provider/callback"))[^1].Next!;
        // Login CSRF: a victim's browser is sent to the attacker's answer.
        Assert.Equal("provider-state", Problem(await new Browser(product).Follow(answer)));
        var forged = new UriBuilder(answer) { Query = answer.Query.Replace("state=", "state=A", StringComparison.Ordinal) }.Uri;
        Assert.Equal("provider-state", Problem(await browser.Follow(forged)));
        Assert.Equal("/visits", (await browser.Follow(answer)).End().AbsolutePath);
        Assert.Equal("provider-state", Problem(await browser.Follow(answer)));
        Assert.Equal("provider-state", Problem(await browser.Follow(new Uri(product.Url, "/auth/provider/callback"))));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    public async Task The_way_back_never_leads_to_another_site(string returnUrl)
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        Assert.Equal("/visits", (await SignIn(browser, "Marie Curie", returnUrl)).End().AbsolutePath);
    }

    [Fact]
    public async Task After_signing_out_the_provider_asks_again_who_it_is()
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        await SignIn(browser, "Marie Curie");
        // The provider remembers: no page of its own this time.
        Assert.Equal("/visits", (await Begin(browser)).End().AbsolutePath);
        var page = (await browser.Follow(new Uri(product.Url, "/visits")))[^1];
        var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = Form.Token(page.Page) });
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.Http.PostAsync(new Uri(product.Url, "/auth/sign-out"), form)).StatusCode);
        var asked = await Begin(browser);
        Assert.Equal(("/accounts/authorize", HttpStatusCode.OK), (asked.End().AbsolutePath, asked[^1].Answer.StatusCode));
        Assert.Contains("prompt=login", asked.End().Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_provider_signs_nobody_in()
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        var way = await Offer(browser);
        Assert.Null(await Providers.Remove(1, Issuer, default));
        await TestProduct.Until(async () => Problem(await browser.Follow(way)) == "provider-unknown", "the provider is forgotten");
    }

    [Fact]
    public async Task A_provider_that_is_away_is_asked_again_after_some_seconds_not_at_each_press()
    {
        await product.Staff("curie", "Curie");
        var browser = await Registered("preferred_username");
        await product.StopEhr();
        Assert.Equal("provider-unreachable", Problem(await Begin(browser)));
        await product.StartEhr();
        Assert.Equal("provider-unreachable", Problem(await Begin(browser)));
        await TestProduct.Until(async () => (await Begin(browser)).End().AbsolutePath == "/accounts/authorize", "the provider is asked again", seconds: 12);
    }

    [Theory]
    [InlineData("ftp://id.example", "issuer")]
    [InlineData("http://id.example", "issuer")]
    [InlineData("https://id.example/?x=1", "issuer")]
    [InlineData("https://user@id.example/", "issuer")]
    public async Task A_provider_with_an_address_that_cannot_be_one_is_refused(string issuer, string where) =>
        Assert.Equal(where, (await Providers.Add(new IdentityProviderToAdd(1, "Hospital", issuer, "us", "public"), default)).Problem!.Where);

    [Theory]
    [InlineData("curie", null, "curie")]
    [InlineData("Curie@Hospital.example", "hospital.example", "curie")]
    [InlineData("curie@hospital.example", null, null)]
    [InlineData("curie@evil.example", "hospital.example", null)]
    [InlineData("curie@evil.hospital.example", "hospital.example", null)]
    [InlineData("@hospital.example", "hospital.example", null)]
    [InlineData("curie", "hospital.example", null)]
    public void A_claim_means_a_user_name_only_with_the_domain_that_was_registered(string said, string? domain, string? meant) =>
        Assert.Equal(meant, new IdentityProvider { UsernameClaim = "upn", UsernameDomain = domain }.Username(said));

    private async Task<Browser> Registered(string? usernameClaim)
    {
        var added = await Providers.Add(new IdentityProviderToAdd(1, "Example General", Issuer, "healthteams-staff", "private_key_jwt") { UsernameClaim = usernameClaim }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        await TestProduct.Until(async () => (await Providers.Offers("demo", default)).Any(o => o.Id == added.Value.Id), "the provider is offered");
        return new Browser(product);
    }

    private async Task<Uri> Offer(Browser browser, string? returnUrl = null)
    {
        var page = (await browser.Follow(new Uri(product.Url, "/auth/sign-in" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl)))))[^1].Page;
        return new Uri(product.Url, WebUtility.HtmlDecode(Link().Match(page).Groups[1].Value));
    }

    private async Task<List<Step>> Begin(Browser browser, string? returnUrl = null, string? until = null) =>
        await browser.Follow(await Offer(browser, returnUrl), until is null ? null : at => at.AbsolutePath == until);

    private async Task<List<Step>> SignIn(Browser browser, string name, string? returnUrl = null, string? until = null)
    {
        return await AtProvider(browser, await Begin(browser, returnUrl), name, until);
    }

    private async Task<List<Step>> AtProvider(Browser browser, List<Step> steps, string name, string? until)
    {
        if (steps.End().AbsolutePath != "/accounts/authorize") return steps; // refused before anybody was asked
        var page = steps[^1].Page;
        var fields = Hidden().Matches(page).ToDictionary(m => m.Groups[1].Value, m => WebUtility.HtmlDecode(m.Groups[2].Value));
        fields["account"] = Regex.Match(page, $"value=\"(Practitioner/[^\"]+)\">[^<]*{name}").Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Ehr, "/accounts/sign-in")) { Content = new FormUrlEncodedContent(fields) };
        var answer = await browser.Http.SendAsync(request);
        var sent = new Step(request.RequestUri!, answer, await answer.Content.ReadAsStringAsync());
        Assert.True(sent.Next is not null, $"{answer.StatusCode} {fields["account"]} {sent.Page}");
        return until is not null ? [.. steps, sent] : [.. steps, sent, .. await browser.Follow(sent.Next!)];
    }

    private async Task<HttpResponseMessage> Post(Browser browser, Step page, Dictionary<string, string> fields)
    {
        fields["__RequestVerificationToken"] = Form.Token(page.Page);
        return await browser.Http.PostAsync(page.At, new FormUrlEncodedContent(fields));
    }

    private async Task<HttpResponseMessage> Get(Browser browser, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(product.Url, path));
        request.Headers.Accept.ParseAdd("text/html");
        return await browser.Http.SendAsync(request);
    }

    private static string? Problem(List<Step> steps) => HttpUtility.ParseQueryString(steps.End().Query)["problem"];

    [GeneratedRegex("href=\"(/auth/provider/[^\"]+)\"")]
    private static partial Regex Link();

    [GeneratedRegex("name=\"(state|code_challenge|nonce)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();
}
