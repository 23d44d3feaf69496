using System.Text.RegularExpressions;
using System.Web;
using Xunit;

namespace HealthTeams.Tests.Launch;

/// <summary>What a launch asks of the EHR's authorization server.</summary>
[Collection(LaunchedProduct.Name)]
public sealed class AuthorizationRequestTests(ProductWithEhr product)
{
    private string Iss => $"{product.Ehr}fhir";

    [Fact, Trait("Row", "SMART-A1")]
    public async Task The_launch_handle_comes_back_as_it_was_and_the_scope_says_so()
    {
        var asked = await Asked($"iss={Uri.EscapeDataString(Iss)}&launch={Uri.EscapeDataString("a b/c+d=é&<")}");
        Assert.Equal("a b/c+d=é&<", asked["launch"]);
        Assert.Contains("launch", asked["scope"]!.Split(' '));
        Assert.DoesNotContain("launch/patient", asked["scope"]!.Split(' '));
        Assert.Equal("code", asked["response_type"]);
        Assert.Equal("healthteams", asked["client_id"]);
    }

    [Fact, Trait("Row", "SMART-A2")]
    public async Task A_standalone_launch_asks_the_EHR_for_patient_and_encounter_and_leads_to_the_visit()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Standalone", patient: "MRN-1008");
        var browser = new Browser(product);
        var trail = await browser.Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString(Iss)}"));
        var asked = trail.Asked();
        Assert.Null(asked["launch"]);
        Assert.Superset(new HashSet<string> { "launch/patient", "launch/encounter", "openid", "fhirUser" }, asked["scope"]!.Split(' ').ToHashSet());
        Assert.DoesNotContain("launch", asked["scope"]!.Split(' '));
        var patient = Regex.Match(await product.EhrApi.GetStringAsync("/api/appointments"), $"\"identifier\":\"{visit.Identifier}\".*?\"patientId\":\"([^\"]*)\"").Groups[1].Value;
        var end = await browser.Submit(trail[^1], ("ehrsim_user", $"Patient/{patient}"), ("ehrsim_patient", patient));
        Assert.Equal("room", end.Outcome());
        Assert.Equal("Patient", await product.Ask<string>($"select kind from auth.visit_session where id = '{end.Session()}'"));
    }

    [Fact, Trait("Row", "SMART-A6")]
    public async Task States_are_long_new_each_time_and_kept_as_hashes()
    {
        var states = new HashSet<string>();
        for (var n = 0; n < 5; n++) states.Add((await Asked($"iss={Uri.EscapeDataString(Iss)}&launch=x"))["state"]!);
        Assert.Equal(5, states.Count);
        // 256 random bits after the part that names the cookie.
        Assert.All(states, s => Assert.Equal(43, s.Split('.')[1].Length));
        Assert.Equal(0, await product.Ask<long>($"select count(*) from auth.launch l where l::text like '%{states.First().Split('.')[1]}%'"));
    }

    [Fact, Trait("Row", "SMART-A7")]
    public async Task Every_request_has_a_challenge_of_its_own_whether_the_EHR_announces_it_or_not()
    {
        await product.Faults("noChallengeMethods");
        var (one, other) = (await Asked($"iss={Uri.EscapeDataString(Iss)}"), await Asked($"iss={Uri.EscapeDataString(Iss)}"));
        await product.Faults();
        Assert.All([one, other], asked =>
        {
            Assert.Equal("S256", asked["code_challenge_method"]);
            Assert.Equal(43, asked["code_challenge"]!.Length);
            Assert.Null(asked["code_verifier"]);
        });
        Assert.NotEqual(one["code_challenge"], other["code_challenge"]);
        Assert.NotEqual(one["nonce"], other["nonce"]);
    }

    [Theory, Trait("Row", "SMART-A8")]
    [InlineData("")]
    [InlineData("/")]
    public async Task The_audience_is_the_iss_letter_by_letter_and_the_redirect_one_for_all(string ending)
    {
        var asked = await Asked($"iss={Uri.EscapeDataString(Iss + ending)}&launch=x&redirect_uri=https%3A%2F%2Fevil.example&aud=https%3A%2F%2Fevil.example");
        Assert.Equal(Iss + ending, asked["aud"]);
        Assert.Equal(new Uri(product.Url, "/launch/callback").AbsoluteUri, asked["redirect_uri"]);
    }

    [Fact, Trait("Row", "SMART-A9")]
    public async Task A_request_too_long_for_an_address_goes_by_POST_from_a_page_that_runs_nothing_else()
    {
        await product.Faults();
        var visit = await product.BookInEhr("Long launch", patient: "MRN-1002");
        await product.Faults("longLaunch", "postOnlyAuthorize");
        var browser = new Browser(product);
        var trail = await browser.Launch("practitioner", visit);
        var page = trail[^1];
        Assert.Equal("/launch", page.At.AbsolutePath);
        var policy = page.Answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Matches($"frame-ancestors 'self' .*{product.Ehr.GetLeftPart(UriPartial.Authority)}", policy);
        Assert.DoesNotContain("<script>", page.Page, StringComparison.Ordinal);
        Assert.True(page.Answer.Headers.CacheControl?.NoStore);
        Assert.Contains("Continue to the chart", page.Page, StringComparison.Ordinal);
        var end = await browser.Submit(page);
        await product.Faults();
        Assert.Equal("room", end.Outcome());
        Assert.Equal("POST", (await product.Calls("/oauth/authorize"))[0]);
    }

    [Fact, Trait("Row", "SMART-A9")]
    public async Task A_short_request_goes_by_GET()
    {
        var trail = await new Browser(product).Follow(new Uri(product.Url, $"/launch?iss={Uri.EscapeDataString(Iss)}&launch=x"), until: at => at.AbsolutePath == "/oauth/authorize");
        Assert.True(trail[^1].Next!.AbsoluteUri.Length < 2000);
    }

    [Fact, Trait("Row", "SMART-A15")]
    public async Task It_asks_for_what_finds_the_visit_and_for_nothing_else()
    {
        await product.Register();
        Assert.Equal("openid fhirUser launch online_access patient/Patient.rs patient/Encounter.rs patient/Appointment.rs user/Practitioner.rs user/PractitionerRole.rs user/RelatedPerson.rs",
            (await Asked($"iss={Uri.EscapeDataString(Iss)}&launch=x"))["scope"]);
    }

    [Fact, Trait("Row", "SMART-A14")]
    public async Task An_EHR_without_version_two_is_asked_in_version_one()
    {
        await product.Faults("v1Only");
        var scopes = (await Asked($"iss={Uri.EscapeDataString(Iss)}&launch=x"))["scope"]!;
        await product.Faults();
        Assert.Contains("patient/Appointment.read", scopes, StringComparison.Ordinal);
        Assert.DoesNotContain(".rs", scopes, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "SMART-A23")]
    public async Task It_stays_online_unless_the_end_of_the_visit_is_written_with_its_token()
    {
        await product.Register(e => e with { BackendClientId = null, WriteBack = true });
        var lasting = (await Asked($"iss={Uri.EscapeDataString(Iss)}&launch=x"))["scope"]!.Split(' ');
        await product.Register();
        Assert.Contains("offline_access", lasting);
        Assert.DoesNotContain("online_access", lasting);
        Assert.DoesNotContain("offline_access", (await Asked($"iss={Uri.EscapeDataString(Iss)}&launch=x"))["scope"]!.Split(' '));
    }

    private async Task<System.Collections.Specialized.NameValueCollection> Asked(string query)
    {
        var trail = await new Browser(product).Follow(new Uri(product.Url, $"/launch?{query}"), until: at => at.AbsolutePath == "/oauth/authorize");
        return HttpUtility.ParseQueryString(trail[^1].Next!.Query);
    }
}
