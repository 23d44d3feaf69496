using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class OperationTests(TestProduct product) : FhirTest(product)
{
    private static string Parameters(params string[] parts) => $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', parts)}}]}""";
    private static string Named(string name, string value) => $$"""{"name":"{{name}}",{{value}}}""";
    private static string[] Severities(JsonElement outcome) => [.. outcome.GetProperty("issue").EnumerateArray().Select(i => i.GetProperty("severity").GetString()!)];

    private async Task<string[]> Tags(string path)
    {
        var meta = (await Body(Get($"{path}/$meta"))).GetProperty("parameter")[0].GetProperty("valueMeta");
        return meta.TryGetProperty("tag", out var tags) ? [.. tags.EnumerateArray().Select(t => t.GetProperty("code").GetString()!)] : [];
    }

    [Fact]
    public async Task Validate_says_what_a_create_would_and_stores_nothing()
    {
        Assert.Equal(["information"], Severities(await Body(Post("Patient/$validate", Patient()))));
        var wrong = await Body(Post("Patient/$validate", Patient(more: "\"gender\":\"dummy\",\"birthDate\":\"1980-13-01\"")));
        Assert.Equal(["Patient.gender", "Patient.birthDate"], wrong.GetProperty("issue").EnumerateArray().Select(i => i.GetProperty("expression")[0].GetString()));
        Assert.Equal(["error", "error"], Severities(wrong));
        Assert.Equal(["information", "warning"], Severities(await Body(Post("Observation/$validate", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"effectiveDateTime":"2026-01-01T10:00:00"}"""))));
        Assert.Equal(["error"], Severities(await Body(Post("Patient/$validate", """{"resourceType":"Observation"}"""))));
        Assert.Equal(["information", "warning"], Severities(await Body(Post("Patient/$validate", Parameters(Named("resource", $"\"resource\":{Patient()}"), Named("mode", "\"valueCode\":\"create\""), Named("profile", "\"valueUri\":\"http://x/y\""))))));
        Assert.Equal(["information", "warning"], Severities(await Body(Post("Patient/$validate?profile=http://x/y", Patient()))));
        Assert.Equal(["information"], Severities(await Body(Post("Parameters/$validate", Parameters(Named("other", "\"valueString\":\"x\""))))));
        Assert.Empty(await Found($"Patient?identifier=urn:test|{T}"));
    }

    [Fact]
    public async Task Validate_knows_updates_and_deletes_of_an_instance()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        string With(string mode, string? resource = null) => resource is null ? Parameters(Named("mode", $"\"valueCode\":\"{mode}\"")) : Parameters(Named("mode", $"\"valueCode\":\"{mode}\""), Named("resource", $"\"resource\":{resource}"));
        Assert.Equal(["information"], Severities(await Body(Get($"Patient/{id}/$validate"))));
        Assert.Equal(["information"], Severities(await Body(Post($"Patient/{id}/$validate", With("update", Patient(id))))));
        Assert.Equal(["error"], Severities(await Body(Post($"Patient/{id}/$validate", With("update", Patient("other"))))));
        Assert.Equal(["information"], Severities(await Body(Post($"Patient/{id}/$validate", With("delete")))));
        await Refused(Post("Patient/none/$validate", With("delete")), HttpStatusCode.NotFound);
        await Refused(Post("Patient/$validate", With("delete")), HttpStatusCode.BadRequest);
        await Refused(Post("Patient/$validate", With("maybe", Patient())), HttpStatusCode.BadRequest);
        await Refused(Post("Patient/$validate", ""), HttpStatusCode.BadRequest);
        Assert.Equal(1, await Versions("Patient", id));
    }

    [Fact]
    public async Task Meta_is_read_added_to_and_taken_from()
    {
        var id = (await Fhir.Create("Patient", Patient(more: "\"meta\":{\"tag\":[{\"system\":\"urn:t\",\"code\":\"a\"}],\"profile\":[\"http://x/p\"]}"))).Id();
        static string Meta(string code) => Parameters(Named("meta", $$"""
            "valueMeta":{"tag":[{"system":"urn:t","code":"{{code}}","display":"d"}],"security":[{"code":"R"}],"profile":["http://x/q"]}
            """));
        var added = await Body(Post($"Patient/{id}/$meta-add", Meta("b")));
        var meta = added.GetProperty("parameter")[0].GetProperty("valueMeta");
        Assert.Equal("2", meta.GetProperty("versionId").GetString());
        Assert.Equal(2, meta.GetProperty("profile").GetArrayLength());
        Assert.Equal(["a", "b"], await Tags($"Patient/{id}"));
        await Body(Post($"Patient/{id}/$meta-add", Meta("a")));
        Assert.Equal(["a", "b"], await Tags($"Patient/{id}"));
        Assert.Equal([$"Patient/{id}"], await Found($"Patient?_tag=urn:t|b&identifier=urn:test|{T}"));
        await Body(Post($"Patient/{id}/$meta-delete", Meta("b")));
        Assert.Equal(["a"], await Tags($"Patient/{id}"));
        Assert.Equal(["a", "b"], await Tags($"Patient/{id}/_history/2"));
        Assert.False((await Body(Get($"Patient/{id}"))).GetProperty("meta").TryGetProperty("security", out _));
        await Refused(Send(HttpMethod.Post, $"Patient/{id}/$meta-add", Meta("c"), [("If-Match", "W/\"1\"")]), HttpStatusCode.PreconditionFailed);
        await Refused(Post($"Patient/{id}/$meta-add", Parameters()), HttpStatusCode.BadRequest);
        await Refused(Post($"Patient/{id}/$meta-add", "{}"), HttpStatusCode.BadRequest);
        await Refused(Post("Patient/none/$meta-add", Meta("c")), HttpStatusCode.NotFound);
        await Refused(Get("Patient/none/$meta"), HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("$nonsense")]
    [InlineData("Patient/$nonsense")]
    [InlineData("Patient/1/$nonsense")]
    [InlineData("$validate")]
    [InlineData("Patient/$meta-add")]
    [InlineData("Patient/$find")]
    [InlineData("Nonsense/$validate")]
    [InlineData("Patient/1/_history/1/$validate")]
    [InlineData("Patient/1/2/3/$meta")]
    public async Task What_is_no_operation_here_is_not_found(string path) =>
        Assert.Equal("not-supported", (await Refused(Post(path, Patient()), HttpStatusCode.NotFound)).GetProperty("code").GetString());

    [Fact]
    public async Task Operations_ask_for_the_scopes_of_what_they_do()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var other = (await Fhir.Create("Patient", Patient())).Id();
        using var reader = await Product.Fhir("system/Patient.rs");
        Task<HttpResponseMessage> By(HttpClient who, string path, string? body) => Send(body is null ? HttpMethod.Get : HttpMethod.Post, path, body, [], by: who);
        var meta = Parameters(Named("meta", "\"valueMeta\":{\"tag\":[{\"code\":\"x\"}]}"));
        await Body(By(reader, $"Patient/{id}/$meta", null));
        await Refused(By(reader, $"Patient/{id}/$meta-add", meta), HttpStatusCode.Forbidden);
        await Refused(By(reader, "Observation/$validate", """{"resourceType":"Observation"}"""), HttpStatusCode.Forbidden);
        await Refused(By(reader, "Appointment/$book", Parameters(Named("slot", "\"valueReference\":{\"reference\":\"Slot/1\"}"))), HttpStatusCode.Forbidden);
        using var patient = await Product.Fhir("patient/*.cruds", patient: id);
        await Body(By(patient, $"Patient/{id}/$meta", null));
        await Refused(By(patient, $"Patient/{other}/$meta", null), HttpStatusCode.NotFound);
        await Refused(By(patient, $"Patient/{other}/$meta-add", meta), HttpStatusCode.Forbidden, HttpStatusCode.NotFound);
        await Refused(By(patient, $"Patient/{other}/$validate", null), HttpStatusCode.NotFound);
        Assert.Empty(await Tags($"Patient/{other}"));
        using var north = await Product.Fhir(tenant: "north");
        await Refused(By(north, $"Patient/{id}/$meta", null), HttpStatusCode.NotFound);
        await Refused(By(north, $"Patient/{id}/$meta-add", meta), HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(By(Product.Stranger(), "Patient/$validate", Patient())));
    }

    [Fact]
    public async Task Versions_are_told() =>
        Assert.Equal("4.0", (await Body(Get("$versions"))).GetProperty("parameter")[0].GetProperty("valueCode").GetString());
}
