using System.Net;
using HealthTeams.FhirGateway.Access;
using HealthTeams.Platform.Callers;
using HealthTeams.SmartLauncher.Apps;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Rows S9 and S10: asking about a token, and taking it back.</summary>
[Collection("tokens")]
public sealed class IntrospectionTests(ProductWithApps product)
{
    [Fact, Trait("Row", "SMART-S10")]
    public async Task Taking_back_everything_of_a_client_ends_its_grants_with_what_they_are_giving_at_that_moment()
    {
        await product.Register(new ClientToAdd("taken-back", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect] });
        var app = product.Smart("taken-back");
        var tokens = await app.Tokens(await product.SignedIn("curie"), "openid user/Patient.rs offline_access");
        // A token that is written after the act, by an exchange that was under way.
        const string late = """update auth."OpenIddictTokens" set "Status" = 'valid' where "ApplicationId" = (select "Id" from auth."OpenIddictApplications" where "ClientId" = 'taken-back')""";
        Assert.True((await product.Clients.RevokeTokens("demo", "taken-back", Actor.Product, default)).Ok);
        await product.Sql(late);
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(tokens.Access(), "Patient?_count=1"));
        Assert.Equal("invalid_grant", await (await app.Refresh(tokens.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
    }

    private const string Scope = "openid fhirUser launch patient/Patient.rs offline_access";

    private async Task<System.Text.Json.JsonElement> Launched(SmartApp app, string id)
    {
        var handle = await product.App.Services.GetRequiredService<AppLaunches>().Issue(1, Actor.Product,
            new AppLaunch(id, new ChartContext(product.Visit.Patient, product.Visit.Encounter, null)), default);
        return await app.Tokens(await product.SignedIn("curie"), Scope, change: ("launch", handle.Value));
    }

    private async Task<HttpResponseMessage> ByBearer(string bearer, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/introspect") { Content = new FormUrlEncodedContent([new("token", token)]) };
        request.Headers.Authorization = new("Bearer", bearer);
        return await product.Stranger().SendAsync(request);
    }

    [Fact, Trait("Row", "SMART-S9")]
    public async Task An_app_asks_about_its_token_with_its_secret_or_with_the_token_and_learns_the_same()
    {
        var app = product.Smart("confidential", ProductWithApps.Secret);
        var tokens = await Launched(app, "confidential");
        var id = Answers.Part(tokens.Text("id_token")!, 1);
        using var reader = await product.Fhir("system/Patient.rs");
        foreach (var answer in new[]
        {
            await app.Post("/auth/introspect", new() { ["token"] = tokens.Access() }), await ByBearer(tokens.Access(), tokens.Access()),
            await ByBearer(reader.DefaultRequestHeaders.Authorization!.Parameter!, tokens.Access()),
        })
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            var said = await answer.Body();
            Assert.True(said.GetProperty("active").GetBoolean());
            Assert.Equal("confidential", said.Text("client_id"));
            Assert.Equal(tokens.Scopes().Order(), said.Scopes().Order());
            Assert.True(said.GetProperty("exp").GetInt64() > product.Clock.GetUtcNow().ToUnixTimeSeconds());
            Assert.Equal(product.Visit.Patient, said.Text("patient"));
            Assert.Equal(product.Visit.Encounter, said.Text("encounter"));
            Assert.Equal(id.Text("iss"), said.Text("iss"));
            Assert.Equal(id.Text("sub"), said.Text("sub"));
            Assert.Equal(id.Text("fhirUser"), said.Text("fhirUser"));
            Assert.True(said.GetProperty("need_patient_banner").GetBoolean());
        }
    }

    [Fact, Trait("Row", "SMART-S9")]
    public async Task Of_a_token_that_is_not_active_or_not_ones_own_nobody_learns_more_than_that()
    {
        var app = product.Smart("confidential", ProductWithApps.Secret);
        var other = product.Smart();
        var (mine, others) = (await Launched(app, "confidential"), await other.Tokens(await product.SignedIn("curie"), "user/Patient.rs"));
        using var north = await product.Fhir("system/*.cruds", tenant: "north");
        foreach (var answer in new[]
        {
            await app.Post("/auth/introspect", new() { ["token"] = "made-up" }), await app.Post("/auth/introspect", new() { ["token"] = others.Access() }),
            await ByBearer(mine.Access(), "made-up"), await ByBearer(mine.Access(), others.Access()), await ByBearer(others.Access(), mine.Access()),
            await ByBearer(north.DefaultRequestHeaders.Authorization!.Parameter!, mine.Access()), await ByBearer(mine.Access(), mine.Text("id_token")!),
        })
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("{\"active\":false}", (await answer.Body()).GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        }
    }

    [Fact, Trait("Row", "SMART-S9")]
    public async Task Introspection_is_for_those_who_say_who_they_are()
    {
        var tokens = await product.Smart().Tokens(await product.SignedIn("curie"), "user/Patient.rs");
        await (await product.Stranger().PostAsync("/auth/introspect", new FormUrlEncodedContent([new("token", tokens.Access())]))).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        await (await ByBearer("made-up", tokens.Access())).Refused(HttpStatusCode.Unauthorized);
        await (await product.Smart("confidential", "wrong").Post("/auth/introspect", new() { ["token"] = tokens.Access() })).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        product.Clock.Advance(TimeSpan.FromMinutes(20));
    }

    [Theory, Trait("Row", "SMART-S10")] // g10_token_revocation
    [InlineData("access_token")]
    [InlineData("refresh_token")]
    public async Task A_token_that_its_app_takes_back_is_refused_at_once_with_all_of_its_grant(string which)
    {
        var app = product.Smart("confidential", ProductWithApps.Secret);
        var tokens = await Launched(app, "confidential");
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/auth/revoke", new() { ["token"] = tokens.Text(which)!, ["token_type_hint"] = which })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("invalid_grant", await (await app.Refresh(tokens.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
        Assert.False((await (await app.Post("/auth/introspect", new() { ["token"] = tokens.Access() })).Body()).GetProperty("active").GetBoolean());
        // Again, and of what never was: 200 all the same (RFC 7009, 2.2).
        Assert.Equal(HttpStatusCode.OK, (await app.Post("/auth/revoke", new() { ["token"] = "made-up" })).StatusCode);
    }

    [Fact, Trait("Row", "SMART-S10")]
    public async Task Nobody_takes_back_another_apps_token()
    {
        var app = product.Smart();
        var tokens = await app.Tokens(await product.SignedIn("curie"), "user/Patient.rs offline_access");
        await product.Smart("confidential", ProductWithApps.Secret).Post("/auth/revoke", new() { ["token"] = tokens.Access() });
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
    }

    [Fact, Trait("Row", "SMART-S10")]
    public async Task An_administrator_takes_back_all_tokens_of_a_client_or_the_client_itself()
    {
        await product.Register(new ClientToAdd("leaving", "public", "demo", Backend: false) { Redirects = [SmartApp.Redirect] });
        var app = product.Smart("leaving");
        var browser = await product.SignedIn("curie");
        var tokens = await app.Tokens(browser, "user/Patient.rs offline_access");
        Assert.Equal(HttpStatusCode.OK, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.False((await product.Clients.RevokeTokens("north", "leaving", Actor.Product, default)).Ok);
        Assert.True((await product.Clients.RevokeTokens("demo", "leaving", Actor.Product, default)).Ok);
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("invalid_grant", await (await app.Refresh(tokens.Text("refresh_token")!)).Refused(HttpStatusCode.BadRequest));
        tokens = await app.Tokens(browser, "user/Patient.rs");
        Assert.NotNull(await product.Clients.Remove("north", "leaving", Actor.Product, default));
        Assert.Null(await product.Clients.Remove("demo", "leaving", Actor.Product, default));
        Assert.Equal(HttpStatusCode.Unauthorized, await app.Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal(HttpStatusCode.BadRequest, (await app.Open(browser, "user/Patient.rs")).StatusCode);
    }
}
