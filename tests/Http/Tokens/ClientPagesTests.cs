using System.Net;
using System.Text.RegularExpressions;
using HealthTeams.Tests.Administration;
using Xunit;

namespace HealthTeams.Tests.Tokens;

/// <summary>Row S11 on the administrators' pages.</summary>
public sealed class ClientPagesTests(ProductWithApps product) : IClassFixture<ProductWithApps>
{
    private static string Secret(string page) => Regex.Match(page, "class=\"code\" readonly value=\"([A-Za-z0-9_-]{43})\"").Groups[1].Value;

    [Fact, Trait("Row", "SMART-S11")]
    public async Task An_administrator_decides_about_what_registered_itself()
    {
        var admin = await product.Administrator("dix-decides");
        async Task<string> Requested(string name) => (await (await product.Stranger().PostAsync("/auth/register", FhirHttp.Json(
            $$"""{"client_name":"{{name}}","redirect_uris":["{{SmartApp.Redirect}}"],"token_endpoint_auth_method":"none","scope":"openid user/Patient.rs user/Encounter.rs"}""", "application/json"))).Body()).Text("client_id")!;
        var (wanted, unwanted) = (await Requested("Wanted <b>app</b>"), await Requested("Unwanted app"));
        var list = await admin.GetStringAsync("/admin/clients");
        Assert.Contains("2 clients wait for your approval", list, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>app</b>", list, StringComparison.Ordinal);

        var page = $"/admin/clients/one?id={wanted}";
        var approved = await admin.Submit(page, $"{page}&handler=approve", ("scope", "openid\n user/Patient.rs"));
        Assert.Equal(HttpStatusCode.SeeOther, approved.StatusCode);
        Assert.Equal(["openid", "user/Patient.rs"], (await product.Smart(wanted).Tokens(await product.SignedIn("curie"), "openid user/Patient.rs user/Encounter.rs")).Scopes());
        Assert.Equal("/admin/clients?done=refused", (await admin.Submit("/admin/clients/form", $"/admin/clients/one?id={unwanted}&handler=refuse")).Headers.Location!.ToString());
        // What is active is not refused by mistake.
        Assert.Equal(HttpStatusCode.OK, (await admin.Submit("/admin/clients/form", $"/admin/clients/one?id={wanted}&handler=refuse")).StatusCode);
        Assert.Equal(["Wanted <b>app</b>"], (await product.Clients.All("demo", default)).Where(c => c.Id == wanted || c.Id == unwanted).Select(c => c.Name));
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task A_client_is_registered_on_a_page_its_secret_shown_once_and_changed()
    {
        var admin = await product.Administrator("dix-registers");
        (string, string)[] fields = [("Kind", "backend"), ("Name", "Nightly export"), ("Id", "nightly/export"), ("Auth", "secret"), ("Scope", "system/Patient.rs")];
        var made = await admin.Submit("/admin/clients/form", "/admin/clients/form", fields);
        Assert.True(made.Headers.CacheControl!.NoStore);
        var first = Secret(await made.Content.ReadAsStringAsync());
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["scope"] = "system/Patient.rs" };
        Assert.Equal(HttpStatusCode.OK, (await product.Smart("nightly/export", first).Token(form)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await admin.Submit("/admin/clients/form", "/admin/clients/form", fields)).StatusCode);

        const string page = "/admin/clients/one?id=nightly%2Fexport";
        Assert.DoesNotContain(first, await admin.GetStringAsync(page), StringComparison.Ordinal);
        var second = Secret(await (await admin.Submit(page, $"{page}&handler=secret")).Content.ReadAsStringAsync());
        await (await product.Smart("nightly/export", first).Token(form)).Refused(HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized);
        var tokens = await (await product.Smart("nightly/export", second).Token(form)).Body();
        Assert.Equal(HttpStatusCode.SeeOther, (await admin.Submit(page, $"{page}&handler=revoke")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await product.Smart().Read(tokens.Access(), $"Patient/{product.Visit.Patient}"));
        Assert.Equal("/admin/clients?done=removed", (await admin.Submit(page, $"{page}&handler=remove")).Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync(page)).StatusCode);
    }

    [Theory, Trait("Row", "SMART-S11")]
    [InlineData("Redirects", "javascript:alert(1)")]
    [InlineData("Id", "with space")]
    [InlineData("Scope", "user/Patient.sr")]
    [InlineData("Frame", "true")]
    public async Task A_registration_that_cannot_stand_is_refused_beside_its_field_and_nothing_typed_is_lost(string field, string value)
    {
        var admin = await product.Administrator($"dix-{field}");
        var fields = new Dictionary<string, string> { ["Kind"] = "users", ["Name"] = "Kept name", ["Id"] = "never-made", ["Auth"] = "public", ["Redirects"] = SmartApp.Redirect, ["LaunchUrl"] = "https://app.example/launch", [field] = value };
        var answer = await admin.Submit("/admin/clients/form", "/admin/clients/form", [.. fields.Select(f => (f.Key, f.Value))]);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Contains("role=\"alert\"", html, StringComparison.Ordinal);
        Assert.Contains("Kept name", html, StringComparison.Ordinal);
        Assert.DoesNotContain(await product.Clients.All("demo", default), c => c.Id == "never-made");
    }

    [Fact, Trait("Row", "SMART-S11")]
    public async Task Clients_are_for_this_hospitals_administrators_only()
    {
        var clinician = await product.SignedIn("curie");
        foreach (var path in new[] { "/admin/clients", "/admin/clients/form", "/admin/clients/one?id=app" }) Assert.Equal(HttpStatusCode.Forbidden, (await clinician.GetAsync(path)).StatusCode);
        var north = await product.Administrator("dix-north", "north");
        Assert.DoesNotContain("Growth chart", await north.GetStringAsync("/admin/clients"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await north.GetAsync("/admin/clients/one?id=app")).StatusCode);
        foreach (var handler in new[] { "approve", "secret", "revoke", "remove" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await north.Submit("/admin/clients/form", $"/admin/clients/one?id=app&handler={handler}")).StatusCode);
        }
        Assert.NotNull(await product.Clients.Find("app", default));
        // Another hospital's id is not taken over by registering it again.
        var taken = await north.Submit("/admin/clients/form", "/admin/clients/form", ("Kind", "users"), ("Name", "x"), ("Id", "app"), ("Auth", "public"), ("Redirects", "https://evil.example/"));
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
    }
}
