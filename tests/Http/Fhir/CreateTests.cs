using System.Net;
using System.Text;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class CreateTests(TestProduct product) : FhirTest(product)
{
    [Fact, Trait("Row", "FHIR-4")]
    public async Task A_created_resource_has_an_absolute_location_a_weak_etag_and_its_time()
    {
        var answer = await Post("Patient", Patient());
        var body = await Body(Task.FromResult(answer), HttpStatusCode.Created);
        Assert.Equal($"{Base}/Patient/{body.Id()}/_history/1", answer.Headers.Location!.ToString());
        Assert.Equal("W/\"1\"", answer.Headers.ETag!.ToString());
        var updated = DateTimeOffset.Parse(body.GetProperty("meta").GetProperty("lastUpdated").GetString()!);
        Assert.Equal(updated.ToUnixTimeSeconds(), answer.Content.Headers.LastModified!.Value.ToUnixTimeSeconds());
    }

    [Fact, Trait("Row", "FHIR-5")]
    public async Task Id_and_version_are_the_servers_and_tags_are_the_clients()
    {
        var body = await Fhir.Create("Patient", """{"resourceType":"Patient","id":"abc","meta":{"versionId":"9","lastUpdated":"2001-01-01T00:00:00Z","tag":[{"system":"urn:x","code":"kept"}]}}""");
        Assert.NotEqual("abc", body.Id());
        Assert.Equal("1", Version(body));
        Assert.StartsWith("2026-", body.GetProperty("meta").GetProperty("lastUpdated").GetString());
        Assert.Equal("kept", body.GetProperty("meta").GetProperty("tag")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_resource_may_say_nothing_but_its_type_and_an_element_may_not()
    {
        await Body(Post("Patient", """{"resourceType":"Patient"}"""), HttpStatusCode.Created);
        await Refused(Post("Patient", """{"resourceType":"Patient","name":[{}]}"""), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-6")]
    public Task An_unknown_type_is_not_found() => Refused(Post("Nonsense", """{"resourceType":"Nonsense"}"""), HttpStatusCode.NotFound);

    [Theory, Trait("Row", "FHIR-7")]
    [InlineData("text/plain")]
    [InlineData("application/json-patch+json")]
    [InlineData("application/octet-stream")]
    public Task Another_content_type_is_refused(string type) => Refused(Send(HttpMethod.Post, "Patient", Patient(), [], type), HttpStatusCode.UnsupportedMediaType);

    [Fact, Trait("Row", "FHIR-8")]
    public async Task What_is_missing_is_named()
    {
        var outcome = await Body(Post("Observation", """{"resourceType":"Observation"}"""), HttpStatusCode.BadRequest);
        var where = outcome.GetProperty("issue").EnumerateArray().Select(i => i.GetProperty("expression")[0].GetString()).ToArray();
        Assert.Contains("Observation.status", where);
        Assert.Contains("Observation.code", where);
    }

    [Fact, Trait("Row", "FHIR-9")]
    public async Task A_date_that_does_not_exist_is_named()
    {
        var issue = await Refused(Post("Appointment", Resource("Appointment", null, """
            "status":"booked","start":"2026-13-45T00:00:00Z","participant":[{"status":"accepted","actor":{"display":"x"}}]
            """)), HttpStatusCode.BadRequest);
        Assert.Equal("Appointment.start", issue.GetProperty("expression")[0].GetString());
    }

    [Fact]
    public async Task A_time_without_zone_is_stored_as_sent()
    {
        var body = await Fhir.Create("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"effectiveDateTime":"1980-05-11T16:32:15"}""");
        Assert.Equal("1980-05-11T16:32:15", body.GetProperty("effectiveDateTime").GetString());
    }

    [Fact, Trait("Row", "FHIR-11")]
    public async Task Every_digit_of_a_number_is_kept()
    {
        var created = await Fhir.Create("Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0000000000000001},"referenceRange":[{"low":{"value":5.40}}]}""");
        var read = await (await Get($"Observation/{created.Id()}")).Content.ReadAsStringAsync();
        Assert.Contains("\"value\":1.0000000000000001", read);
        Assert.Contains("\"value\":5.40", read);
    }

    [Fact, Trait("Row", "FHIR-12")]
    public async Task A_junk_query_does_not_disturb_a_create() => Assert.Equal(HttpStatusCode.Created, await Status(Post("Patient?<script>alert(1)</script>&&==%zz", Patient())));

    [Theory]
    [InlineData("", "an empty body")]
    [InlineData("[]", "an array at the root")]
    [InlineData("null", "null")]
    [InlineData("\"Patient\"", "a string")]
    [InlineData("{\"resourceType\":\"Patient\"", "half a body")]
    [InlineData("{\"resourceType\":\"Patient\",\"gender\":\"male\",\"gender\":\"female\"}", "a property twice")]
    [InlineData("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"\\ud800\"}]}", "half a character")]
    [InlineData("{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\\u0000b\"}]}", "a zero character")]
    [InlineData("{\"resourceType\":\"Observation\"}", "another type")]
    [InlineData("{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"urn:x\",\"valueDecimal\":\"5.4\"}]}", "a number as a string")]
    [InlineData("{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"urn:x\",\"valueDecimal\":1e400}]}", "a number beyond measure")]
    [InlineData("{\"resourceType\":\"Patient\",\"resourceType2\":\"x\"}", "an unknown element")]
    public Task A_body_that_is_no_resource_is_refused(string body, string what) =>
        Refused(Post("Patient", body), what.Length > 0 ? HttpStatusCode.BadRequest : default);

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        await Refused(Post("Patient", string.Concat(Enumerable.Repeat("{\"extension\":[", 20_000))), HttpStatusCode.BadRequest);
        var xml = string.Concat(Enumerable.Repeat("<extension url=\"urn:x\">", 20_000)) + string.Concat(Enumerable.Repeat("</extension>", 20_000));
        await Refused(Send(HttpMethod.Post, "Patient", $"<Patient xmlns=\"http://hl7.org/fhir\">{xml}</Patient>", [], "application/fhir+xml"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_narrative_of_great_depth_does_not_end_the_server()
    {
        var div = string.Concat(Enumerable.Repeat("<b>", 20_000)) + string.Concat(Enumerable.Repeat("</b>", 20_000));
        var status = await Status(Post("Patient", Patient(more: $$"""
            "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{{div}}</div>"}
            """)));
        Assert.True((int)status < 500, $"{status}");
        Assert.Equal(HttpStatusCode.OK, await Status(Get("Patient?_count=1")));
    }

    [Fact, Trait("Row", "FHIR-10")]
    public async Task A_body_beyond_the_limit_is_refused_before_it_is_read()
    {
        var content = new ByteArrayContent(new byte[33 * 1024 * 1024]);
        content.Headers.ContentType = new("application/fhir+json");
        var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/Patient") { Content = content };
        request.Headers.ExpectContinue = true;
        await Refused(Fhir.SendAsync(request), HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact, Trait("Row", "FHIR-10")]
    public async Task A_small_body_that_unpacks_beyond_the_limit_is_refused()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = 0; i < 64; i++) await gzip.WriteAsync(new byte[1024 * 1024]);
        }
        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new("application/fhir+json");
        content.Headers.ContentEncoding.Add("gzip");
        await Refused(Fhir.PostAsync("/fhir/Patient", content), HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_reference_by_our_own_address_is_local()
    {
        var patient = await Fhir.Create("Patient", Patient());
        var observation = await Fhir.Create("Observation", Resource("Observation", null, $$"""
            "status":"final","code":{"text":"x"},"subject":{"reference":"{{Base}}/Patient/{{patient.Id()}}"}
            """));
        Assert.Equal($"Patient/{patient.Id()}", observation.GetProperty("subject").GetProperty("reference").GetString());
        Assert.Equal([$"Observation/{observation.Id()}"], await Found($"Observation?subject={Uri.EscapeDataString($"{Base}/Patient/{patient.Id()}")}"));
        Assert.Equal([$"Observation/{observation.Id()}"], await Found($"Observation?subject=Patient/{patient.Id()}"));
    }

    [Theory]
    [InlineData("return=minimal", 0)]
    [InlineData("return=representation", 1)]
    [InlineData("return=OperationOutcome", 2)]
    public async Task The_client_chooses_what_is_returned(string prefer, int what)
    {
        var answer = await Post("Patient", Patient(), ("Prefer", prefer));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.NotNull(answer.Headers.Location);
        var text = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync());
        if (what == 0) Assert.Empty(text);
        else Assert.Contains(what == 1 ? "\"resourceType\":\"Patient\"" : "\"resourceType\":\"OperationOutcome\"", text);
    }
}
