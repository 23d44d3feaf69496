using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class HttpDetailTests(TestProduct product) : FhirTest(product)
{
    private static readonly XNamespace Ns = "http://hl7.org/fhir";

    private static byte[] Packed(string text, string how)
    {
        using var packed = new MemoryStream();
        using (Stream stream = how == "br" ? new BrotliStream(packed, CompressionLevel.Fastest, true) : how == "deflate" ? new ZLibStream(packed, CompressionLevel.Fastest, true) : new GZipStream(packed, CompressionLevel.Fastest, true))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        return packed.ToArray();
    }

    private Task<HttpResponseMessage> PostPacked(string path, byte[] body, params string[] encodings)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/fhir+json");
        foreach (var encoding in encodings) content.Headers.ContentEncoding.Add(encoding);
        return Fhir.PostAsync(path, content);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_packed_body_is_unpacked(string how)
    {
        await Body(PostPacked("/fhir/Patient", Packed(Patient(), how), how), HttpStatusCode.Created);
        // More than the server's usual limit, less than FHIR's.
        var large = Patient(more: $"\"extension\":[{{\"url\":\"urn:x\",\"valueBase64Binary\":\"{Convert.ToBase64String(new byte[9 * 1024 * 1024])}\"}}]");
        if (how == "gzip") await Body(PostPacked("/fhir/Patient", Packed(large, how), how), HttpStatusCode.Created);
    }

    [Fact]
    public async Task What_cannot_be_unpacked_is_refused()
    {
        await Refused(PostPacked("/fhir/Patient", Packed(Patient(), "gzip"), "zstd"), HttpStatusCode.UnsupportedMediaType);
        await Refused(PostPacked("/fhir/Patient", Encoding.UTF8.GetBytes("this is no gzip at all"), "gzip"), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Answers_are_packed_for_who_takes_it(string how)
    {
        var id = (await Fhir.Create("Patient", Patient(more: $"\"name\":[{{\"text\":\"{new string('a', 5000)}\"}}]"))).Id();
        var answer = await Get($"Patient/{id}", ("Accept-Encoding", how));
        Assert.Equal([how], answer.Content.Headers.ContentEncoding);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.InRange(bytes.Length, 1, 2000);
        using Stream stream = how == "br" ? new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress) : new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        Assert.Equal(id, JsonDocument.Parse(stream).RootElement.Id());
    }

    [Fact]
    public async Task Head_says_what_get_would_without_the_body()
    {
        var id = (await Fhir.Create("Patient", Patient())).Id();
        foreach (var path in (string[])[$"Patient/{id}", $"Patient/{id}/_history/1", $"Patient/{id}/_history", "Patient/_history", "_history", $"Patient?_id={id}", "metadata", $"Patient/{id}/$meta", "Patient/none"])
        {
            var (get, head) = (await Get(path), await Send(HttpMethod.Head, path, null, []));
            Assert.Equal(get.StatusCode, head.StatusCode);
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Equal(get.Headers.ETag, head.Headers.ETag);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact, Trait("Row", "FHIR-104")]
    public async Task A_browser_may_send_every_header_fhir_has_and_read_those_that_answer()
    {
        const string wanted = "authorization,content-type,accept,if-match,if-none-match,if-none-exist,if-modified-since,prefer,x-provenance,x-security-context,x-request-id,content-encoding";
        var preflight = await Send(HttpMethod.Options, "Patient", null, [("Origin", "https://app.example"), ("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", wanted)], by: Product.Stranger());
        var allowed = string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Headers")).ToLowerInvariant();
        Assert.All(wanted.Split(','), header => Assert.Contains(header, allowed));
        var created = await Post("Patient", Patient(), ("Origin", "https://app.example"));
        var exposed = string.Join(',', created.Headers.GetValues("Access-Control-Expose-Headers"));
        Assert.All((string[])["ETag", "Location", "Last-Modified", "Content-Location", "Warning"], header => Assert.Contains(header, exposed));
        Assert.False(created.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData("PUT", "", "POST")]
    [InlineData("DELETE", "_history", "GET")]
    [InlineData("POST", "Patient/1", "PUT")]
    [InlineData("PUT", "Patient/1/_history/1", "GET")]
    [InlineData("DELETE", "Patient/1/_history", "GET")]
    [InlineData("PUT", "Patient/$validate", "POST")]
    [InlineData("GET", "Patient/1/$meta-add", "POST")]
    public async Task Another_method_is_named_where_one_would_do(string method, string path, string allowed)
    {
        var answer = await Send(new HttpMethod(method), path, method == "GET" || method == "DELETE" ? null : "{}", []);
        Assert.Contains(allowed, answer.Content.Headers.Allow);
        await Refused(Task.FromResult(answer), HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Pretty_is_for_people_and_says_the_same()
    {
        var id = (await Fhir.Create("Observation", Resource("Observation", null, "\"status\":\"final\",\"code\":{\"text\":\"<é>\"},\"valueQuantity\":{\"value\":1.00}"))).Id();
        var (plain, pretty) = (await (await Get($"Observation/{id}")).Content.ReadAsStringAsync(), await (await Get($"Observation/{id}?_pretty=true")).Content.ReadAsStringAsync());
        Assert.DoesNotContain("\n", plain);
        Assert.Contains("\n  \"status\": \"final\"", pretty);
        Assert.Contains("<é>", pretty);
        Assert.Contains("1.00", pretty);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(plain).RootElement, JsonDocument.Parse(pretty).RootElement));
        Assert.Contains("\n  <status", await (await Get($"Observation/{id}?_pretty=true&_format=xml")).Content.ReadAsStringAsync());
        Assert.Contains("\n  \"", await (await Get("metadata?_pretty=true")).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("application/fhir+json; charset=utf-8")]
    [InlineData("application/fhir+json;charset=UTF-8, application/json;q=0.5")]
    [InlineData("application/json; charset=\"utf-8\"; fhirVersion=4.0")]
    public async Task A_charset_in_accept_does_no_harm(string accept) =>
        Assert.Equal("application/fhir+json", (await Get("Patient?_count=1", ("Accept", accept))).Content.Headers.ContentType!.MediaType);

    [Fact]
    public async Task A_binary_comes_and_goes_as_it_is()
    {
        var bytes = Enumerable.Range(0, 300).Select(i => (byte)i).ToArray();
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/pdf");
        var created = await Fhir.PostAsync("/fhir/Binary", content);
        var resource = await Body(Task.FromResult(created), HttpStatusCode.Created);
        Assert.Equal("application/pdf", resource.GetProperty("contentType").GetString());
        var path = $"Binary/{resource.Id()}";
        foreach (var accept in (string[])["*/*", "application/pdf", "application/*", "text/html, */*;q=0.1"])
        {
            var raw = await Get(path, ("Accept", accept));
            Assert.Equal("application/pdf", raw.Content.Headers.ContentType!.MediaType);
            Assert.Equal(bytes, await raw.Content.ReadAsByteArrayAsync());
            Assert.Equal("W/\"1\"", raw.Headers.ETag!.ToString());
            Assert.Contains("sandbox", string.Join(' ', raw.Headers.GetValues("Content-Security-Policy")));
            Assert.Equal("attachment", raw.Content.Headers.ContentDisposition!.DispositionType);
        }
        Assert.Equal(Convert.ToBase64String(bytes), (await Body(Get(path, ("Accept", "application/fhir+json")))).GetProperty("data").GetString());
        Assert.Equal("Binary", XDocument.Parse(await (await Get(path, ("Accept", "application/fhir+xml"))).Content.ReadAsStringAsync()).Root!.Name.LocalName);
        Assert.Equal("application/fhir+json", (await Get(path + "?_format=json", ("Accept", "*/*"))).Content.Headers.ContentType!.MediaType);
        await Refused(Get(path, ("Accept", "image/png")), HttpStatusCode.NotAcceptable);
        await Refused(Get("Binary/none", ("Accept", "application/pdf")), HttpStatusCode.NotFound);

        var text = new ByteArrayContent("{\"a\":1}"u8.ToArray());
        text.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        Assert.Equal("application/json", (await Body(Fhir.PutAsync($"/fhir/Binary/{T}", text), HttpStatusCode.Created)).GetProperty("contentType").GetString());
        Assert.Equal("{\"a\":1}", await (await Get($"Binary/{T}", ("Accept", "application/json"))).Content.ReadAsStringAsync());
        Assert.Equal("text/plain", (await Fhir.Create("Binary", """{"resourceType":"Binary","contentType":"text/plain","data":"YQ=="}""")).GetProperty("contentType").GetString());
    }

    [Fact]
    public async Task Xml_keeps_digits_offsets_and_what_stands_beside_values()
    {
        var json = $$"""
            "status":"final","code":{"text":"x"},"effectiveDateTime":"2026-11-23T10:00:00+01:00","issued":"2026-11-23T10:00:00.120-05:00",
            "component":[{"code":{"text":"a"},"valueQuantity":{"value":1.0} },{"code":{"text":"b"},"valueQuantity":{"value":1e3} },
              {"code":{"text":"c"},"valueQuantity":{"value":1.0000000000000000000000000000000000000001} },{"code":{"text":"d"},"valueQuantity":{"value":-1E+245} }],
            "note":[{"text":"tab\tline\nquote\"<&>é"}],"_status":{"extension":[{"url":"urn:s","valueBoolean":true}]},
            "contained":[{"resourceType":"Patient","id":"p","name":[{"given":["A",null,"C"],"_given":[null,{"extension":[{"url":"urn:g","valueInteger":7}]},null]}]}],"subject":{"reference":"#p"}
            """;
        var created = await Fhir.Create("Observation", Resource("Observation", null, json));
        var xml = await (await Get($"Observation/{created.Id()}", ("Accept", "application/fhir+xml"))).Content.ReadAsStringAsync();
        foreach (var digits in (string[])["\"1.0\"", "\"1e3\"", "\"1.0000000000000000000000000000000000000001\"", "\"-1E+245\"", "+01:00", "-05:00"]) Assert.Contains(digits, xml);
        var root = XDocument.Parse(xml).Root!;
        Assert.True(root.Elements().Select(e => e.Name.LocalName).ToList() is var order && order.IndexOf("id") < order.IndexOf("contained") && order.IndexOf("contained") < order.IndexOf("status") && order.IndexOf("status") < order.IndexOf("component"));
        // What comes back is what was there: no new version.
        var back = await Body(Send(HttpMethod.Put, $"Observation/{created.Id()}", xml, [], "application/fhir+xml"));
        foreach (var p in created.EnumerateObject().Where(p => p.Name != "meta")) Assert.True(JsonElement.DeepEquals(p.Value, back.GetProperty(p.Name)), $"{p.Name}: {back.GetProperty(p.Name)}");
    }

    [Theory]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\">text</Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\" gender=\"male\"/>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><gender vaule=\"male\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><gender value=\"male\"/><gender value=\"female\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><x xmlns=\"urn:x\" value=\"male\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"yes\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><contained><Nonsense/></contained></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><multipleBirthInteger value=\"02\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"a\"><b value=\"c\"/></family></name></Patient>")]
    public Task Xml_that_has_no_place_in_fhir_is_refused_not_lost(string xml) => Refused(Send(HttpMethod.Post, "Patient", xml, [], "application/fhir+xml"), HttpStatusCode.BadRequest);

    [Fact]
    public async Task A_bundle_goes_both_ways_in_xml()
    {
        var xml = $"""
            <Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><fullUrl value="urn:uuid:05efabf0-4be2-4561-91ce-51548425acb3"/>
            <resource><Patient><identifier><system value="urn:test"/><value value="{T}"/></identifier></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry></Bundle>
            """;
        var answer = await Send(HttpMethod.Post, "", xml, [("Accept", "application/fhir+xml")], "application/fhir+xml");
        var root = XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!;
        Assert.Equal("201", root.Descendants(Ns + "status").First().Attribute("value")!.Value);
        Assert.Equal(T, root.Descendants(Ns + "Patient").Single().Element(Ns + "identifier")!.Element(Ns + "value")!.Attribute("value")!.Value);
        Assert.Single(await Found($"Patient?identifier=urn:test|{T}"));
    }
}
