using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class BatchTests(TestProduct product) : FhirTest(product)
{
    [Fact, Trait("Row", "FHIR-55")]
    public async Task Every_entry_of_a_batch_is_for_itself()
    {
        var there = (await Fhir.Create("Patient", Patient())).Id();
        var gone = (await Fhir.Create("Patient", """{"resourceType":"Patient"}""")).Id();
        var response = await Body(Post("", Bundle("batch",
            Entry("POST", "Patient", """{"resourceType":"Patient"}"""),
            Entry("PUT", $"Patient/{there}", Patient(there, "\"gender\":\"male\"")),
            Entry("PUT", $"Patient?identifier=urn:test|{T}x", """{"resourceType":"Patient"}"""),
            Entry("PUT", $"Patient/{there}", Patient(there), more: ",\"ifMatch\":\"W/\\\"7\\\"\""),
            Entry("DELETE", $"Patient/{gone}"),
            Entry("GET", "Patient/missing"),
            Entry("GET", "Nonsense/1"),
            Entry("POST", "Patient", """{"resourceType":"Patient","gender":"dummy"}"""),
            Entry("POST", "Patient", """{"resourceType":"Patient","name":[{"family":"a"}]}""", more: ",\"ifNoneExist\":\"identifier=a%00b\""),
            Entry("POST", "Patient", "7"),
            Entry("GET", $"Patient?identifier=urn:test|{T}"),
            Entry("GET", $"Patient/{there}/_history/1"))));
        Assert.Equal("batch-response", response.GetProperty("type").GetString());
        Assert.Equal(["201", "200", "201", "412", "204", "404", "404", "400", "400", "400", "200", "200"], Statuses(response));
        var entries = Items(response).ToList();
        Assert.Equal("OperationOutcome", entries[3].GetProperty("response").GetProperty("outcome").GetProperty("resourceType").GetString());
        Assert.Equal("searchset", entries[10].GetProperty("resource").GetProperty("type").GetString());
        Assert.StartsWith("Patient/", entries[0].GetProperty("response").GetProperty("location").GetString());
    }

    [Theory, Trait("Row", "FHIR-56")]
    [InlineData("""{"resourceType":"Patient"}""")]
    [InlineData("""{"resourceType":"Bundle"}""")]
    [InlineData("""{"resourceType":"Bundle","type":"invalid-type"}""")]
    [InlineData("""{"resourceType":"Bundle","type":"collection"}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":{}}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":[null]}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":[{}]}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":[{"request":"GET"}]}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET"}}]}""")]
    [InlineData("""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"BREW","url":"Patient"}}]}""")]
    [InlineData("[]")]
    [InlineData("")]
    public Task What_is_no_batch_is_refused(string body) => Refused(Post("", body), HttpStatusCode.BadRequest);

    [Fact]
    public async Task A_zero_character_spoils_no_connection_for_those_who_come_after()
    {
        for (var i = 0; i < 10; i++)
        {
            await Body(Post("", Bundle("batch", [.. Enumerable.Range(0, 6).Select(n => n % 2 == 0
                ? Entry("POST", "Patient", Patient(), more: ",\"ifNoneExist\":\"identifier=a%00b\"")
                : Entry("GET", "Patient?identifier=a%00b"))])));
            await Refused(Post("", Bundle("transaction", Entry("POST", "Basic", """{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"Patient?identifier=a%00b"}}"""))),
                HttpStatusCode.BadRequest, HttpStatusCode.PreconditionFailed);
            await Body(Post("", Bundle("batch", Entry("POST", "Patient", Patient()))));
        }
    }

    [Fact]
    public async Task An_empty_batch_has_an_empty_answer() =>
        Assert.Empty(Items(await Body(Post("", """{"resourceType":"Bundle","type":"batch"}"""))));

    [Fact]
    public async Task A_bundle_in_a_bundle_is_not_run() =>
        Assert.Equal(["405"], Statuses(await Body(Post("", Bundle("batch", Entry("POST", "/", Bundle("batch")))))));
}
