using System.Net;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class TransactionTests(TestProduct product) : FhirTest(product)
{
    private const string A = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9";
    private string Query => $"identifier=urn:test|{T}";
    private Task<HttpResponseMessage> Transaction(params string[] entries) => Post("", Bundle("transaction", entries));
    private string Encounter(string subject) => Resource("Encounter", null, $$"""
        "status":"planned","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"VR"},"subject":{"reference":"{{subject}}"}
        """);

    private async Task NothingStored()
    {
        foreach (var type in (string[])["Patient", "Encounter", "Observation"]) Assert.Empty(await Found($"{type}?{Query}"));
    }

    [Fact, Trait("Row", "FHIR-57")]
    public async Task What_is_created_together_refers_to_each_other()
    {
        var response = await Body(Transaction(
            Entry("POST", "Encounter", Encounter(A)),
            Entry("POST", "Patient", Patient(more: "\"name\":[{\"family\":\"Barlow\"}]"), A),
            Entry("POST", "Appointment", Resource("Appointment", null, $$"""
                "status":"booked","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00Z","participant":[{"status":"accepted","actor":{"reference":"{{A}}"} }]
                """)),
            Entry("POST", "Communication", Resource("Communication", null, $$"""
                "status":"completed","subject":{"reference":"{{A}}"},"extension":[{"url":"urn:x","valueUri":"{{A}}"}],
                "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{{A}}\">x</a></div>"}
                """)),
            Entry("POST", "Basic", $$"""{"resourceType":"Basic","identifier":[{"system":"urn:ietf:rfc:3986","value":"{{A}}"}],"code":{"text":"x"},"subject":{"reference":"{{A}}"} }""")));
        Assert.Equal("transaction-response", response.GetProperty("type").GetString());
        Assert.Equal(["201", "201", "201", "201", "201"], Statuses(response));
        var entries = Items(response).ToList();
        var resources = entries.Select(e => e.GetProperty("resource")).ToList();
        Assert.Equal(["Encounter", "Patient", "Appointment", "Communication", "Basic"], resources.Select(r => r.GetProperty("resourceType").GetString()));
        var patient = $"Patient/{resources[1].Id()}";
        Assert.Equal($"{patient}/_history/1", entries[1].GetProperty("response").GetProperty("location").GetString());
        Assert.Equal(patient, resources[0].GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal(patient, resources[2].GetProperty("participant")[0].GetProperty("actor").GetProperty("reference").GetString());
        Assert.Equal(patient, resources[3].GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal(patient, resources[3].GetProperty("extension")[0].GetProperty("valueUri").GetString());
        Assert.Contains($"href=\"{patient}\"", resources[3].GetProperty("text").GetProperty("div").GetString());
        // An identifier is a name, not a link.
        Assert.Equal(A, resources[4].GetProperty("identifier")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_relative_reference_means_the_entry_with_that_full_url()
    {
        var response = await Body(Transaction(
            Entry("POST", "Patient", Patient("7"), "http://ehr.example/fhir/Patient/7"),
            Entry("POST", "Encounter", Encounter("Patient/7"), "http://ehr.example/fhir/Encounter/8"),
            Entry("POST", "Encounter", Encounter("http://ehr.example/fhir/Patient/7"), "http://ehr.example/fhir/Encounter/9")));
        var patient = $"Patient/{Items(response).First().GetProperty("resource").Id()}";
        Assert.NotEqual("Patient/7", patient);
        Assert.All(Items(response).Skip(1), e => Assert.Equal(patient, e.GetProperty("resource").GetProperty("subject").GetProperty("reference").GetString()));
    }

    [Theory, Trait("Row", "FHIR-58")]
    [InlineData("GET", "Patient/missing", HttpStatusCode.NotFound)]
    [InlineData("GET", "Patient/missing/_history/1", HttpStatusCode.NotFound)]
    [InlineData("GET", "Patient?_sort=nonsense", HttpStatusCode.BadRequest)]
    [InlineData("GET", "Nonsense/1", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "Patient?nonsense=1", HttpStatusCode.PreconditionFailed)]
    [InlineData("POST", "Patient/1/_history", HttpStatusCode.NotFound)]
    public async Task A_transaction_that_fails_stores_nothing(string method, string url, HttpStatusCode status)
    {
        await Refused(Transaction(Entry("POST", "Patient", Patient(), A), Entry("POST", "Encounter", Encounter(A)), Entry(method, url, method == "POST" ? Patient() : null)), status);
        await NothingStored();
    }

    [Fact, Trait("Row", "FHIR-59")]
    public async Task A_stale_version_undoes_the_delete_beside_it()
    {
        var a = (await Fhir.Create("Patient", Patient())).Id();
        var b = (await Fhir.Create("Patient", Patient())).Id();
        await Refused(Transaction(Entry("DELETE", $"Patient/{a}"), Entry("PUT", $"Patient/{b}", Patient(b), more: ",\"ifMatch\":\"W/\\\"9\\\"\"")), HttpStatusCode.PreconditionFailed);
        await Body(Get($"Patient/{a}"));
        Assert.Equal(1, await Versions("Patient", a));
    }

    [Fact, Trait("Row", "FHIR-60")]
    public async Task The_same_resource_twice_is_refused()
    {
        await Refused(Transaction(Entry("PUT", $"Patient/{T}", Patient(T)), Entry("PUT", $"Patient/{T}", Patient(T, "\"gender\":\"male\""))), HttpStatusCode.BadRequest);
        await Refused(Transaction(Entry("PUT", $"Patient/{T}", Patient(T)), Entry("DELETE", $"Patient/{T}")), HttpStatusCode.BadRequest);
        await NothingStored();
    }

    [Theory, Trait("Row", "FHIR-61")]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Two_conditional_updates_of_one_resource_are_refused(int there)
    {
        for (var i = 0; i < there; i++) await Fhir.Create("Patient", Patient());
        await Refused(Transaction(Entry("PUT", $"Patient?{Query}", Patient(more: "\"gender\":\"male\"")), Entry("PUT", $"Patient?{Query}", Patient(more: "\"gender\":\"female\""))),
            HttpStatusCode.BadRequest, HttpStatusCode.PreconditionFailed);
        Assert.Equal(there, (await Found($"Patient?{Query}")).Length);
    }

    [Fact, Trait("Row", "FHIR-62")]
    public async Task A_conditional_reference_becomes_its_match_or_is_named()
    {
        async Task<string> No() => (await Refused(Transaction(Entry("POST", "Encounter", Encounter($"Patient?{Query}"))), HttpStatusCode.PreconditionFailed)).GetProperty("diagnostics").GetString()!;
        Assert.Contains($"Patient?{Query}", await No());
        var id = (await Fhir.Create("Patient", Patient())).Id();
        var response = await Body(Transaction(Entry("POST", "Encounter", Encounter($"Patient?{Query}")), Entry("POST", "Encounter", Encounter($"{Base}/Patient?{Query}"))));
        Assert.All(Items(response), e => Assert.Equal($"Patient/{id}", e.GetProperty("resource").GetProperty("subject").GetProperty("reference").GetString()));
        await Fhir.Create("Patient", Patient());
        Assert.Contains($"Patient?{Query}", await No());
        var junk = await Refused(Transaction(Entry("POST", "Encounter", Encounter("Patient?nonsense=1"))), HttpStatusCode.PreconditionFailed);
        Assert.Contains("Patient?nonsense=1", junk.GetProperty("diagnostics").GetString());
    }

    [Fact, Trait("Row", "FHIR-63")]
    public async Task What_exists_already_is_referred_to()
    {
        Task<HttpResponseMessage> Run() => Transaction(
            Entry("POST", "Patient", Patient(), A, $",\"ifNoneExist\":\"{Query}\""), Entry("POST", "Encounter", Encounter(A)));
        var first = await Body(Run());
        var second = await Body(Run());
        Assert.Equal(["201", "201"], Statuses(first));
        Assert.Equal(["200", "201"], Statuses(second));
        var patient = Assert.Single(await Found($"Patient?{Query}"));
        Assert.All((await Body(Get($"Encounter?{Query}"))).GetProperty("entry").EnumerateArray(),
            e => Assert.Equal(patient, e.GetProperty("resource").GetProperty("subject").GetProperty("reference").GetString()));
    }

    [Fact, Trait("Row", "FHIR-64")]
    public async Task A_foreign_reference_is_left_alone()
    {
        var response = await Body(Transaction(Entry("POST", "Encounter", Encounter("http://other.example/fhir/Patient/1"))));
        Assert.Equal("http://other.example/fhir/Patient/1", Items(response).Single().GetProperty("resource").GetProperty("subject").GetProperty("reference").GetString());
        Assert.Single(await Found($"Encounter?{Query}&subject=http://other.example/fhir/Patient/1"));
        Assert.Empty(await Found($"Encounter?{Query}&subject=Patient/1"));
    }

    [Fact, Trait("Row", "FHIR-65")]
    public async Task A_urn_that_no_entry_has_is_refused_by_name()
    {
        var issue = await Refused(Transaction(Entry("POST", "Encounter", Encounter(A))), HttpStatusCode.BadRequest);
        Assert.Contains(A, issue.GetProperty("diagnostics").GetString());
        await NothingStored();
    }

    [Fact, Trait("Row", "FHIR-66")]
    public async Task Reads_and_searches_in_a_transaction_see_its_writes()
    {
        var response = await Body(Transaction(
            Entry("GET", $"Patient?{Query}&_total=accurate"), Entry("GET", $"Patient/{T}"), Entry("GET", $"Patient/{T}/_history"), Entry("PUT", $"Patient/{T}", Patient(T))));
        var entries = Items(response).ToList();
        Assert.Equal(["200", "200", "200", "201"], Statuses(response));
        Assert.Equal("searchset", entries[0].GetProperty("resource").GetProperty("type").GetString());
        Assert.Equal(1, entries[0].GetProperty("resource").GetProperty("total").GetInt32());
        Assert.Equal(T, entries[1].GetProperty("resource").Id());
        Assert.Single(Items(entries[2].GetProperty("resource")));
    }

    [Fact, Trait("Row", "FHIR-34")]
    public async Task The_same_transaction_in_parallel_makes_one_resource()
    {
        Task<HttpResponseMessage> Run() => Transaction(Entry("POST", "Patient", Patient(), A, $",\"ifNoneExist\":\"{Query}\""));
        Assert.Equal(["201"], Statuses(await Body(Run())));
        Assert.Equal(["200"], Statuses(await Body(Run())));
        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Run()))) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(await Found($"Patient?{Query}"));
    }

    [Fact, Trait("Row", "FHIR-34")]
    public async Task A_new_transaction_in_parallel_makes_one_resource()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            Body(Transaction(Entry("POST", "Patient", Patient(), A, $",\"ifNoneExist\":\"{Query}\""), Entry("POST", "Encounter", Encounter(A))))));
        Assert.Equal(1, answers.Count(a => Statuses(a)[0] == "201"));
        var patient = Assert.Single(await Found($"Patient?{Query}"));
        Assert.Equal(10, (await Found($"Encounter?subject={patient}")).Length);
    }

    [Fact, Trait("Row", "FHIR-67")]
    public async Task Parallel_transactions_over_the_same_resources_win_or_lose_whole()
    {
        string Id(int i) => $"{T}-{i}";
        foreach (var i in Enumerable.Range(0, 4)) await Put($"Patient/{Id(i)}", Patient(Id(i)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(run => Status(Transaction(
            [.. (run % 2 == 0 ? Enumerable.Range(0, 4) : Enumerable.Range(0, 4).Reverse()).Select(i => Entry("PUT", $"Patient/{Id(i)}", Patient(Id(i), $"\"birthDate\":\"1980-01-{run + 1:00}\"")))]))));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed, a.ToString()));
        foreach (var i in Enumerable.Range(0, 4)) Assert.Equal(1 + answers.Count(a => a == HttpStatusCode.OK), await Versions("Patient", Id(i)));
    }

    [Fact]
    public async Task A_patch_travels_as_a_binary()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        string Patching(string patch) => Entry("PATCH", $"Patient/{id}",
            $$"""{"resourceType":"Binary","contentType":"application/json-patch+json","data":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(patch))}}"}""");
        await Body(Transaction(Patching("""[{"op":"add","path":"/gender","value":"male"}]""")));
        Assert.Equal("male", (await Body(Get($"Patient/{id}"))).GetProperty("gender").GetString());
        await Refused(Transaction(Patching("no patch")), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_is_wrong_in_an_entry_is_found_by_its_place()
    {
        var issue = await Refused(Transaction(Entry("POST", "Patient", Patient()), Entry("POST", "Patient", """{"resourceType":"Patient","gender":"dummy"}""")), HttpStatusCode.BadRequest);
        Assert.Equal("Bundle.entry[1].resource.gender", issue.GetProperty("expression")[0].GetString());
        await NothingStored();
    }

    [Fact]
    public async Task A_client_that_wants_little_gets_no_resources_back()
    {
        var response = await Body(Post("", Bundle("transaction", Entry("PUT", $"Patient/{T}", Patient(T)), Entry("GET", $"Patient/{T}")), ("Prefer", "return=minimal")));
        Assert.Equal(["201", "200"], Statuses(response));
        Assert.Equal([false, true], Items(response).Select(e => e.TryGetProperty("resource", out _)));
    }

    [Fact]
    public async Task A_thousand_entries_are_one_transaction()
    {
        var entries = Enumerable.Range(0, 1000).Select(i => Entry("POST", "Basic", $$"""{"resourceType":"Basic","identifier":[{"system":"urn:{{T}}","value":"{{i}}"}],"code":{"text":"x"} }"""));
        Assert.Equal(1000, Statuses(await Body(Transaction([.. entries]))).Count(s => s == "201"));
        Assert.Equal(1000, (await Body(Get($"Basic?identifier=urn:{T}|&_summary=count"))).GetProperty("total").GetInt32());
    }
}
