using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class ConditionalTests(TestProduct product) : FhirTest(product)
{
    private string Query => $"identifier=urn:test|{T}";
    private Task<HttpResponseMessage> CreateUnlessThere(params (string, string)[] headers) => Post("Patient", Patient(), [("If-None-Exist", Query), .. headers]);

    private async Task Two()
    {
        await Fhir.Create("Patient", Patient());
        await Fhir.Create("Patient", Patient());
    }

    [Fact, Trait("Row", "FHIR-28"), Trait("Row", "FHIR-29")]
    public async Task A_conditional_create_creates_once_and_then_answers_what_is_there()
    {
        var first = await Body(CreateUnlessThere(), HttpStatusCode.Created);
        var answer = await CreateUnlessThere();
        var second = await Body(Task.FromResult(answer));
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
        Assert.Equal($"{Base}/Patient/{first.Id()}/_history/1", answer.Headers.Location!.ToString());
        Assert.Equal(1, await Versions("Patient", first.Id()));
    }

    [Fact, Trait("Row", "FHIR-30")]
    public async Task A_conditional_create_that_matches_two_is_refused()
    {
        await Two();
        Assert.Equal("multiple-matches", (await Refused(CreateUnlessThere(), HttpStatusCode.PreconditionFailed)).GetProperty("code").GetString());
    }

    [Theory, Trait("Row", "FHIR-31")]
    [InlineData("")]
    [InlineData(" ")]
    public Task An_empty_condition_is_refused(string condition) => Refused(Post("Patient", Patient(), ("If-None-Exist", condition)), HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("nonsense=1")]
    [InlineData("identifier=")]
    [InlineData("_format=json")]
    [InlineData("identifier=a%00b")]
    public Task A_condition_that_says_nothing_is_refused(string condition) =>
        Refused(Post("Patient", Patient(), ("If-None-Exist", condition)), HttpStatusCode.PreconditionFailed, HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-32")]
    public async Task A_match_is_returned_as_the_client_prefers()
    {
        await CreateUnlessThere();
        Assert.Empty(await (await CreateUnlessThere(("Prefer", "return=minimal"))).Content.ReadAsStringAsync());
        Assert.Equal("Patient", (await Body(CreateUnlessThere(("Prefer", "return=representation")))).GetProperty("resourceType").GetString());
        Assert.Equal("OperationOutcome", (await Body(CreateUnlessThere(("Prefer", "return=OperationOutcome")))).GetProperty("resourceType").GetString());
    }

    [Fact, Trait("Row", "FHIR-33")]
    public async Task Of_20_parallel_conditional_creates_one_creates()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Status(CreateUnlessThere())));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.Created));
        Assert.Equal(19, answers.Count(a => a == HttpStatusCode.OK));
        Assert.Equal(1, (await Body(Get($"Patient?{Query}&_total=accurate"))).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_plain_create_and_a_conditional_one_in_parallel_do_not_both_claim_to_be_the_only_one()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Status(i == 5 ? Post("Patient", Patient()) : CreateUnlessThere())));
        // The plain one always creates; a conditional one creates only when it came first.
        Assert.InRange(answers.Count(a => a == HttpStatusCode.Created), 1, 2);
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.PreconditionFailed, a.ToString()));
    }

    [Fact, Trait("Row", "FHIR-35"), Trait("Row", "FHIR-36")]
    public async Task A_conditional_update_creates_and_then_updates()
    {
        var created = await Body(Put($"Patient?{Query}", Patient()), HttpStatusCode.Created);
        var updated = await Body(Put($"Patient?{Query}", Patient(more: "\"gender\":\"male\"")));
        Assert.Equal(created.Id(), updated.Id());
        Assert.Equal("2", Version(updated));
    }

    [Fact, Trait("Row", "FHIR-37")]
    public async Task A_conditional_update_that_matches_two_is_refused()
    {
        await Two();
        await Refused(Put($"Patient?{Query}", Patient()), HttpStatusCode.PreconditionFailed);
    }

    [Fact, Trait("Row", "FHIR-38")]
    public async Task A_conditional_update_needs_criteria_and_the_id_of_the_match()
    {
        await Refused(Put("Patient?", Patient()), HttpStatusCode.PreconditionFailed, HttpStatusCode.BadRequest);
        await Refused(Put("Patient", Patient()), HttpStatusCode.PreconditionFailed, HttpStatusCode.BadRequest);
        await Fhir.Create("Patient", Patient());
        await Refused(Put($"Patient?{Query}", Patient("another")), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-39")]
    public async Task A_conditional_update_honours_if_match()
    {
        await Put($"Patient?{Query}", Patient());
        await Put($"Patient?{Query}", Patient(more: "\"gender\":\"male\""));
        await Refused(Put($"Patient?{Query}", Patient(more: "\"gender\":\"female\""), ("If-Match", "W/\"1\"")), HttpStatusCode.PreconditionFailed);
        await Body(Put($"Patient?{Query}", Patient(more: "\"gender\":\"female\""), ("If-Match", "W/\"2\"")));
    }

    [Fact]
    public async Task Of_20_parallel_conditional_updates_one_creates()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Status(Put($"Patient?{Query}", Patient(more: $"\"birthDate\":\"1980-01-{i + 1:00}\"")))));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.Created));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.Created or HttpStatusCode.OK, a.ToString()));
        Assert.Single(await Found($"Patient?{Query}"));
    }

    [Fact, Trait("Row", "FHIR-40")]
    public async Task A_conditional_delete_deletes_the_one()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Patient?{Query}")));
        await Refused(Get($"Patient/{id}"), HttpStatusCode.Gone);
        Assert.Equal(HttpStatusCode.NoContent, await Status(Delete($"Patient?{Query}")));
    }

    [Fact, Trait("Row", "FHIR-41")]
    public async Task A_conditional_delete_that_matches_two_deletes_none()
    {
        await Two();
        await Refused(Delete($"Patient?{Query}"), HttpStatusCode.PreconditionFailed);
        Assert.Equal(2, (await Found($"Patient?{Query}")).Length);
    }

    [Theory, Trait("Row", "FHIR-42")]
    [InlineData("Patient?nonsense=1")]
    [InlineData("Patient?")]
    [InlineData("Patient")]
    [InlineData("Patient?_format=json")]
    public async Task A_conditional_delete_without_a_known_criterion_deletes_nothing(string path)
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        await Refused(Delete(path), HttpStatusCode.PreconditionFailed, HttpStatusCode.BadRequest);
        await Body(Get($"Patient/{id}"));
    }

    [Fact, Trait("Row", "FHIR-52")]
    public async Task A_conditional_patch_patches_the_one()
    {
        const string patch = """[{"op":"add","path":"/gender","value":"male"}]""";
        await Refused(Patch($"Patient?{Query}", patch), HttpStatusCode.NotFound);
        await Fhir.Create("Patient", Patient());
        Assert.Equal("male", (await Body(Patch($"Patient?{Query}", patch))).GetProperty("gender").GetString());
        await Fhir.Create("Patient", Patient());
        await Refused(Patch($"Patient?{Query}", patch), HttpStatusCode.PreconditionFailed);
    }
}
