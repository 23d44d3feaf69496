using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S4 and S8: what the token endpoint answers, and how a grant is renewed.</summary>
[Collection("tokens")]
public sealed class TokenTests(ProductWithApps product)
{
    private const string Offline = "openid user/Patient.rs user/Encounter.rs offline_access";

    [Theory, Trait("Row", "SMART-S4")] // smart_token_exchange_stu2_2, _response_body_stu2_2, _response_headers
    [InlineData("app", null)]
    [InlineData("confidential", ProductWithApps.Secret)]
    public async Task A_code_is_exchanged_for_a_bearer_token_that_nobody_caches(string id, string? secret)
    {
        var app = product.Smart(id, secret);
        var answer = await app.Exchange(await app.Code(await product.SignedIn("curie"), Offline));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("application/json", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Contains("no-cache", answer.Headers.Pragma.ToString(), StringComparison.Ordinal);
        var body = await answer.Body();
        Assert.Equal("bearer", body.Text("token_type"), ignoreCase: true);
        Assert.InRange(body.GetProperty("expires_in").GetInt32(), 3000, 3600);
        Assert.Equal(Offline.Split(' ').Order(), body.Scopes().Order());
        Assert.NotNull(body.Text("refresh_token"));
        Assert.Equal(HttpStatusCode.OK, await app.Read(body.Access(), $"Patient/{product.Visit.Patient}"));
    }

    [Fact, Trait("Row", "SMART-S4")]
    public async Task A_client_may_send_its_secret_in_the_form()
    {
        var app = product.Smart("confidential");
        var code = await app.Code(await product.SignedIn("curie"), Offline);
        Assert.Equal(HttpStatusCode.OK, (await app.Exchange(code, ("client_secret", ProductWithApps.Secret))).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S4")] // g10_smart_invalid_token_request_stu2
    public async Task Bad_codes_clients_and_grant_types_are_refused_with_a_reason()
    {
        var app = product.Smart();
        Assert.Equal("invalid_grant", await (await app.Exchange("made-up")).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("invalid_client", await (await app.Exchange("made-up", ("client_id", "nobody"))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));
        Assert.Equal("unsupported_grant_type", await (await app.Exchange("x", ("grant_type", "not_a_grant_type"))).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("unsupported_grant_type", await (await app.Token(new() { ["grant_type"] = "password", ["username"] = "curie", ["password"] = TestProduct.Password })).Refused(HttpStatusCode.BadRequest));
        var confidential = product.Smart("confidential");
        var code = await confidential.Code(await product.SignedIn("curie"), Offline);
        Assert.Equal("invalid_client", await (await confidential.Exchange(code, ("client_secret", "wrong"))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));
        Assert.Equal("invalid_client", await (await confidential.Exchange(code)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized));
        Assert.NotEqual(HttpStatusCode.OK, (await app.Wire.GetAsync("/auth/token?grant_type=authorization_code")).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S4")]
    public async Task Guessing_a_clients_secret_gets_slower_and_locks_out_nobody_else()
    {
        await product.Register(new HealthTeams.SmartLauncher.Clients.ClientToAdd("guessed", "secret", "demo", Backend: true) { Secret = "right" });
        Dictionary<string, string> Form() => new() { ["grant_type"] = "client_credentials", ["scope"] = "system/Patient.rs" };
        for (var guess = 0; guess < 5; guess++) await (await product.Smart("guessed", $"wrong-{guess}").Token(Form())).Refused(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        var waits = await product.Smart("guessed", "right").Token(Form());
        Assert.NotNull(waits.Headers.RetryAfter);
        Assert.Contains("Too many wrong secrets", await waits.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await product.Smart("confidential", ProductWithApps.Secret).Post("/auth/introspect", new() { ["token"] = "x" })).StatusCode);
        product.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(HttpStatusCode.OK, (await product.Smart("guessed", "right").Token(Form())).StatusCode);
        // Forgiven: one slip afterwards waits for nothing.
        await (await product.Smart("guessed", "wrong").Token(Form())).Refused(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        Assert.Equal(HttpStatusCode.OK, (await product.Smart("guessed", "right").Token(Form())).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S8")] // smart_token_refresh_stu2, _body
    public async Task A_refresh_gives_a_new_token_and_asks_for_less_only_where_it_likes()
    {
        var app = product.Smart("confidential", ProductWithApps.Secret);
        var first = await app.Tokens(await product.SignedIn("curie"), Offline);
        var second = await (await app.Refresh(first.Text("refresh_token")!)).Body();
        Assert.NotEqual(first.Access(), second.Access());
        Assert.NotEqual(first.Text("refresh_token"), second.Text("refresh_token"));
        Assert.Equal(first.Scopes().Order(), second.Scopes().Order());
        var less = await (await app.Refresh(second.Text("refresh_token")!, "user/Patient.rs")).Body();
        Assert.Equal(["user/Patient.rs"], less.Scopes());
        Assert.Equal(HttpStatusCode.OK, await app.Read(less.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.Forbidden, await app.Read(less.Access(), $"Encounter/{product.Visit.Encounter}"));
        Assert.Equal("invalid_scope", await (await app.Refresh(less.Text("refresh_token")!, "user/Patient.rs user/Observation.rs")).Refused(HttpStatusCode.BadRequest));
        // Less was for that token; the grant is what it was (RFC 6749, 6).
        var again = await (await app.Refresh(less.Text("refresh_token")!)).Body();
        Assert.Equal(first.Scopes().Order(), again.Scopes().Order());
        Assert.Equal(HttpStatusCode.OK, (await app.Refresh(again.Text("refresh_token")!, "user/Encounter.rs")).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S8")]
    public async Task A_refresh_token_used_twice_takes_the_whole_family_with_it()
    {
        var app = product.Smart();
        var first = await app.Tokens(await product.SignedIn("curie"), Offline);
        var second = await (await app.Refresh(first.Text("refresh_token")!)).Body();
        Assert.Equal(HttpStatusCode.OK, await app.Read(second.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("invalid_grant", await (await app.Refresh(first.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
        Assert.Equal("invalid_grant", await (await app.Refresh(second.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(second.Access(), $"Patient/{product.Visit.Patient}"));
    }

    [Fact, Trait("Row", "SMART-S8")] // g10 invalid refresh
    public async Task A_refresh_token_belongs_to_its_client()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), Offline);
        foreach (var (other, token) in new[] { (product.Smart("confidential", ProductWithApps.Secret), tokens.Text("refresh_token")!), (app, "made-up"), (app, tokens.Access()) })
        {
            await (await other.Refresh(token)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        }
    }

    [Fact, Trait("Row", "SMART-S8")]
    public async Task A_public_app_may_refresh_without_its_name_and_nobody_else_may()
    {
        var browser = await product.SignedIn("curie");
        var (app, confidential) = (product.Smart(), product.Smart("confidential", ProductWithApps.Secret));
        var (mine, others) = (await app.Tokens(browser, Offline), await confidential.Tokens(browser, Offline));
        Assert.Equal(HttpStatusCode.OK, (await app.Refresh(mine.Text("refresh_token")!, null, ("client_id", null))).StatusCode);
        foreach (var token in new[] { others.Text("refresh_token")!, "made-up", mine.Access(), "a.b.c", "a.b.c.d.e" })
        {
            await (await app.Refresh(token, null, ("client_id", null))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        }
        Assert.Equal(HttpStatusCode.OK, (await confidential.Refresh(others.Text("refresh_token")!)).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S8")]
    public async Task Refreshes_of_one_token_at_once_give_one_new_pair_at_most_and_end_the_grant()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), Offline);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => app.Refresh(tokens.Text("refresh_token")!)));
        Assert.InRange(answers.Count(a => a.StatusCode == HttpStatusCode.OK), 0, 1);
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{a.StatusCode}"));
        foreach (var winner in answers.Where(a => a.StatusCode == HttpStatusCode.OK))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await app.Read((await winner.Body()).Access(), $"Patient/{product.Visit.Patient}"));
        }
    }

    [Fact, Trait("Row", "SMART-S8")]
    public async Task Online_access_renews_while_the_user_is_signed_in_and_not_a_moment_longer()
    {
        var app = product.Smart();
        var browser = await product.SignedIn("osler");
        var online = await app.Tokens(browser, "openid user/Patient.rs online_access");
        var offline = await app.Tokens(browser, Offline);
        var renewed = await (await app.Refresh(online.Text("refresh_token")!)).Body();
        Assert.Contains("online_access", renewed.Scopes());
        var form = Form.Token(await browser.GetStringAsync("/auth/sign-out"));
        await browser.PostAsync("/auth/sign-out", new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }));
        Assert.Equal("invalid_grant", await (await app.Refresh(renewed.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.OK, (await app.Refresh(offline.Text("refresh_token")!)).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S8")]
    public async Task Without_offline_or_online_access_there_is_no_refresh_token()
    {
        var tokens = await product.Smart().Tokens(await product.SignedIn("curie"), "openid user/Patient.rs");
        Assert.Null(tokens.Text("refresh_token"));
    }

    [Fact, Trait("Row", "SMART-S15")]
    public async Task A_token_is_for_the_FHIR_API_and_nothing_else_of_ours()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), Offline);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.With(tokens.Access()).GetAsync("/visits")).StatusCode);
        Assert.Equal(JsonValueKind.Undefined, tokens.TryGetProperty("password", out var none) ? none.ValueKind : JsonValueKind.Undefined);
    }
}
