using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace HealthTeams.Tests.Security;

public sealed class StrangerTests(TestProduct product) : IClassFixture<TestProduct>
{
    /// <summary>The reviewed list: what a stranger may open. Everything else answers 401, 403 or 404.</summary>
    private static readonly HashSet<string> Open =
    [
        "/fhir/metadata", "/fhir/.well-known/smart-configuration", "/.well-known/jwks.json",
        "/auth/.well-known/openid-configuration", "/auth/jwks", "/auth/authorize", "/auth/token", "/auth/introspect", "/auth/revoke", "/auth/register", "/auth/smart-style.json",
        "/auth/sign-in", "/auth/sign-in/join", "/auth/sign-out", "/auth/provider/{id:guid}", "/auth/provider/callback", "/brands.json", "/health/live", "/health/ready",
        "/launch", "/launch/callback", "/launch/error", "/launch/no-visit", "/launch/signed-out", "/launch/choose/{id}",
        "/join/{token}", "/kiosk/sign-in", "/shifts/feed/{secret}.ics", "/room/window/{code}", "/error/{status:int?}", "/fhir/ws", "/openapi/{documentName}.json", "/docs/api/{documentName?}", "/docs/api", "/favicon.ico",
    ];

    [Fact]
    public async Task Every_route_outside_the_reviewed_list_refuses_a_stranger()
    {
        var stranger = product.Stranger();
        var seen = 0;
        var opened = new List<string>();
        foreach (var endpoint in product.App.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var route = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            if (Open.Contains(route) || route.StartsWith("/docs/api", StringComparison.Ordinal)) continue;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                if (method == "OPTIONS") continue;
                seen++;
                using var request = new HttpRequestMessage(new HttpMethod(method), Fill(endpoint.RoutePattern));
                if (method is "POST" or "PUT" or "PATCH") request.Content = FhirHttp.Json("{}");
                var answer = await stranger.SendAsync(request);
                if (answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)) opened.Add($"{method} {route}: {(int)answer.StatusCode}");
            }
        }
        Assert.Empty(opened);
        Assert.True(seen > 25, $"only {seen} routes were walked");
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/visits")]
    [InlineData("/fhir/Patient")]
    [InlineData("/fhir/Patient/1")]
    public async Task A_stranger_learns_nothing_from_pages_or_resources(string path)
    {
        var answer = await product.Stranger().GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        if (path.StartsWith("/fhir", StringComparison.Ordinal)) Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.First().Scheme);
    }

    [Fact]
    public async Task A_seat_in_a_visit_opens_neither_lists_nor_the_FHIR_API()
    {
        await using var scene = await Visits.RoomScene.Open(product, "A-least");
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.PatientDevice.GetAsync("/visits")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.PatientDevice.GetAsync("/messages")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.PatientDevice.GetAsync("/fhir/Patient")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.Staff.GetAsync("/fhir/Patient")).StatusCode);
    }

    [Fact]
    public async Task Another_hospitals_staff_cannot_open_the_room_or_make_a_link()
    {
        await product.Staff("foreign-doctor", "North", "north");
        await product.Staff("home-doctor", "Curie");
        var booked = await product.Book("A-foreign", mrn: "MRN-foreign");
        var foreigner = await product.SignedIn("foreign-doctor");
        Assert.Equal(HttpStatusCode.NotFound, (await foreigner.GetAsync($"/visits/{booked.Visit}/invite")).StatusCode);
        var form = Form.Token(await product.Device().GetStringAsync("/auth/sign-in"));
        Assert.NotEqual(HttpStatusCode.SeeOther, (await foreigner.PostAsync($"/visits/{booked.Visit}/room",
            new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = form }))).StatusCode);
        Assert.Equal(0L, await product.Ask<long>($"select count(*) from collab.participant where visit = '{booked.Visit}'"));
    }

    [Fact]
    public async Task A_live_connection_from_another_sites_page_is_refused()
    {
        await using var scene = await Visits.RoomScene.Open(product, "A-origin");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/hubs/room/negotiate?negotiateVersion=1&s={scene.PatientRoom.Split('/')[^1]}");
        request.Headers.Add("Origin", "https://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.PatientDevice.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Pages_answer_no_other_origin_and_the_FHIR_API_any()
    {
        foreach (var (path, open) in new[] { ("/auth/sign-in", false), ("/visits", false), ("/fhir/metadata", true), ("/fhir/.well-known/smart-configuration", true) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Origin", "https://other.example");
            var answer = await product.Stranger().SendAsync(request);
            Assert.Equal(open, answer.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    private static string Fill(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart { Name: "id" } => "0199a000-0000-7000-8000-000000000000",
        RoutePatternParameterPart { IsCatchAll: true } => "Patient",
        RoutePatternParameterPart => "x",
        _ => "",
    }))));
}
