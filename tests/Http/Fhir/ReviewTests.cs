using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>What a token that reaches one patient, or may only write, must not learn by the way a write fails or by what it answers.</summary>
[Collection("fhir")]
public sealed class ReviewTests(TestProduct product) : FhirTest(product)
{
    private string a = "", b = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        a = (await Fhir.Create("Patient", Patient())).Id();
        b = (await Fhir.Create("Patient", Patient(more: "\"birthDate\":\"1990-02-02\""))).Id();
    }

    private string Observation(string patient, string? id = null) => Resource("Observation", id, $$""" "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{patient}}"} """);
    private string Appointment(string patient, string status) =>
        Resource("Appointment", null, $$""" "status":"{{status}}","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z","participant":[{"actor":{"reference":"Patient/{{patient}}"},"status":"accepted"}] """);

    private static string Guess(string birthDate) => $$"""[{"op":"test","path":"/birthDate","value":"{{birthDate}}"},{"op":"add","path":"/active","value":true}]""";

    [Fact, Trait("Row", "FHIR-106")]
    public async Task A_patch_tells_nothing_of_a_patient_beyond_the_scope()
    {
        using var app = await Product.Fhir("patient/*.cruds", patient: a);
        async Task<string> Told(string birthDate)
        {
            var answer = await Send(HttpMethod.Patch, $"Patient/{b}", Guess(birthDate), [], "application/json-patch+json", app);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync();
        }
        Assert.Equal(await Told("1990-02-02"), await Told("1999-09-09"));
        Assert.Equal("1", Version(await Body(Get($"Patient/{b}"))));
        var batch = await Body(Send(HttpMethod.Post, "", Bundle("batch", Entry("PATCH", $"Patient/{b}", $$"""{"resourceType":"Binary","contentType":"application/json-patch+json","data":"{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Guess("1999-09-09")))}}"}""")), [], by: app));
        Assert.Equal(["403"], Statuses(batch));
        await Body(Send(HttpMethod.Patch, $"Patient/{a}", """[{"op":"add","path":"/active","value":true}]""", [], "application/json-patch+json", app));
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task A_write_that_fails_tells_no_version_beyond_the_scope()
    {
        var theirs = (await Fhir.Create("Observation", Observation(b))).Id();
        using var app = await Product.Fhir("patient/*.cruds", patient: a);
        var mine = Observation(a, theirs);
        foreach (var header in (string[])["If-Match", "If-None-Match"])
        {
            var told = await Refused(Send(HttpMethod.Put, $"Observation/{theirs}", mine, [(header, header == "If-Match" ? "W/\"9\"" : "*")], by: app), HttpStatusCode.Forbidden);
            Assert.DoesNotContain("version", told.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
        }
        await Refused(Send(HttpMethod.Delete, $"Observation/{theirs}", null, [("If-Match", "W/\"9\"")], by: app), HttpStatusCode.Forbidden);
        await Refused(Send(HttpMethod.Post, "", Bundle("transaction", Entry("PUT", $"Observation/{theirs}", mine, more: ",\"ifMatch\":\"W/\\\"9\\\"\"")), [], by: app), HttpStatusCode.Forbidden);
        // Of its own it is told as ever.
        var own = (await Fhir.Create("Observation", Observation(a))).Id();
        var stale = await Refused(Send(HttpMethod.Put, $"Observation/{own}", Observation(a, own), [("If-Match", "W/\"9\"")], by: app), HttpStatusCode.PreconditionFailed);
        Assert.Contains("version is 1", stale.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task That_something_beyond_the_scope_was_deleted_is_not_told()
    {
        var theirs = (await Fhir.Create("Observation", Observation(b))).Id();
        await Delete($"Observation/{theirs}");
        using var app = await Product.Fhir("patient/*.cruds", patient: a);
        foreach (var id in (string[])[theirs, "never-there"])
        {
            await Refused(Send(HttpMethod.Patch, $"Observation/{id}", """[{"op":"replace","path":"/status","value":"amended"}]""", [], "application/json-patch+json", app), HttpStatusCode.NotFound);
            var gone = await Send(HttpMethod.Delete, $"Observation/{id}", null, [], by: app);
            Assert.Equal((HttpStatusCode.NoContent, null), (gone.StatusCode, gone.Headers.ETag));
        }
    }

    [Fact, Trait("Row", "FHIR-99")]
    public async Task A_slot_that_is_named_twice_is_booked_once()
    {
        var schedule = (await Fhir.Create("Schedule", Resource("Schedule", null, "\"actor\":[{\"reference\":\"Practitioner/x\"}]"))).Id();
        var slot = (await Fhir.Create("Slot", Resource("Slot", null, $$""" "schedule":{"reference":"Schedule/{{schedule}}"},"status":"free","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:30:00Z" """))).Id();
        var named = $$$"""{"name":"slot","valueReference":{"reference":"Slot/{{{slot}}}"}}""";
        var booked = Items(await Body(Post("Appointment/$book", $$$"""{"resourceType":"Parameters","parameter":[{{{named}}},{{{named}}},{"name":"patient-reference","valueReference":{"reference":"Patient/{{{a}}}"}}]}"""))).Single().GetProperty("resource");
        Assert.Single(booked.GetProperty("slot").EnumerateArray());
        Assert.Equal("busy", (await Body(Get($"Slot/{slot}"))).GetProperty("status").GetString());
    }

    [Theory, Trait("Row", "FHIR-106")]
    [InlineData("cancelled", "$book")]
    [InlineData("booked", "$hold")]
    public async Task Booking_tells_nothing_of_an_appointment_beyond_the_scope(string status, string operation)
    {
        var theirs = (await Fhir.Create("Appointment", Appointment(b, status))).Id();
        using var app = await Product.Fhir("patient/*.cruds", patient: a);
        var told = await Refused(Send(HttpMethod.Post, $"Appointment/{theirs}/{operation}", """{"resourceType":"Parameters"}""", [], by: app), HttpStatusCode.NotFound);
        Assert.DoesNotContain(status, told.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "FHIR-107")]
    public async Task A_patch_by_who_may_not_read_sends_back_no_resource()
    {
        using var writer = await Product.Fhir("system/Patient.cu");
        var answer = await Send(HttpMethod.Patch, $"Patient/{b}", """[{"op":"add","path":"/active","value":true}]""", [], "application/json-patch+json", writer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("W/\"2\"", answer.Headers.ETag?.ToString());
        Assert.DoesNotContain("1990-02-02", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var patch = $$"""{"resourceType":"Binary","contentType":"application/json-patch+json","data":"{{Convert.ToBase64String("""[{"op":"replace","path":"/active","value":false}]"""u8)}}"}""";
        var entry = Items(await Body(Send(HttpMethod.Post, "", Bundle("transaction", Entry("PATCH", $"Patient/{b}", patch)), [], by: writer))).Single();
        Assert.False(entry.TryGetProperty("resource", out _));
        Assert.Equal("W/\"3\"", entry.GetProperty("response").GetProperty("etag").GetString());
        Assert.False((await Body(Get($"Patient/{b}"))).GetProperty("active").GetBoolean());
    }

    [Fact, Trait("Row", "FHIR-106")]
    public async Task The_records_of_another_patient_are_not_answered_with_ones_own()
    {
        await Body(Get($"Patient/{a}"));
        using var app = await Product.Fhir("patient/AuditEvent.rs", patient: a);
        Assert.Empty(Items(await Body(Send(HttpMethod.Get, $"AuditEvent?patient={b}", null, [], by: app))));
        Assert.NotEmpty(Items(await Body(Send(HttpMethod.Get, $"AuditEvent?patient={a}", null, [], by: app))));
    }

    [Theory]
    [InlineData("_cursor=9000000000000000000_01a2080b-bc45-7625-a84d-f683f5dead70")]
    [InlineData("_cursor=foo")]
    [InlineData("_count=0")]
    [InlineData("_count=x")]
    public async Task A_page_of_the_records_that_cannot_be_is_refused(string query) => await Refused(Get($"AuditEvent?{query}"), HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("Encounter?_include=Encounter:patients", "subject")]
    [InlineData("Encounter?_include=Patient:organization", ":iterate")]
    [InlineData("Encounter?_include=Encounter:subject:Foo", "'Foo' is not a resource type")]
    [InlineData("Encounter?_include=Encounter.subject", "like Encounter:subject")]
    [InlineData("Encounter?_revinclude=Visit:subject", "'Visit' is not a resource type")]
    public async Task An_include_that_is_wrong_is_told_what_would_be_right(string search, string said) =>
        Assert.Contains(said, (await Refused(Get(search), HttpStatusCode.BadRequest)).GetProperty("diagnostics").GetString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("POST", "/fhir/Patient", "relative to the base")]
    [InlineData("POST", "http://other.example/fhir/Patient", "relative to the base")]
    [InlineData("PUT", "Patient/other", "id 'other'")]
    [InlineData("post", "Patient", "in capitals")]
    [InlineData("PUT", "Patient", "needs an id")]
    public async Task An_entry_that_is_wrong_is_named_with_what_would_be_right(string method, string url, string said)
    {
        var issue = await Refused(Post("", Bundle("transaction", Entry("POST", "Patient", Patient()), Entry(method, url, Patient()))), HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.PreconditionFailed);
        Assert.Contains(said, issue.GetProperty("diagnostics").GetString(), StringComparison.Ordinal);
        Assert.Contains("Bundle.entry[1]", issue.GetProperty("expression")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await Body(Get($"Patient?identifier={T}&_summary=count"))).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_body_that_is_not_packed_as_it_says_is_refused(string packing)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/Patient") { Content = FhirHttp.Json("not packed at all") };
        request.Content.Headers.ContentEncoding.Add(packing);
        await Refused(Fhir.SendAsync(request), HttpStatusCode.BadRequest);
    }
}
