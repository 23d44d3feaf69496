using System.Net;
using Xunit;

namespace HealthTeams.Tests.Administration;

/// <summary>The page of the hospital's own accounts.</summary>
public sealed class AccountsTests(TestProduct product) : IClassFixture<TestProduct>
{
    private static readonly (string, string)[] Provider =
        [("Name", "North accounts"), ("Issuer", "https://login.north.example/staff"), ("ClientId", "healthteams"), ("Auth", "private_key_jwt"), ("UsernameClaim", "upn"), ("UsernameDomain", "north.example")];

    [Fact]
    public async Task An_administrator_adds_and_removes_a_provider_of_the_own_hospital_only()
    {
        var north = await product.Administrator("accounts-north", "north");
        var demo = await product.Administrator("accounts-demo");
        Assert.Contains("No provider yet", await north.GetStringAsync("/admin/accounts"), StringComparison.Ordinal);
        var kept = await north.Submit("/admin/accounts", "/admin/accounts", Provider);
        Assert.Equal("/admin/accounts?done=kept", kept.Headers.Location?.ToString());
        Assert.Contains("login.north.example", await north.GetStringAsync("/admin/accounts"), StringComparison.Ordinal);
        Assert.DoesNotContain("login.north.example", await demo.GetStringAsync("/admin/accounts"), StringComparison.Ordinal);
        Assert.Equal(1, await product.Ask<long>("select count(*) from platform.event where kind = 'identity-provider.registered' and tenant = 2 and actor_kind = 'Staff'"));

        Assert.Equal(HttpStatusCode.NotFound, (await demo.Submit("/admin/accounts", "/admin/accounts?handler=remove", ("issuer", "https://login.north.example/staff"))).StatusCode);
        Assert.Equal("/admin/accounts?done=removed", (await north.Submit("/admin/accounts", "/admin/accounts?handler=remove", ("issuer", "https://login.north.example/staff"))).Headers.Location?.ToString());
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.identity_provider where tenant = 2"));
    }

    [Fact]
    public async Task A_clinician_neither_sees_nor_keeps_providers()
    {
        await product.Staff("accounts-clinician", "Curie");
        var clinician = await product.SignedIn("accounts-clinician");
        Assert.Equal(HttpStatusCode.Forbidden, (await clinician.GetAsync("/admin/accounts")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await clinician.Submit("/visits", "/admin/accounts", Provider)).StatusCode);
        Assert.Equal(0, await product.Ask<long>("select count(*) from auth.identity_provider where tenant = 1"));
    }

    [Fact]
    public async Task What_cannot_be_kept_is_said_at_its_field_and_keeps_what_was_typed()
    {
        var administrator = await product.Administrator("accounts-typing");
        var answer = await administrator.Submit("/admin/accounts", "/admin/accounts", [.. Provider.Where(p => p.Item1 != "Issuer"), ("Issuer", "http://login.north.example")]);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("href=\"#issuer\"", page, StringComparison.Ordinal);
        Assert.Contains("North accounts", page, StringComparison.Ordinal);
    }
}
