using HealthTeams.Host;
using HealthTeams.SmartLauncher.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Security;

public sealed class ProductWithListedOrigins : TestProduct
{
    protected override HostSettings Settings(HostSettings usual) => usual with { CorsOrigins = ["https://listed.example"] };
}

[Trait("Row", "SMART-S16")]
public sealed class CorsTests(ProductWithListedOrigins product) : IClassFixture<ProductWithListedOrigins>
{
    [Theory]
    [InlineData("/fhir/.well-known/smart-configuration")]
    [InlineData("/fhir/metadata")]
    [InlineData("/auth/.well-known/openid-configuration")]
    [InlineData("/.well-known/jwks.json")]
    public async Task Any_origin_reads_what_is_public(string path) => Assert.Equal("*", await Allowed(HttpMethod.Get, path, "https://anywhere.example"));

    [Theory]
    [InlineData("/fhir/Patient")]
    [InlineData("/auth/token")]
    [InlineData("/auth/introspect")]
    [InlineData("/auth/revoke")]
    public async Task The_api_answers_origins_of_registered_apps_and_listed_ones_only(string path)
    {
        var added = await product.App.Services.GetRequiredService<ClientRegistry>().Add(
            new ClientToAdd("browser-app", "public", "demo", Backend: false) { Redirects = ["https://app.example:8443/callback"] }, default);
        Assert.True(added.Ok, added.Problem?.Detail);
        await TestProduct.Until(async () =>
        {
            product.Clock.Advance(TimeSpan.FromSeconds(11));
            return await Allowed(HttpMethod.Get, path, "https://app.example:8443") == "https://app.example:8443";
        }, "the app's origin is known");
        Assert.Equal("https://listed.example", await Allowed(HttpMethod.Get, path, "https://listed.example"));
        foreach (var other in (string[])["https://app.example", "http://app.example:8443", "https://evil.example", "null"])
        {
            Assert.Null(await Allowed(HttpMethod.Get, path, other));
            Assert.Null(await Allowed(HttpMethod.Options, path, other));
        }
    }

    [Fact]
    public async Task Pages_answer_no_other_origin()
    {
        foreach (var path in (string[])["/visits", "/auth/sign-in", "/auth/authorize", "/live/negotiate", "/launch"])
        {
            Assert.Null(await Allowed(HttpMethod.Get, path, "https://listed.example"));
        }
    }

    private async Task<string?> Allowed(HttpMethod method, string path, string origin)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", origin);
        if (method == HttpMethod.Options) request.Headers.Add("Access-Control-Request-Method", "GET");
        using var client = product.Stranger();
        using var answer = await client.SendAsync(request);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        return answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed.Single() : null;
    }
}
