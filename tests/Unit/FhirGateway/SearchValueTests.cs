using HealthTeams.FhirGateway.Interactions;
using HealthTeams.FhirGateway.Search;
using Xunit;

namespace HealthTeams.UnitTests.FhirGateway;

public sealed class SearchValueTests
{
    [Theory, Trait("Row", "FHIR-73")]
    [InlineData("2026", "2026-01-01T00:00:00.000000", "2027-01-01T00:00:00.000000")]
    [InlineData("2026-02", "2026-02-01T00:00:00.000000", "2026-03-01T00:00:00.000000")]
    [InlineData("2024-02-29", "2024-02-29T00:00:00.000000", "2024-03-01T00:00:00.000000")]
    [InlineData("2026-02-03T10:20", "2026-02-03T10:20:00.000000", "2026-02-03T10:21:00.000000")]
    [InlineData("2026-02-03T10:20:30+02:00", "2026-02-03T08:20:30.000000", "2026-02-03T08:20:31.000000")]
    [InlineData("2026-02-03T10:20:30.5-01:30", "2026-02-03T11:50:30.500000", "2026-02-03T11:50:30.600000")]
    [InlineData("2026-02-03T10:20:30.123Z", "2026-02-03T10:20:30.123000", "2026-02-03T10:20:30.124000")]
    [InlineData("2026-02-03T10:20:30.123456Z", "2026-02-03T10:20:30.123456", "2026-02-03T10:20:30.123457")]
    public void A_date_is_the_span_it_covers(string text, string lo, string hi)
    {
        var range = DateRange.Parse(text)!.Value;
        Assert.Equal((lo, hi), (range.Lo.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff"), range.Hi.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("2026-13")]
    [InlineData("2026-02-30")]
    [InlineData("2023-02-29")]
    [InlineData("2026-02T10:00")]
    [InlineData("2026-02-03T25:00")]
    [InlineData("2026-02-03T10:00+15:00")]
    [InlineData("2026-02-03T10:20:30.12345678Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void What_is_no_date_is_none(string text) => Assert.Null(DateRange.Parse(text));

    [Theory, Trait("Row", "FHIR-76")]
    [InlineData("5.4", 5.35, 5.45)]
    [InlineData("5.40", 5.395, 5.405)]
    [InlineData("100", 99.5, 100.5)]
    [InlineData("1e2", 50, 150)]
    [InlineData("-5", -5.5, -4.5)]
    public void A_number_is_the_span_its_digits_leave_open(string text, double lo, double hi)
    {
        var range = NumberRange.Parse(text)!.Value;
        Assert.Equal(((decimal)lo, (decimal)hi), (range.Lo, range.Hi));
    }

    [Theory, Trait("Row", "FHIR-93")]
    [InlineData("a,b", "a;b")]
    [InlineData("""a\,b,c""", """a\,b;c""")]
    [InlineData("""a\\,b""", """a\\;b""")]
    [InlineData("""a\""", """a\""")]
    [InlineData(",", ";")]
    public void Escaped_commas_do_not_split(string value, string parts) => Assert.Equal(parts, string.Join(';', SearchValue.Split(value, ',')));

    [Theory]
    [InlineData("Patient/1", "Patient", "1")]
    [InlineData("Patient/1/_history/2", "Patient", "1")]
    [InlineData("http://other/fhir/Patient/1", null, "http://other/fhir/Patient/1")]
    [InlineData("urn:uuid:1", null, "urn:uuid:1")]
    [InlineData("#a", null, "#a")]
    [InlineData("patient/1", null, "patient/1")]
    public void A_reference_has_a_type_when_it_is_ours(string reference, string? type, string id) => Assert.Equal((type, id), Reference.Split(reference));

    [Theory]
    [InlineData("https://us.example/fhir/Patient/1", "Patient/1")]
    [InlineData("https://us.example/fhir2/Patient/1", "https://us.example/fhir2/Patient/1")]
    [InlineData("https://us.example/fhir", "https://us.example/fhir")]
    [InlineData("Patient/1", "Patient/1")]
    public void Our_own_address_is_local(string reference, string local) => Assert.Equal(local, Reference.Local(reference, "https://us.example/fhir"));

    [Theory]
    [InlineData("W/\"3\"", 3)]
    [InlineData(" W/\"3\" ", 3)]
    [InlineData("\"3\"", null)]
    [InlineData("W/\"-3\"", null)]
    [InlineData("W/\"", null)]
    [InlineData("*", null)]
    public void Etags_are_weak_versions(string etag, int? version) => Assert.Equal(version, ETags.Parse(etag));
}
