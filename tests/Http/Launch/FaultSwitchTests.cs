using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>Every way in which the simulated EHR can misbehave, in turn: the launch opens the right room, or says why it does not.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class FaultSwitchTests(ProductWithEhr product)
{
    private static readonly Dictionary<string, (object Value, string Outcome)> Switches = new()
    {
        ["down"] = (true, "error: ehr-unreachable"),
        ["slowMs"] = (300, "room"),
        ["failWrites"] = (1, "room"),
        ["conflictOnce"] = (true, "room"),
        ["tokenExpiresIn"] = (1, "room"),
        ["rejectTokens"] = (true, "room"),
        ["rejectRefresh"] = (true, "room"),
        ["activeTtl"] = (600, "room"),
        ["badIdTokenSignature"] = (true, "error: id-token-invalid"),
        ["wrongNonce"] = (true, "error: id-token-invalid"),
        ["wrongIssuer"] = (true, "error: id-token-invalid"),
        ["wrongAudience"] = (true, "error: id-token-invalid"),
        ["expiredIdToken"] = (true, "error: id-token-invalid"),
        ["algNone"] = (true, "error: id-token-invalid"),
        ["hmacIdToken"] = (true, "error: id-token-invalid"),
        ["rotatedKey"] = (true, "room"),
        ["noKid"] = (true, "room"),
        ["clockSkew"] = (60, "room"),
        ["noIdToken"] = (true, "error: id-token-invalid"),
        ["noFhirUser"] = (true, "error: user-unknown"),
        ["relativeFhirUser"] = (true, "room"),
        ["fhirUser"] = ("https://another.example/fhir/Practitioner/1", "error: user-unknown"),
        ["subject"] = ("somebody-of-this-test", "room"),
        ["noPatient"] = (true, "room"),
        ["noEncounter"] = (true, "room"),
        ["noAppointmentContext"] = (true, "room"),
        ["denyAccess"] = (true, "error: access-denied"),
        ["authorizeError"] = ("server_error", "error: ehr-refused"),
        ["noSmartConfiguration"] = (true, "room"),
        ["relativeAddresses"] = (true, "room"),
        // The other host is this machine, which only an operator opens.
        ["separateHosts"] = (true, "error: ehr-unreachable"),
        ["noChallengeMethods"] = (true, "room"),
        ["plainChallengeOnly"] = (true, "error: discovery-failed"),
        ["redirectDiscovery"] = (true, "room"),
        ["redirectAway"] = (true, "error: discovery-failed"),
        ["hugeAnswers"] = (true, "error: ehr-unreachable"),
        ["notJson"] = (true, "error: discovery-failed"),
        ["v1Only"] = (true, "room"),
        ["rs384Only"] = (true, "room"),
        ["noRevocation"] = (true, "room"),
        // Its page says so; only a request too long for an address goes by POST without being told.
        ["postOnlyAuthorize"] = (true, "authorize: "),
        ["longLaunch"] = (true, "launch: "),
        ["fewerScopes"] = (true, "room"),
        ["publicClient"] = (true, "room"),
        ["secretPostOnly"] = (true, "room"),
        ["rawSecrets"] = (true, "room"),
        ["tokenAnswer"] = (new { token_type = "mac" }, "error: token-refused"),
        ["hostileStyle"] = (true, "room"),
        ["paleStyle"] = (true, "room"),
    };

    public static TheoryData<string> All => [.. Switches.Keys];

    [Theory, Trait("Row", "SMART-A24")]
    [MemberData(nameof(All))]
    public async Task A_launch_opens_the_right_room_or_says_why_not(string fault)
    {
        var (value, outcome) = Switches[fault];
        await product.Faults();
        var visit = await product.BookInEhr($"Fault {fault}", patient: "MRN-1011");
        await product.Faults(new Dictionary<string, object?> { [fault] = value });
        try
        {
            var trail = await new Browser(product).Launch("practitioner", visit);
            Assert.Equal(outcome, trail.Outcome());
            if (outcome == "room") Assert.Equal(await product.Visit(visit), await product.Visit(trail));
            else Assert.Equal(0, await product.Ask<long>($"select count(*) from auth.visit_session where visit = '{await product.Visit(visit)}'"));
        }
        finally
        {
            await product.Faults();
        }
    }

    [Fact]
    public async Task No_switch_is_forgotten() =>
        Assert.Equal((await product.EhrApi.GetFromJsonAsync<JsonElement>("/faults")).EnumerateObject().Select(p => p.Name).Order(), Switches.Keys.Order());
}
