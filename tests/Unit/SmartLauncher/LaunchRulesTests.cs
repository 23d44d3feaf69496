using System.Text.Json;
using HealthTeams.Collaboration.Visits;
using HealthTeams.SmartLauncher.Ehrs;
using HealthTeams.SmartLauncher.Launch;
using HealthTeams.SmartLauncher.Staff;
using Xunit;

namespace HealthTeams.UnitTests.SmartLauncher;

public sealed class LaunchRulesTests
{
    private const string Base = "https://ehr.example/fhir";
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly IdClaims Good = new("https://ehr.example", ["us"], null, "u1", "n1", Now.AddMinutes(5), null, Now);

    private static string? Wrong(IdClaims claims) => IdTokenRules.Wrong(claims, "https://ehr.example", "us", "n1", Now);

    [Fact]
    public void A_good_id_token_passes() => Assert.Null(Wrong(Good));

    [Fact]
    public void Clocks_may_differ_by_a_minute()
    {
        Assert.Null(Wrong(Good with { Expires = Now.AddSeconds(-60), IssuedAt = Now.AddSeconds(60), NotBefore = Now.AddSeconds(60) }));
        Assert.NotNull(Wrong(Good with { Expires = Now.AddSeconds(-121) }));
        Assert.NotNull(Wrong(Good with { IssuedAt = Now.AddSeconds(121) }));
        Assert.NotNull(Wrong(Good with { NotBefore = Now.AddSeconds(121) }));
    }

    [Fact]
    public void An_id_token_for_somebody_else_is_refused()
    {
        Assert.NotNull(Wrong(Good with { Issuer = "https://evil.example" }));
        Assert.NotNull(Wrong(Good with { Issuer = null }));
        Assert.NotNull(Wrong(Good with { Audiences = ["them"] }));
        Assert.NotNull(Wrong(Good with { Audiences = ["us", "them"] }));
        Assert.Null(Wrong(Good with { Audiences = ["us", "them"], AuthorizedParty = "us" }));
        Assert.NotNull(Wrong(Good with { AuthorizedParty = "them" }));
        Assert.NotNull(Wrong(Good with { Nonce = "other" }));
        Assert.NotNull(Wrong(Good with { Nonce = null }));
        Assert.NotNull(Wrong(Good with { Subject = "" }));
        Assert.NotNull(Wrong(Good with { Expires = null }));
        Assert.NotNull(Wrong(Good with { IssuedAt = null }));
    }

    [Theory]
    [InlineData("Practitioner/1", "Practitioner/1")]
    [InlineData("https://ehr.example/fhir/Patient/a.b-1", "Patient/a.b-1")]
    [InlineData("https://evil.example/fhir/Patient/1", null)]
    [InlineData("https://ehr.example/fhir/Device/1", null)]
    [InlineData("Patient/../1", null)]
    [InlineData("Patient/1/_history/2", null)]
    [InlineData("Patient/1\n", null)]
    public void The_users_reference_must_be_of_this_ehr(string claim, string? expected) => Assert.Equal(expected, FhirUser.Parse(claim, Base)?.Reference);

    [Theory]
    [InlineData("Practitioner", "7", SeatRole.Host)]
    [InlineData("PractitionerRole", "7", SeatRole.Host)]
    [InlineData("Patient", "1", SeatRole.Patient)]
    [InlineData("Patient", "7", SeatRole.Guest)]
    [InlineData("RelatedPerson", "7", SeatRole.Guest)]
    [InlineData("Person", "7", SeatRole.Guest)]
    public void Only_clinicians_host(string type, string patientInContext, SeatRole role) =>
        Assert.Equal(role, new FhirUser(type, "1").RoleFor(patientInContext));

    [Fact]
    public void The_context_is_read_in_both_of_its_forms()
    {
        var answer = Read("""
            {"access_token":"a","token_type":"BEARER","expires_in":"300","patient":"p1","need_patient_banner":false,
             "fhirContext":[{"reference":"Appointment/a1"},"Encounter/e1",{"reference":"https://ehr.example/fhir/Appointment/a2"},
                            {"reference":"https://other.example/Appointment/a3"},{"canonical":"x"}]}
            """).Value;
        Assert.Equal("p1", answer.Context.Patient);
        Assert.Equal("e1", answer.Context.Encounter);
        Assert.Equal(["a1", "a2"], answer.Context.Appointments);
        Assert.Equal(Now.AddSeconds(300), answer.Tokens.ExpiresAt);
        Assert.False(answer.NeedPatientBanner);
    }

