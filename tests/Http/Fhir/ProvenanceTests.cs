using System.Net;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class ProvenanceTests(TestProduct product) : FhirTest(product)
{
    private (string, string) Told(string more = "") => ("X-Provenance", $$"""
        {"resourceType":"Provenance","recorded":"2026-11-23T10:00:00+01:00","agent":[{"who":{"display":"{{T}}"} }]{{more}} }
        """.Trim());

    /// <summary>What the provenances of a resource name as their targets.</summary>
    private async Task<string[]> Targets(string resource) => [.. Items(await Body(Get($"Provenance?target={resource}")))
        .SelectMany(e => e.GetProperty("resource").GetProperty("target").EnumerateArray()).Select(t => t.GetProperty("reference").GetString()!).Order()];

    [Fact, Trait("Row", "FHIR-105")]
    public async Task It_is_stored_with_what_it_tells_of()
    {
        var created = await Body(Post("Patient", Patient(), Told()), HttpStatusCode.Created);
        var patient = $"Patient/{created.Id()}";
        Assert.Equal([$"{patient}/_history/1"], await Targets(patient));
        await Body(Put(patient, Patient(created.Id(), "\"gender\":\"male\""), Told()));
        await Body(Patch(patient, """[{"op":"replace","path":"/gender","value":"female"}]""", Told()));
        Assert.Equal([$"{patient}/_history/1", $"{patient}/_history/2", $"{patient}/_history/3"], await Targets(patient));
        // Nothing is told of what did not happen.
        await Body(Put(patient, Patient(created.Id(), "\"gender\":\"female\""), Told()));
        await Body(Post("Patient", Patient(), Told(), ("If-None-Exist", $"identifier=urn:test|{T}")));
        Assert.Equal(3, (await Targets(patient)).Length);
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete(patient, Told())));
        Assert.Equal(4, (await Targets(patient)).Length);
    }

    [Fact, Trait("Row", "FHIR-105")]
    public async Task A_transaction_has_one_for_all_it_wrote_and_a_batch_one_each()
    {
        var response = await Body(Post("", Bundle("transaction", Entry("POST", "Patient", Patient()), Entry("PUT", $"Basic/{T}", Resource("Basic", T, "\"code\":{\"text\":\"x\"}"))), Told()));
        var locations = Items(response).Select(e => e.GetProperty("response").GetProperty("location").GetString()!).Order().ToArray();
        Assert.Equal(locations, await Targets($"Basic/{T}"));
        response = await Body(Post("", Bundle("batch", Entry("POST", "Patient", Patient()), Entry("POST", "Patient", Patient())), Told()));
        foreach (var location in Items(response).Select(e => e.GetProperty("response").GetProperty("location").GetString()!)) Assert.Equal([location], await Targets(location.Split("/_")[0]));
    }

    public static TheoryData<string> Bad =>
    [
        "no json", "{}", "[]", """{"resourceType":"Patient"}""", """{"resourceType":"Provenance"}""", """{"resourceType":"Provenance","recorded":"yesterday","agent":[{"who":{"display":"x"}}]}""",
        """{"resourceType":"Provenance","recorded":"2026-11-23T10:00:00Z","agent":[{"who":{"display":"x"}}],"target":[{"reference":"Patient/1"}]}""", "",
    ];

    [Theory, MemberData(nameof(Bad)), Trait("Row", "FHIR-105")]
    public async Task One_that_is_none_is_refused_and_nothing_is_stored(string header)
    {
        await Refused(Post("Patient", Patient(), ("X-Provenance", header)), HttpStatusCode.BadRequest);
        await Refused(Post("", Bundle("transaction", Entry("POST", "Patient", Patient())), ("X-Provenance", header)), HttpStatusCode.BadRequest);
        Assert.Empty(await Found($"Patient?identifier=urn:test|{T}"));
    }

    [Fact]
    public async Task Who_may_not_make_a_provenance_writes_nothing_with_one()
    {
        using var narrow = await Product.Fhir("system/Patient.cruds");
        await Refused(Send(HttpMethod.Post, "Patient", Patient(), [Told()], by: narrow), HttpStatusCode.Forbidden);
        Assert.Empty(await Found($"Patient?identifier=urn:test|{T}"));
        Assert.Equal(HttpStatusCode.Created, await Status(Send(HttpMethod.Post, "Patient", Patient(), [], by: narrow)));
    }
}
