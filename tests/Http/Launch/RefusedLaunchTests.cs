using System.Net;
using System.Net.Sockets;
using Xunit;

namespace HealthTeams.Tests.Launch;

[Collection(LaunchedProduct.Name)]
public sealed class RefusedLaunchTests(ProductWithEhr product)
{
    [Fact, Trait("Row", "SMART-A3")]
    public async Task An_unknown_iss_is_refused_and_nothing_is_fetched_from_it()
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        var port = ((IPEndPoint)trap.LocalEndpoint).Port;
        foreach (var iss in (string[])[$"http://127.0.0.1:{port}/fhir", $"http://localhost:{port}/fhir", $"{product.Ehr}fhir@127.0.0.1:{port}", $"http://localhost:{product.Ehr.Port}@127.0.0.1:{port}/fhir", $"{product.Ehr}fhir/../other"])
        {
            var trail = await new Browser(product).Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString(iss)}&launch=x"));
            Assert.Contains(trail.Outcome(), (string[])["error: iss-unknown", "error: iss-invalid"]);
        }
        await Task.Delay(300);
        Assert.False(trap.Pending());
    }

    [Fact, Trait("Row", "SMART-A25")]
    public async Task An_answer_works_once()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Replay", patient: "MRN-1007");
        var browser = new Browser(product);
        var answer = await browser.AsFarAsTheAnswer("practitioner", visit);
        Assert.Equal("room", (await browser.Follow(answer)).Outcome());
        Assert.StartsWith("error: ", (await browser.Follow(answer)).Outcome(), StringComparison.Ordinal);
        Assert.Equal(1, await product.Ask<long>($"select count(*) from auth.visit_session s join collab.visit_identifier i on i.visit = s.visit where i.value = '{visit.Identifier}'"));
    }

    [Fact, Trait("Row", "SMART-A6")]
    public async Task Another_browser_can_neither_use_nor_spoil_a_launch()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Stolen", patient: "MRN-1008");
        var browser = new Browser(product);
        var answer = await browser.AsFarAsTheAnswer("practitioner", visit);
        Assert.Equal("error: other-browser", (await new Browser(product).Follow(answer)).Outcome());
        Assert.Equal("room", (await browser.Follow(answer)).Outcome());
    }

    [Fact]
    public async Task A_made_up_state_belongs_to_no_launch() =>
        Assert.Equal("error: state-unknown", (await new Browser(product).Follow(new Uri(product.Url, "/launch/callback?code=x&state=abcdefgh.ijkl"))).Outcome());

    [Theory, Trait("Row", "SMART-A18")]
    [InlineData("badIdTokenSignature", "id-token-invalid")]
    [InlineData("wrongNonce", "id-token-invalid")]
    [InlineData("wrongIssuer", "id-token-invalid")]
    [InlineData("expiredIdToken", "id-token-invalid")]
    [InlineData("noIdToken", "id-token-invalid")]
    [InlineData("noFhirUser", "user-unknown")]
    [InlineData("denyAccess", "access-denied")]
    public async Task A_user_who_is_not_proven_sits_nowhere(string fault, string code)
    {
        var visit = await product.BookInEhr($"With {fault}", patient: "MRN-1010");
        await product.Faults(fault);
        try
        {
            Assert.Equal($"error: {code}", (await new Browser(product).Launch("practitioner", visit)).Outcome());
            Assert.Equal(0, await product.Ask<long>($"select count(*) from auth.visit_session s join collab.visit_identifier i on i.visit = s.visit where i.value = '{visit.Identifier}'"));
        }
        finally
        {
            await product.Faults();
        }
    }
}
