using HealthTeams.SmartLauncher.Ehrs;
using Xunit;

namespace HealthTeams.UnitTests.SmartLauncher;

public sealed class IssMatchTests
{
    [Theory]
    [InlineData("https://ehr.example/fhir", "https://ehr.example/fhir")]
    [InlineData("https://ehr.example/fhir/", "https://ehr.example/fhir")]
    [InlineData("HTTPS://EHR.example:443/Fhir/R4/", "https://ehr.example/Fhir/R4")]
    [InlineData("http://localhost:8090/fhir", "http://localhost:8090/fhir")]
    [InlineData("https://ehr.example", "https://ehr.example")]
    [InlineData("https://ehr.example/", "https://ehr.example")]
    public void Scheme_host_and_one_trailing_slash_are_normalised(string iss, string expected) =>
        Assert.Equal(expected, IssMatch.Normalise(iss).Value);

    [Theory]
    [InlineData("")]
    [InlineData("ehr.example/fhir")]
    [InlineData("ftp://ehr.example/fhir")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://user@ehr.example/fhir")]
    [InlineData("https://user:password@ehr.example/fhir")]
    [InlineData("https://ehr.example/fhir?x=1")]
    [InlineData("https://ehr.example/fhir#x")]
    [InlineData("https://ehr.example/a/../fhir")]
    [InlineData("https://ehr.example/./fhir")]
    [InlineData("https://ehr.example/a/%2e%2e/fhir")]
    [InlineData("https://ehr.example/a%2Ffhir")]
    [InlineData("https://ehr.example/a%5cfhir")]
    [InlineData("https://ehr.example\\@evil.example/fhir")]
    [InlineData("https://ehr.example//fhir")]
    [InlineData("https://ehr.example/fhir//")]
    [InlineData("https://ehr.example/fhir x")]
    [InlineData(" https://ehr.example/fhir")]
    [InlineData("https://ehr.example/fhir\r\n")]
    [InlineData("https:/ehr.example/fhir")]
    public void What_can_be_read_in_two_ways_is_refused(string iss) => Assert.False(IssMatch.Normalise(iss).Ok);

    [Theory]
    [InlineData("http://localhost:8090/fhir", "http://localhost:8090/fhir", false, true)]
    [InlineData("http://localhost:8090/fhir", "http://localhost:8090/fhir/x", false, false)]
    [InlineData("http://localhost:8090/fhir", "http://localhost:8090/fhir/x/y", true, true)]
    [InlineData("http://localhost:8090/fhir", "http://localhost:8090/fhirx", true, false)]
    [InlineData("http://localhost:8090", "http://localhost:80901/fhir", true, false)]
    [InlineData("http://localhost:8090", "http://localhost:8090/any", true, true)]
    [InlineData("http://localhost:8090/fhir", "https://localhost:8090/fhir", true, false)]
    public void Only_a_test_registration_covers_what_lies_below_it(string registered, string asked, bool test, bool covered) =>
        Assert.Equal(covered, IssMatch.Covers(registered, asked, test));
}