    [Theory]
    [InlineData("""{"access_token":"a","token_type":"bearer","patient":"../../admin"}""")]
    [InlineData("""{"access_token":"a","token_type":"bearer","patient":12}""")]
    [InlineData("""{"access_token":"a","token_type":"bearer","fhirContext":[{"reference":"Appointment/a/../b"}]}""")]
    public void A_context_that_is_no_fhir_id_is_refused(string body) => Assert.Equal(LaunchProblem.ContextInvalid, Read(body).Problem?.Code);

    [Theory]
    [InlineData("""{"token_type":"bearer"}""")]
    [InlineData("""{"access_token":"a"}""")]
    [InlineData("""{"access_token":"a","token_type":"mac"}""")]
    public void An_answer_without_a_bearer_token_is_refused(string body) => Assert.Equal(LaunchProblem.TokenRefused, Read(body).Problem?.Code);

    [Fact]
    public void Scopes_are_asked_in_the_version_the_ehr_knows()
    {
        Assert.Contains("patient/Appointment.rs", LaunchScopes.Ask(v2: true, fromEhr: true, writeBack: false), StringComparison.Ordinal);
        var v1 = LaunchScopes.Ask(v2: false, fromEhr: false, writeBack: false).Split(' ');
        Assert.Contains("patient/Appointment.read", v1);
        Assert.Contains("launch/encounter", v1);
        Assert.DoesNotContain("launch", v1);
        Assert.True(LaunchScopes.MayWrite("openid user/Encounter.u"));
        Assert.False(LaunchScopes.MayWrite("openid user/Encounter.rs"));
    }

    [Theory]
    [InlineData("/auth/token", "https://ehr.example/auth/token")]
    [InlineData("auth/token", "https://ehr.example/fhir/auth/token")]
    [InlineData("https://login.example/token", "https://login.example/token")]
    [InlineData("//login.example/token", "https://login.example/token")]
    [InlineData("http://login.example/token", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("https://u:p@login.example/token", null)]
    public void Discovered_addresses_are_absolute_and_https(string value, string? expected)
    {
        var document = JsonSerializer.SerializeToElement(new { at = value });
        Assert.Equal(expected, DiscoveryRules.Address(new Uri(Base + "/"), document, "at")?.AbsoluteUri);
    }

    [Fact]
    public void An_ehr_that_offers_plain_only_is_not_launched_from()
    {
        var smart = JsonSerializer.SerializeToElement(new
        {
            authorization_endpoint = "https://ehr.example/a", token_endpoint = "https://ehr.example/t", code_challenge_methods_supported = new[] { "plain" },
        });
        Assert.Equal("discovery-failed", DiscoveryRules.FromSmart(new Uri(Base + "/"), smart).Problem?.Code);
    }

    [Fact]
    public void Each_failure_makes_the_wait_longer_but_never_endless()
    {
        Assert.Equal(TimeSpan.Zero, Lockout.Wait(Lockout.FreeAttempts - 1));
        Assert.Equal(TimeSpan.FromSeconds(15), Lockout.Wait(Lockout.FreeAttempts));
        Assert.Equal(TimeSpan.FromSeconds(30), Lockout.Wait(Lockout.FreeAttempts + 1));
        Assert.Equal(TimeSpan.FromMinutes(15), Lockout.Wait(1000));
    }

    private static HealthTeams.Platform.Problems.Outcome<TokenAnswer> Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        return TokenAnswer.Read(document.RootElement.Clone(), Base, "asked", Now);
    }
}

public sealed class PinRulesTests
{
    [Theory]
    [InlineData("https://ehr.example/fhir", "https://auth.example/token", true)]
    [InlineData("https://ehr.example/fhir", "https://ehr.example:8443/token", true)]
    [InlineData("https://10.0.0.5/fhir", "https://10.0.0.5:8443/token", true)]
    [InlineData("http://localhost:8080/fhir", "http://localhost:9090/token", true)]
    [InlineData("https://10.0.0.5/fhir", "http://127.0.0.1:5432/", false)]
    [InlineData("https://10.0.0.5/fhir", "https://localhost/token", false)]
    [InlineData("https://10.0.0.5/fhir", "https://10.0.0.6/token", false)]
    [InlineData("https://ehr.example/fhir", "https://169.254.169.254/latest", false)]
    [InlineData("https://ehr.example/fhir", "https://[::1]/token", false)]
    [InlineData("https://ehr.example/fhir", "http://auth.example/token", false)]
    public void Discovery_opens_public_hosts_and_the_EHR_s_own(string root, string named, bool may) =>
        Assert.Equal(may, DiscoveryRules.MayPin(new Uri(root), new Uri(named)));
}
