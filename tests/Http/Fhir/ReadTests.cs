using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class ReadTests(TestProduct product) : FhirTest(product)
{
    [Fact, Trait("Row", "FHIR-13")]
    public async Task A_read_answers_what_was_stored()
    {
        var created = await Fhir.Create("Patient", Patient(more: "\"gender\":\"female\""));
        var answer = await Get($"Patient/{created.Id()}");
        Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
        Assert.NotNull(answer.Content.Headers.LastModified);
        Assert.Equal(created.GetRawText(), (await answer.Body()).GetRawText());
    }

    [Theory, Trait("Row", "FHIR-14")]
    [InlineData("Patient/does-not-exist")]
    [InlineData("Patient/with space")]
    [InlineData("Patient/_history/1/2/3")]
    [InlineData("patient/1")]
    [InlineData("Resource/1")]
    [InlineData("DomainResource")]
    [Trait("Row", "FHIR-94")]
    public Task What_is_not_there_is_not_found(string path) => Refused(Get(path), HttpStatusCode.NotFound);

    [Fact, Trait("Row", "FHIR-15")]
    public async Task A_deleted_resource_is_gone_and_its_versions_stay()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var deleted = await Delete($"Patient/{id}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal("W/\"2\"", deleted.Headers.ETag!.ToString());
        await Refused(Get($"Patient/{id}"), HttpStatusCode.Gone);
        await Body(Get($"Patient/{id}/_history/1"));
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Patient/{id}")));
        Assert.Equal(2, await Versions("Patient", id));
    }

    [Fact, Trait("Row", "FHIR-16")]
    public async Task An_old_version_is_read_as_it_was()
    {
        var created = await Fhir.Create("Patient", Patient(more: "\"gender\":\"female\""));
        await Body(Put($"Patient/{created.Id()}", Patient(created.Id(), "\"gender\":\"male\"")));
        var answer = await Get($"Patient/{created.Id()}/_history/1");
        Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
        Assert.Equal(created.GetRawText(), (await answer.Body()).GetRawText());
    }

    [Theory, Trait("Row", "FHIR-17")]
    [InlineData("999")]
    [InlineData("0")]
    [InlineData("abc")]
    [InlineData("99999999999999999999")]
    public async Task A_version_that_never_was_is_not_found(string version)
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Refused(Get($"Patient/{id}/_history/{version}"), HttpStatusCode.NotFound);
    }

    [Fact, Trait("Row", "FHIR-18")]
    public async Task The_version_that_deleted_is_gone()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Delete($"Patient/{id}");
        await Refused(Get($"Patient/{id}/_history/2"), HttpStatusCode.Gone);
    }

    [Fact, Trait("Row", "FHIR-97")]
    public async Task What_the_client_has_is_not_sent_again()
    {
        var answer = await Post("Patient", Patient());
        var path = $"Patient/{(await answer.Body()).Id()}";
        var same = await Get(path, ("If-None-Match", "W/\"1\""));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Empty(await same.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, await Status(Get(path, ("If-None-Match", "W/\"7\""))));
        var modified = answer.Content.Headers.LastModified!.Value;
        Assert.Equal(HttpStatusCode.NotModified, await Status(Get(path, ("If-Modified-Since", modified.ToString("R")))));
        Assert.Equal(HttpStatusCode.OK, await Status(Get(path, ("If-Modified-Since", modified.AddMinutes(-1).ToString("R")))));
    }

    [Fact]
    public async Task Head_answers_the_headers_of_get()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var head = await Send(HttpMethod.Head, $"Patient/{id}", null, []);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("W/\"1\"", head.Headers.ETag!.ToString());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, await Status(Send(HttpMethod.Head, "metadata", null, [], by: Product.Stranger())));
        Assert.Equal(HttpStatusCode.NotFound, await Status(Send(HttpMethod.Head, "Patient/none", null, [])));
    }
}
