using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class BundleDetailTests(TestProduct product) : FhirTest(product)
{
    private const string A = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb1";
    private Task<HttpResponseMessage> Transaction(params string[] entries) => Post("", Bundle("transaction", entries));
    private static List<JsonElement> Resources(JsonElement response) => [.. Items(response).Select(e => e.GetProperty("resource"))];

    [Fact, Trait("Row", "FHIR-57")]
    public async Task Links_are_rewritten_in_extensions_contained_resources_and_narratives()
    {
        var other = "http://ehr.example/fhir/Patient/7";
        var response = await Body(Transaction(
            Entry("POST", "Patient", Patient(), A), Entry("POST", "Patient", Patient(), other),
            Entry("POST", "Basic", $$"""
                {"resourceType":"Basic","code":{"text":"{{A}}x"},"subject":{"reference":"Patient/7"},
                 "contained":[{"resourceType":"Observation","id":"c","status":"final","code":{"text":"x"},"subject":{"reference":"{{A}}"} }],
                 "extension":[{"url":"urn:r","valueReference":{"reference":"{{A}}"} },{"url":"urn:c","valueCanonical":"{{A}}"},{"url":"urn:u","valueUrl":"{{other}}"},
                   {"url":"urn:n","extension":[{"url":"deep","valueUri":"{{A}}"}]}],
                 "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{{A}}\">a</a><a href='Patient/7'>b</a><img src=\"{{other}}\" alt=\"i\"/>Patient/7</div>"} }
                """)));
        var resources = Resources(response);
        var (a, b) = ($"Patient/{resources[0].Id()}", $"Patient/{resources[1].Id()}");
        var basic = resources[2];
        Assert.Equal(b, basic.GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal(a, basic.GetProperty("contained")[0].GetProperty("subject").GetProperty("reference").GetString());
        var extensions = basic.GetProperty("extension");
        Assert.Equal(a, extensions[0].GetProperty("valueReference").GetProperty("reference").GetString());
        Assert.Equal(a, extensions[1].GetProperty("valueCanonical").GetString());
        Assert.Equal(b, extensions[2].GetProperty("valueUrl").GetString());
        Assert.Equal(a, extensions[3].GetProperty("extension")[0].GetProperty("valueUri").GetString());
        var div = basic.GetProperty("text").GetProperty("div").GetString()!;
        Assert.Contains($"href=\"{a}\"", div);
        Assert.Contains($"href='{b}'", div);
        Assert.Contains($"src=\"{b}\"", div);
        Assert.EndsWith("Patient/7</div>", div); // text is no link
        Assert.Equal(A + "x", basic.GetProperty("code").GetProperty("text").GetString());
    }

    [Fact]
    public async Task Preconditions_hold_for_each_entry()
    {
        var id = (await Fhir.Create("Patient", Patient(T))).Id();
        var response = await Body(Post("", Bundle("batch",
            Entry("PUT", $"Patient/{id}", Patient(id, "\"gender\":\"male\""), more: ",\"ifMatch\":\"W/\\\"1\\\"\""),
            Entry("PATCH", $"Patient/{id}", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"path","valueString":"Patient.gender"}]}]}""", more: ",\"ifMatch\":\"W/\\\"1\\\"\""),
            Entry("DELETE", $"Patient/{id}x", more: ",\"ifMatch\":\"W/\\\"1\\\"\""),
            Entry("PUT", $"Patient/{id}", Patient(id), more: ",\"ifMatch\":\"nonsense\""),
            Entry("PUT", $"Patient/{id}", Patient(id), more: ",\"ifNoneMatch\":\"*\""),
            Entry("HEAD", $"Patient/{id}"))));
        Assert.Equal(["200", "412", "412", "400", "412", "200"], Statuses(response));
        Assert.All(Items(response).Skip(1).Take(4), e => Assert.True(e.GetProperty("response").GetProperty("outcome").GetProperty("issue")[0].GetProperty("diagnostics").GetString()!.Length > 10));
        Assert.False(Items(response).Last().TryGetProperty("resource", out _));
    }

    [Fact]
    public async Task Searches_and_operations_run_in_a_transaction_when_all_is_written()
    {
        var response = await Body(Transaction(
            Entry("POST", $"Patient/_search?identifier=urn:test|{T}"), Entry("GET", $"Patient/{T}/$meta"), Entry("POST", "Patient/$validate", """{"resourceType":"Patient","gender":"dummy"}"""),
            Entry("PUT", $"Patient/{T}", Patient(T, "\"meta\":{\"tag\":[{\"code\":\"here\"}]}"))));
        Assert.Equal(["200", "200", "200", "201"], Statuses(response));
        var resources = Resources(response);
        Assert.Equal([$"Patient/{T}"], Entries(resources[0]));
        Assert.Equal("here", resources[1].GetProperty("parameter")[0].GetProperty("valueMeta").GetProperty("tag")[0].GetProperty("code").GetString());
        Assert.Equal("error", resources[2].GetProperty("issue")[0].GetProperty("severity").GetString());
        await Refused(Transaction(Entry("POST", $"Patient/{T}/$meta-add", """{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]}}]}""")), HttpStatusCode.BadRequest);
        await Refused(Transaction(Entry("GET", "Patient/$nonsense"), Entry("POST", "Basic", Resource("Basic", null, "\"code\":{\"text\":\"x\"}"))), HttpStatusCode.NotFound);
        Assert.Empty(await Found($"Basic?identifier=urn:test|{T}"));
    }

    [Fact]
    public async Task The_client_chooses_what_a_bundle_returns()
    {
        var entries = Bundle("transaction", Entry("POST", "Patient", Patient()), Entry("GET", $"Patient?identifier=urn:test|{T}"));
        var outcomes = Items(await Body(Post("", entries, ("Prefer", "return=OperationOutcome")))).ToList();
        Assert.False(outcomes[0].TryGetProperty("resource", out _));
        Assert.Equal("information", outcomes[0].GetProperty("response").GetProperty("outcome").GetProperty("issue")[0].GetProperty("severity").GetString());
        Assert.True(outcomes[1].TryGetProperty("resource", out _));
        var whole = Items(await Body(Post("", entries, ("Prefer", "return=representation")))).ToList();
        Assert.True(whole[0].TryGetProperty("resource", out _));
        Assert.False(whole[0].GetProperty("response").TryGetProperty("outcome", out _));
        await Refused(Post("", entries, ("Prefer", "return=everything")), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_is_written_at_once_under_one_new_id_has_one_maker()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Status(Put($"Patient/{T}", Patient(T, $"\"birthDate\":\"1980-01-{i + 1:00}\"")))));
        Assert.Equal(1, answers.Count(a => a == HttpStatusCode.Created));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed, a.ToString()));
        Assert.Equal(answers.Count(a => a is HttpStatusCode.Created or HttpStatusCode.OK), await Versions("Patient", T));
        Assert.Equal(1, (await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Status(Put($"Patient/{T}n", Patient(T + "n", $"\"birthDate\":\"1980-01-{i + 1:00}\""), ("If-None-Match", "*")))))).Count(a => a == HttpStatusCode.Created));
    }

    [Fact]
    public async Task Deletes_and_updates_at_once_leave_one_story()
    {
        await Put($"Patient/{T}", Patient(T));
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Status(i % 2 == 0 ? Delete($"Patient/{T}") : Put($"Patient/{T}", Patient(T, $"\"birthDate\":\"1980-01-{i + 1:00}\"")))));
        Assert.All(answers, a => Assert.True((int)a < 500, a.ToString()));
        var history = await Body(Get($"Patient/{T}/_history?_count=100"));
        var versions = Items(history).Select(e => e.GetProperty("response").GetProperty("etag").GetString()).ToList();
        Assert.Equal(Enumerable.Range(1, versions.Count).Reverse().Select(v => $"W/\"{v}\""), versions);
        var last = Items(history).First().GetProperty("request").GetProperty("method").GetString();
        Assert.Equal(last == "DELETE" ? HttpStatusCode.Gone : HttpStatusCode.OK, await Status(Get($"Patient/{T}")));
    }

    [Fact, Trait("Row", "FHIR-67")]
    public async Task Parallel_bundles_of_every_kind_never_fail_on_our_side()
    {
        var query = $"identifier=urn:test|{T}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Post("", Bundle(i % 4 == 3 ? "batch" : "transaction",
            Entry("PUT", $"Patient?{query}", Patient(more: $"\"birthDate\":\"1980-01-{i + 1:00}\""), A),
            Entry("PUT", $"Basic/{T}", Resource("Basic", T, $"\"code\":{{\"text\":\"{i}\"}}")),
            Entry("DELETE", $"Basic/{T}d"), Entry("PUT", $"Basic/{T}e{i % 3}", Resource("Basic", $"{T}e{i % 3}", "\"code\":{\"text\":\"x\"}")),
            Entry("GET", $"Patient?{query}")))));
        foreach (var answer in answers)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed, $"{answer.StatusCode}: {text}");
            if (answer.StatusCode == HttpStatusCode.OK) Assert.All(Statuses(JsonDocument.Parse(text).RootElement), s => Assert.True(s[0] != '5', text));
        }
        Assert.Single(await Found($"Patient?{query}"));
    }
}
