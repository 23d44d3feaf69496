using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>Where an EHR says its authorization server is, as it is said and as it is found out.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class DiscoveryTests(ProductWithEhr product)
{
    [Fact, Trait("Row", "SMART-A5")]
    public async Task An_EHR_without_a_smart_configuration_is_read_from_its_capability_statement()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Older EHR", patient: "MRN-1009");
        await product.Faults("noSmartConfiguration");
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal("room", trail.Outcome());
        Assert.Equal(await product.Visit(visit), await product.Visit(trail));
        // What it did not list is not asked in the newer form, and the user is proven all the same.
        Assert.Contains("patient/Appointment.read", trail.Asked()["scope"]!, StringComparison.Ordinal);
        Assert.NotEmpty(await product.Calls("/fhir/metadata"));
    }

    [Theory, Trait("Row", "SMART-A4")]
    [InlineData("relativeAddresses", "room")]
    [InlineData("redirectDiscovery", "room")]
    [InlineData("redirectAway", "error: discovery-failed")]
    [InlineData("hugeAnswers", "error: ehr-unreachable")]
    [InlineData("notJson", "error: discovery-failed")]
    public async Task Discovery_is_followed_on_its_own_host_only_and_read_with_care(string fault, string outcome)
    {
        await product.Faults();
        var visit = await product.BookInEhr($"Discovery {fault}", patient: "MRN-1008");
        await product.Faults(fault);
        var trail = await new Browser(product).Launch("practitioner", visit);
        await product.Faults();
        Assert.Equal(outcome, trail.Outcome());
    }

    [Fact, Trait("Row", "SMART-A4")]
    public async Task Discovery_is_remembered_for_half_a_minute_and_no_longer()
    {
        await product.Faults();
        await using var rogue = await RogueEhr.Start(product);
        rogue.Discovery();
        var start = new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString($"{rogue.Url}fhir")}&launch=x");
        for (var n = 0; n < 3; n++) await new Browser(product).Follow(start, until: at => at.AbsolutePath == "/authorize");
        Assert.Single(rogue.Asked);
        product.Time.Move(TimeSpan.FromSeconds(31));
        await new Browser(product).Follow(start, until: at => at.AbsolutePath == "/authorize");
        Assert.Equal(2, rogue.Asked.Count);
    }
}
