using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class UpdateTests(TestProduct product) : FhirTest(product)
{
    [Fact, Trait("Row", "FHIR-19")]
    public async Task An_update_makes_the_next_version()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var answer = await Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""));
        Assert.Equal("2", Version(await Body(Task.FromResult(answer))));
        Assert.Equal("W/\"2\"", answer.Headers.ETag!.ToString());
        Assert.NotNull(answer.Content.Headers.LastModified);
    }

    [Fact, Trait("Row", "FHIR-20")]
    public async Task A_put_to_a_new_id_creates_it()
    {
        var answer = await Put($"Patient/{T}", Patient(T));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal($"{Base}/Patient/{T}/_history/1", answer.Headers.Location!.ToString());
        Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
        Assert.Equal("PUT", Items(await Body(Get($"Patient/{T}/_history"))).Single().GetProperty("request").GetProperty("method").GetString());
    }

    [Fact]
    public async Task A_put_to_a_deleted_id_brings_it_back()
    {
        await Put($"Patient/{T}", Patient(T));
        await Delete($"Patient/{T}");
        var back = await Put($"Patient/{T}", Patient(T));
        Assert.Equal(HttpStatusCode.Created, back.StatusCode);
        Assert.Equal("3", Version(await back.Body()));
        Assert.Equal([$"Patient/{T}"], await Found($"Patient?identifier=urn:test|{T}"));
    }

    [Fact, Trait("Row", "FHIR-21")]
    public Task The_bodys_id_must_be_the_addresss() => Refused(Put($"Patient/{T}", Patient("another")), HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-22")]
    public Task The_body_must_have_an_id() => Refused(Put($"Patient/{T}", Patient()), HttpStatusCode.BadRequest);

    [Fact]
    public Task An_id_has_at_most_64_characters() => Refused(Put($"Patient/{new string('a', 65)}", Patient(new string('a', 65))), HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-23"), Trait("Row", "FHIR-24")]
    public async Task If_match_lets_only_the_current_version_be_changed()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Body(Put($"Patient/{id}", Patient(id, "\"gender\":\"male\""), ("If-Match", "W/\"1\"")));
        await Refused(Put($"Patient/{id}", Patient(id, "\"gender\":\"female\""), ("If-Match", "W/\"1\"")), HttpStatusCode.PreconditionFailed);
        await Refused(Delete($"Patient/{id}", ("If-Match", "W/\"1\"")), HttpStatusCode.PreconditionFailed);
        Assert.Equal("male", (await Body(Get($"Patient/{id}"))).GetProperty("gender").GetString());
    }

    [Theory, Trait("Row", "FHIR-25")]
    [InlineData("\"1\"")]
    [InlineData("1")]
    [InlineData("W/1")]
    [InlineData("W/\"x\"")]
    [InlineData("W/\"")]
    public async Task If_match_takes_a_weak_etag_only(string etag)
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Refused(Put($"Patient/{id}", Patient(id), ("If-Match", etag)), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-26")]
    public async Task An_update_that_changes_nothing_makes_no_version()
    {
        var created = await Fhir.Create("Patient", Patient(more: "\"gender\":\"male\""));
        Assert.Equal("1", Version(await Body(Put($"Patient/{created.Id()}", Patient(created.Id(), "\"gender\":\"male\"")))));
        Assert.Equal("1", Version(await Body(Put($"Patient/{created.Id()}", created.GetRawText()))));
        Assert.Equal(1, await Versions("Patient", created.Id()));
    }

    [Fact, Trait("Row", "FHIR-27")]
    public async Task A_changed_tag_is_a_change()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        Assert.Equal("2", Version(await Body(Put($"Patient/{id}", Patient(id, "\"meta\":{\"tag\":[{\"system\":\"urn:x\",\"code\":\"a\"}]}")))));
        Assert.Equal([$"Patient/{id}"], await Found($"Patient?_tag=urn:x|a&identifier={T}"));
    }

    [Fact, Trait("Row", "FHIR-67")]
    public async Task Parallel_updates_make_one_version_each()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Status(Put($"Patient/{id}", Patient(id, $"\"birthDate\":\"1980-01-{i + 1:00}\"")))));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed, a.ToString()));
        Assert.Equal(1 + answers.Count(a => a == HttpStatusCode.OK), await Versions("Patient", id));
    }

    [Fact]
    public async Task Of_parallel_updates_of_one_version_one_wins()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Status(Put($"Patient/{id}", Patient(id, $"\"birthDate\":\"1980-01-{i + 1:00}\""), ("If-Match", "W/\"1\"")))));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.OK));
        Assert.Equal(9, answers.Count(a => a == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Parallel_puts_of_a_new_id_store_it_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Status(Put($"Patient/{T}", Patient(T)))));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.Created));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.Conflict, a.ToString()));
        Assert.Equal(1, await Versions("Patient", T));
    }
}
