using System.Net;
using System.Text.Json;
using HealthTeams.SmartLauncher.Discovery;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Security;

[Trait("Row", "SMART-S19")]
public sealed class BrandsTests(TestProduct product) : IClassFixture<TestProduct>
{
    private Brands Brands => product.App.Services.GetRequiredService<Brands>();

    [Fact]
    public async Task Nothing_is_published_of_a_hospital_that_said_nothing_and_then_what_it_said()
    {
        using var stranger = product.Stranger();
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync("/brands.json")).StatusCode);
        Assert.DoesNotContain("user_access_brand", await stranger.GetStringAsync("/fhir/.well-known/smart-configuration"), StringComparison.Ordinal);

        Assert.Null(await Brands.Set(2, new Brand("North Hospital", "https://www.north.example/home"), default));
        Assert.Null(await Brands.Set(1, new Brand("Example General Hospital", "https://hospital.example")
        {
            Logo = "https://hospital.example/logo.svg", PortalName = "MyGeneral", PortalUrl = "https://my.hospital.example", City = "Paris", PostalCode = "75013", Country = "FR",
        }, default));
        product.Clock.Advance(TimeSpan.FromSeconds(11));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/brands.json");
        request.Headers.Add("Origin", "https://app.example");
        var answer = await stranger.SendAsync(request);
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.True(answer.Headers.ETag!.IsWeak);
        var bundle = await answer.Body();
        Assert.Equal("collection", bundle.GetProperty("type").GetString());
        Assert.True(bundle.TryGetProperty("timestamp", out _) && bundle.GetProperty("meta").TryGetProperty("lastUpdated", out _));

        var resources = bundle.GetProperty("entry").EnumerateArray().Select(e => e.GetProperty("resource")).ToList();
        var endpoint = Assert.Single(resources, r => r.GetProperty("resourceType").GetString() == "Endpoint");
        Assert.Equal(new Uri(product.Url, "/fhir").AbsoluteUri, endpoint.GetProperty("address").GetString());
        var organizations = resources.Where(r => r.GetProperty("resourceType").GetString() == "Organization").ToList();
        Assert.Equal(2, organizations.Count);
        foreach (var organization in organizations)
        {
            var portal = organization.GetProperty("extension").EnumerateArray().Single(e => e.GetProperty("url").GetString()!.EndsWith("/organization-portal", StringComparison.Ordinal));
            var portalEndpoint = portal.GetProperty("extension").EnumerateArray().Single(e => e.GetProperty("url").GetString() == "portalEndpoint").GetProperty("valueReference").GetProperty("reference").GetString();
            Assert.Equal($"Endpoint/{endpoint.Id()}", portalEndpoint);
            Assert.Contains(organization.GetProperty("endpoint").EnumerateArray(), e => e.GetProperty("reference").GetString() == portalEndpoint);
        }
        // Without "www." and path, as the guide recommends.
        Assert.Contains(organizations, o => Value(o) == "https://north.example");

        // Exactly one brand has the primary identifier that discovery names.
        var discovery = JsonDocument.Parse(await stranger.GetStringAsync("/fhir/.well-known/smart-configuration")).RootElement;
        Assert.Equal(new Uri(product.Url, "/brands.json").AbsoluteUri, discovery.GetProperty("user_access_brand_bundle").GetString());
        Assert.Single(organizations, o => Value(o) == discovery.GetProperty("user_access_brand_identifier").GetProperty("value").GetString());

        using var again = new HttpRequestMessage(HttpMethod.Get, "/brands.json");
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, (await stranger.SendAsync(again)).StatusCode);
    }

    [Theory]
    [InlineData("http://hospital.example", null, null, "website")]
    [InlineData("https://hospital.example", "javascript:alert(1)", null, "logo")]
    [InlineData("https://hospital.example", null, "France", "country")]
    public async Task A_brand_that_would_mislead_apps_is_refused(string website, string? logo, string? country, string where) =>
        Assert.Equal(where, (await Brands.Set(1, new Brand("Hospital", website) { Logo = logo, Country = country }, default))!.Where);

    private static string? Value(JsonElement organization) => organization.GetProperty("identifier")[0].GetProperty("value").GetString();
}
