using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>
/// http://hl7.org/fhir/R4/search.html#prefix against every precision and Periods with open ends; the expected sets are
/// the specification's words applied by hand.
/// </summary>
[Collection("fhir")]
[Trait("Row", "FHIR-73")]
public sealed class DateSearchTests(TestProduct product) : FhirTest(product)
{
    private const string Tag = "date-search";

    private static readonly (string Letter, string Effective)[] Times =
    [
        ("a", "\"effectiveDateTime\":\"1979-12-31\""),
        ("b", "\"effectiveDateTime\":\"1980\""),
        ("c", "\"effectiveDateTime\":\"1980-05\""),
        ("d", "\"effectiveDateTime\":\"1980-05-11\""),
        ("e", "\"effectiveDateTime\":\"1980-05-11T16:32:15Z\""),
        ("f", "\"effectiveDateTime\":\"1980-05-11T16:32:15.500Z\""),
        ("g", "\"effectiveDateTime\":\"1981-01-01\""),
        ("h", "\"effectivePeriod\":{\"start\":\"1980-05-16\",\"end\":\"1980-05-17\"}"),
        ("i", "\"effectivePeriod\":{\"start\":\"1980-05-16\"}"),
        ("j", "\"effectivePeriod\":{\"end\":\"1980-05-17\"}"),
        ("k", ""), // says no time
    ];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Body(Post("", Bundle("transaction", [.. Times.Select(t => Entry("PUT", $"Observation/date-{t.Letter}", $$"""
            {"resourceType":"Observation","id":"date-{{t.Letter}}","meta":{"tag":[{"code":"{{Tag}}"}]},"status":"final","code":{"text":"x"}{{(t.Letter == "k" ? "" : "," + t.Effective)}}}
            """))])));
    }

    [Theory]
    [InlineData("1980", "bcdefh")]
    [InlineData("eq1980", "bcdefh")]
    [InlineData("1980-01", "")]
    [InlineData("1980-05", "cdefh")]
    [InlineData("1980-05-11", "def")]
    [InlineData("1980-05-11T16:32Z", "ef")]
    [InlineData("1980-05-11T16:32:15Z", "ef")]
    [InlineData("1980-05-11T18:32:15%2B02:00", "ef")]
    [InlineData("1980-05-11T18:32:15+02:00", "ef")]
    [InlineData("1980-05-11T16:32:15.500Z", "f")]
    [InlineData("1980-05-11T16:32:15.501Z", "")]
    [InlineData("1980-05-16", "")]
    [InlineData("ne1980", "agij")]
    [InlineData("ne1980-05", "abgij")]
    [InlineData("ne1980-05-11", "abcghij")]
    [InlineData("ne1980-05-11T16:32:15.500Z", "abcdeghij")]
    [InlineData("lt1980", "aj")]
    [InlineData("lt1980-05", "abj")]
    [InlineData("lt1980-05-11", "abcj")]
    [InlineData("lt1980-05-11T16:32:15Z", "abcdj")]
    [InlineData("lt1980-05-11T16:32:15.500Z", "abcdej")]
    [InlineData("lt1980-06", "abcdefhij")]
    [InlineData("lt1982", "abcdefghij")]
    [InlineData("gt1980", "gi")]
    [InlineData("gt1980-05", "bgi")]
    [InlineData("gt1980-05-11", "bcghij")]
    [InlineData("gt1980-05-11T16:32:15Z", "bcdghij")]
    [InlineData("gt1980-05-11T16:32:15.500Z", "bcdeghij")]
    [InlineData("gt1979-12-31", "bcdefghij")]
    [InlineData("gt1982", "i")]
    [InlineData("le1980", "abcdefhj")]
    [InlineData("le1980-05", "abcdefhj")]
    [InlineData("le1980-05-11", "abcdefj")]
    [InlineData("le1980-05-11T16:32:15.500Z", "abcdefj")]
    [InlineData("le1979-12-31", "aj")]
    [InlineData("le1979-12-30", "j")]
    [InlineData("ge1980", "bcdefghi")]
    [InlineData("ge1980-05", "bcdefghi")]
    [InlineData("ge1980-05-11", "bcdefghij")]
    [InlineData("ge1980-05-11T16:32:15.500Z", "bcdefghij")]
    [InlineData("ge1980-05-12", "bcghij")]
    [InlineData("ge1981-01-01", "gi")]
    [InlineData("ge1981-01-02", "i")]
    [InlineData("sa1980", "g")]
    [InlineData("sa1980-05", "g")]
    [InlineData("sa1980-05-10", "defghi")]
    [InlineData("sa1980-05-11", "ghi")]
    [InlineData("sa1980-05-11T16:32:14Z", "efghi")]
    [InlineData("sa1981-01-01", "")]
    [InlineData("eb1980", "a")]
    [InlineData("eb1980-05-11", "a")]
    [InlineData("eb1980-05-12", "adef")]
    [InlineData("eb1980-05-18", "adefhj")]
    [InlineData("eb1980-06", "acdefhj")]
    [InlineData("eb1981", "abcdefhj")]
    [InlineData("ap1980-05-11", "bcdefj")]
    [InlineData("ap1980-05-16", "bchij")]
    [InlineData("1979,1981", "ag")]
    [InlineData("lt9999-12-31", "abcdefghij")]
    [InlineData("ge1980-05-10&date=lt1980-05-12", "bcdefj")]
    public async Task A_date_matches_as_its_prefix_says(string value, string expected)
    {
        var found = await Found($"Observation?_tag={Tag}&date={value}");
        Assert.Equal(expected, string.Concat(found.Select(f => f[^1]).Order()));
    }

    [Fact]
    public async Task A_missing_date_matches_no_prefix_but_missing()
    {
        Assert.Equal(["Observation/date-k"], await Found($"Observation?_tag={Tag}&date:missing=true"));
        Assert.Equal(10, (await Found($"Observation?_tag={Tag}&date:missing=false")).Length);
    }

    [Theory]
    [InlineData("***")]
    [InlineData("1973-02-30")]
    [InlineData("1973-02-28T01:01:09.999999999999999999")]
    [InlineData("xx1980")]
    [InlineData("ge")]
    [InlineData("0001-01-01T00:00:00%2B14:00")]
    [InlineData("99999")]
    public Task What_is_no_date_is_refused(string value) => Refused(Get($"Observation?date={value}"), System.Net.HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-96")]
    public async Task Last_updated_is_searched_to_the_millisecond()
    {
        Product.Clock.Advance(TimeSpan.FromMinutes(3));
        var at = (await Fhir.Create("Patient", Patient())).GetProperty("meta").GetProperty("lastUpdated").GetDateTimeOffset();
        Product.Clock.Advance(TimeSpan.FromMinutes(3));
        async Task<int> Count(string prefix, TimeSpan away) =>
            (await Found($"Patient?identifier={T}&_lastUpdated={prefix}{(at + away):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}")).Length;
        var ms = TimeSpan.FromMilliseconds(1);
        foreach (var (prefix, before, same, after) in ((string, int, int, int)[])
            [("eq", 0, 1, 0), ("ne", 1, 0, 1), ("gt", 1, 0, 0), ("ge", 1, 1, 0), ("lt", 0, 0, 1), ("le", 0, 1, 1), ("sa", 1, 0, 0), ("eb", 0, 0, 1), ("ap", 0, 1, 0)])
        {
            Assert.Equal((prefix, before, same, after), (prefix, await Count(prefix, -ms), await Count(prefix, default), await Count(prefix, ms)));
        }
        Assert.Single(await Found($"Patient?identifier={T}&_lastUpdated={at:yyyy-MM-dd}"));
        Assert.Single(await Found($"Patient?identifier={T}&_lastUpdated=gt{at.AddMinutes(-1):yyyy-MM-dd'T'HH:mm}Z&_lastUpdated=lt{at.AddMinutes(1):yyyy-MM-dd'T'HH:mm}Z"));
    }
}
