using HealthTeams.SmartLauncher.Ehrs;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Platform;

public sealed class HeadersTests(TestProduct product) : IClassFixture<TestProduct>
{
    [Fact]
    public async Task A_room_is_framed_by_its_own_hospitals_EHR_only()
    {
        var ehrs = product.App.Services.GetRequiredService<EhrRegistry>();
        foreach (var (tenant, host) in new[] { (1, "https://home.example"), (2, "https://north.example") })
        {
            Assert.True((await ehrs.Add(new EhrToAdd(tenant, $"{host}/fhir", "us", "public") { FrameOrigins = [host] }, default)).Ok);
        }
        await using var scene = await Visits.RoomScene.Open(product, "A-frame");
        var room = Policy(await scene.PatientDevice.GetAsync(scene.PatientRoom));
        Assert.Contains("frame-ancestors 'self' https://home.example", room, StringComparison.Ordinal);
        Assert.DoesNotContain("north.example", room, StringComparison.Ordinal);
        Assert.Contains($"connect-src 'self' ws://{product.Url.Authority};", room, StringComparison.Ordinal);
        Assert.Contains("form-action 'self';", room, StringComparison.Ordinal);
        Assert.Contains("north.example", Policy(await product.Stranger().GetAsync("/launch/error")), StringComparison.Ordinal);
        Assert.EndsWith("frame-ancestors 'none'", Policy(await product.Stranger().GetAsync("/auth/sign-in")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/auth/sign-in", false)]
    [InlineData("/auth/sign-in?returnUrl=%2Fvisits", false)]
    [InlineData("/auth/sign-in?returnUrl=%2Fauth%2Fauthorize%3Fclient_id%3Dx", true)]
    public async Task Forms_end_here_but_on_the_way_to_a_clients_redirect(string path, bool wide) =>
        Assert.Equal(wide, Policy(await product.Stranger().GetAsync(path)).Contains("form-action 'self' https:", StringComparison.Ordinal));

    [Fact]
    public async Task The_APIs_page_may_run_its_own_script()
    {
        var answer = await product.Stranger().GetAsync("/docs/api");
        if (answer.Headers.Location is { } there) answer = await product.Stranger().GetAsync(new Uri(answer.RequestMessage!.RequestUri!, there));
        var policy = Policy(answer);
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Contains($"nonce=\"{nonce}\"", System.Net.WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    private static string Policy(HttpResponseMessage answer) => string.Join(", ", answer.Headers.GetValues("Content-Security-Policy"));
}
