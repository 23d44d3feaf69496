using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HealthTeams.Platform.Callers;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Row S11: an app registers itself, and an administrator decides.</summary>
public sealed class RegistrationTests(ProductWithApps product) : IClassFixture<ProductWithApps>
{
    private Task<HttpResponseMessage> Register(object metadata, string query = "")
    {
        // Each test in an hour of its own: what is counted is the address.
        product.Clock.Advance(TimeSpan.FromHours(2));
        return product.Stranger().PostAsJsonAsync($"/auth/register{query}", metadata);
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task A_registered_app_can_do_nothing_until_it_is_approved()
    {
        var answer = await Register(new { client_name = "Walk planner", redirect_uris = new[] { SmartApp.Redirect }, token_endpoint_auth_method = "client_secret_basic", scope = "openid fhirUser user/Patient.rs" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var said = await answer.Body();
        var (id, secret) = (said.Text("client_id")!, said.Text("client_secret")!);
        Assert.Equal("pending", said.Text("registration_status"));
        Assert.Equal(0, said.GetProperty("client_secret_expires_at").GetInt32());
        Assert.Equal("openid fhirUser user/Patient.rs", said.Text("scope"));
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from auth.\"OpenIddictApplications\" a where a::text like '%{secret}%'"));

        var app = product.Smart(id, secret);
        var browser = await product.SignedIn("curie");
        Assert.Equal(HttpStatusCode.BadRequest, (await app.Open(browser, "openid")).StatusCode);
        await (await app.Token(new() { ["grant_type"] = "client_credentials" })).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);

        Assert.True((await product.Clients.All("demo", default))[0].Pending);
        Assert.NotNull(await product.Clients.Approve("north", id, null, false, Actor.Product, default));
        Assert.Null(await product.Clients.Approve("demo", id, "openid user/Patient.rs", false, Actor.Product, default));
        Assert.NotNull(await product.Clients.Approve("demo", id, null, false, Actor.Product, default));
        var tokens = await app.Tokens(browser, "openid fhirUser user/Patient.rs");
        Assert.Equal(["openid", "user/Patient.rs"], tokens.Scopes());
        foreach (var kind in new[] { "client.requested", "client.approved" }) Assert.Equal(1L, await product.Ask<long>($"select count(*) from platform.event where kind = '{kind}' and subject = 'client/{id}'"));
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task A_backend_service_registers_with_its_keys_or_with_their_address_which_is_fetched_at_approval_only()
    {
        var key = new ClientKey("k", "RS384");
        await using var vendor = await KeyHost.Start(ClientKey.Set(key));
        var inline = await (await Register(new
        {
            client_name = "Nightly export", grant_types = new[] { "client_credentials" }, token_endpoint_auth_method = "private_key_jwt", scope = "system/Patient.rs", jwks = JsonDocument.Parse(ClientKey.Set(key)).RootElement,
        })).Body();
        var byAddress = await (await Register(new { grant_types = new[] { "client_credentials" }, token_endpoint_auth_method = "private_key_jwt", scope = "system/Patient.rs", jwks_uri = vendor.Address })).Body();
        Assert.Equal(0, vendor.Asked);
        foreach (var said in new[] { inline, byAddress })
        {
            var id = said.Text("client_id")!;
            Task<HttpResponseMessage> Ask() => product.Stranger().PostAsync("/auth/token", new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials", ["scope"] = "system/Patient.rs", ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ["client_assertion"] = key.Sign(new() { ["iss"] = id, ["sub"] = id, ["aud"] = new Uri(product.Url, "/auth/token").AbsoluteUri, ["exp"] = product.Clock.GetUtcNow().AddMinutes(2).ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString() }),
            }));
            await (await Ask()).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
            Assert.Equal(0, vendor.Asked);
            Assert.Null(await product.Clients.Approve("demo", id, null, false, Actor.Product, default));
            Assert.Equal(HttpStatusCode.OK, (await Ask()).StatusCode);
        }
        Assert.True(vendor.Asked > 0);
    }

    [Theory, Trait("Row", "SMART-S11")]
    [InlineData("""{"redirect_uris":["javascript:alert(1)"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["http://app.example/callback"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://app.example/callback#x"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://user@app.example/callback"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["data:text/html,x"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":[7]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":"https://app.example/callback"}""", "invalid_client_metadata")]
    [InlineData("""{}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"scope":"user/Patient.sr"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_name":"evil\u202Eemag"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_name":"a\nb"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"grant_types":["password"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"grant_types":["authorization_code","client_credentials"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"response_types":["token"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"tls_client_auth"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"file:///etc/passwd"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://a.example/","jwks":{"keys":[]}}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB","d":"AQ"}]}}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"launch_url":"javascript:alert(1)"}""", "invalid_client_metadata")]
    [InlineData("""[]""", "invalid_client_metadata")]
    [InlineData("""not json""", "invalid_client_metadata")]
    [InlineData("""{"client_name":"shown","client_name":"meant","redirect_uris":["https://a.example/"]}""", "invalid_client_metadata")]
    [InlineData("""{"client_name":"half \ud800","redirect_uris":["https://a.example/"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/\ud800"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"scope":"openid\u0000"}""", "invalid_client_metadata")]
    [InlineData("", "invalid_client_metadata")]
    public async Task A_registration_that_cannot_stand_is_refused_with_its_reason(string body, string error)
    {
        product.Clock.Advance(TimeSpan.FromHours(2));
        var answer = await product.Stranger().PostAsync("/auth/register", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(error, await answer.Refused(HttpStatusCode.BadRequest));
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task Registrations_are_bounded_in_size_and_number()
    {
        product.Clock.Advance(TimeSpan.FromHours(2));
        var large = await product.Stranger().PostAsync("/auth/register", new StringContent($"{{\"x\":\"{new string('x', 70_000)}\"}}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        for (var i = 0; i < 9; i++) await product.Stranger().PostAsJsonAsync("/auth/register", new { });
        var refused = await product.Stranger().PostAsJsonAsync("/auth/register", new { redirect_uris = new[] { SmartApp.Redirect } });
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task The_hospital_is_named_and_nobody_registers_under_a_name_of_their_choosing()
    {
        var said = await (await Register(new { client_id = "app", redirect_uris = new[] { SmartApp.Redirect }, token_endpoint_auth_method = "none" }, "?tenant=north")).Body();
        Assert.NotEqual("app", said.Text("client_id"));
        Assert.Null(said.Text("client_secret"));
        Assert.Contains(await product.Clients.All("north", default), c => c.Id == said.Text("client_id"));
        Assert.DoesNotContain(await product.Clients.All("demo", default), c => c.Id == said.Text("client_id"));
        Assert.Equal("invalid_client_metadata", await (await Register(new { redirect_uris = new[] { SmartApp.Redirect } }, "?tenant=nowhere")).Refused(HttpStatusCode.BadRequest));
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task A_new_secret_ends_the_old_one()
    {
        await product.Register(new("rotating", "secret", "demo", Backend: true) { Secret = "old" });
        Dictionary<string, string> Form() => new() { ["grant_type"] = "client_credentials", ["scope"] = "system/Patient.rs" };
        var secret = await product.Clients.NewSecret("demo", "rotating", Actor.Product, default);
        Assert.True(secret.Ok);
        await (await product.Smart("rotating", "old").Token(Form())).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, (await product.Smart("rotating", secret.Value).Token(Form())).StatusCode);
        Assert.False((await product.Clients.NewSecret("demo", "app", Actor.Product, default)).Ok);
        Assert.False((await product.Clients.NewSecret("north", "rotating", Actor.Product, default)).Ok);
    }
}
