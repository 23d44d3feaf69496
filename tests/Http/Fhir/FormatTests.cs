using System.Net;
using System.Xml.Linq;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class FormatTests(TestProduct product) : FhirTest(product)
{
    private static readonly XNamespace Ns = "http://hl7.org/fhir";

    [Fact, Trait("Row", "FHIR-1")]
    public async Task Metadata_says_what_is_on_without_a_token()
    {
        var statement = await Body(Send(HttpMethod.Get, "metadata", null, [("Accept", "application/json")], by: Product.Stranger()));
        Assert.Equal("CapabilityStatement", statement.GetProperty("resourceType").GetString());
        Assert.Equal("4.0.1", statement.GetProperty("fhirVersion").GetString());
        Assert.Equal("instance", statement.GetProperty("kind").GetString());
        Assert.Equal("server", statement.GetProperty("rest")[0].GetProperty("mode").GetString());
        var appointment = statement.GetProperty("rest")[0].GetProperty("resource").EnumerateArray().Single(r => r.GetProperty("type").GetString() == "Appointment");
        var names = appointment.GetProperty("searchParam").EnumerateArray().Select(p => p.GetProperty("name").GetString()).ToArray();
        foreach (var name in (string[])["_id", "_lastUpdated", "actor", "date", "identifier", "patient", "practitioner", "status"]) Assert.Contains(name, names);
        // It is a valid resource by our own measure.
        await Body(Post("CapabilityStatement", statement.GetRawText()), HttpStatusCode.Created);
    }

    [Theory, Trait("Row", "FHIR-2")]
    [InlineData("?_format=xml", "*/*")]
    [InlineData("?_format=application/fhir%2Bxml", "application/fhir+json")]
    [InlineData("?_format=application/fhir+xml", "*/*")]
    [InlineData("", "application/fhir+xml")]
    [InlineData("", "application/fhir+xml;fhirVersion=4.0")]
    [InlineData("", "application/fhir+xml, */*;q=0.1")]
    [InlineData("", "application/fhir+json;q=0.5, application/xml")]
    public async Task Xml_is_answered_when_xml_is_asked(string query, string accept)
    {
        foreach (var path in (string[])["metadata", "Patient", "Patient/none"])
        {
            var answer = await Get(path + query, ("Accept", accept));
            Assert.Equal("application/fhir+xml", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(Ns, XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!.Name.Namespace);
        }
    }

    [Theory]
    [InlineData("", "*/*")]
    [InlineData("?_format=json", "application/fhir+xml")]
    [InlineData("", "application/json, application/fhir+xml;q=0.9")]
    [InlineData("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
    public async Task Json_is_answered_otherwise(string query, string accept) =>
        Assert.Equal("application/fhir+json", (await Get("Patient" + query, ("Accept", accept))).Content.Headers.ContentType!.MediaType);

    [Theory, Trait("Row", "FHIR-3")]
    [InlineData("?_format=blah", "*/*")]
    [InlineData("", "text/csv")]
    [InlineData("", "application/fhir+json;fhirVersion=3.0")]
    public async Task What_we_do_not_speak_is_refused(string query, string accept)
    {
        await Refused(Get("metadata" + query, ("Accept", accept)), HttpStatusCode.NotAcceptable);
        await Refused(Get("Patient" + query, ("Accept", accept)), HttpStatusCode.NotAcceptable);
    }

    [Fact]
    public async Task A_resource_comes_in_as_xml_and_goes_out_as_either()
    {
        var xml = $"""
            <Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><b>Ann</b></div></text>
            <extension url="urn:n"><valueDecimal value="1.50"/></extension><identifier><system value="urn:test"/><value value="{T}"/></identifier>
            <name><family value="Barlow"/><given value="Ann"/></name><birthDate value="1980-05-11"/></Patient>
            """;
        var answer = await Send(HttpMethod.Post, "Patient", xml, [("Accept", "application/fhir+xml")], "application/fhir+xml");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var root = XDocument.Parse(await answer.Content.ReadAsStringAsync()).Root!;
        Assert.Equal("Barlow", root.Element(Ns + "name")!.Element(Ns + "family")!.Attribute("value")!.Value);
        Assert.Equal("1.50", root.Descendants(Ns + "valueDecimal").Single().Attribute("value")!.Value);
        var json = await Body(Get($"Patient/{root.Element(Ns + "id")!.Attribute("value")!.Value}"));
        Assert.Contains("<b>Ann</b>", json.GetProperty("text").GetProperty("div").GetString());
        Assert.Equal("1.50", json.GetProperty("extension")[0].GetProperty("valueDecimal").GetRawText());
        Assert.Equal([$"Patient/{json.Id()}"], await Found($"Patient?identifier=urn:test|{T}&birthdate=1980-05-11"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<Patient")]
    [InlineData("{}")]
    [InlineData("<Nonsense xmlns=\"http://hl7.org/fhir\"/>")]
    [InlineData("<Patient xmlns=\"urn:other\"/>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><gender value=\"dummy\"/></Patient>")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><nonsense value=\"x\"/></Patient>")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"&e;\"/></Patient>")]
    public Task Xml_that_is_no_resource_is_refused(string xml) => Refused(Send(HttpMethod.Post, "Patient", xml, [], "application/fhir+xml"), HttpStatusCode.BadRequest);

    [Fact, Trait("Row", "FHIR-104")]
    public async Task A_browser_of_any_origin_may_ask_what_it_may()
    {
        var preflight = await Send(HttpMethod.Options, "Patient/1", null,
            [("Origin", "https://app.example"), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization,if-match,content-type")], by: Product.Stranger());
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Contains("PUT", string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Methods")));
        Assert.Contains(string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Origin")), (string[])["*", "https://app.example"]);
        Assert.Contains("if-match", string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Headers")).ToLowerInvariant());
        var plain = await Send(HttpMethod.Options, "", null, [], by: Product.Stranger());
        Assert.Equal(HttpStatusCode.NoContent, plain.StatusCode);
        Assert.Contains("PATCH", plain.Content.Headers.Allow);
        var read = await Get("Patient", ("Origin", "https://app.example"));
        Assert.Contains("ETag", string.Join(',', read.Headers.GetValues("Access-Control-Expose-Headers")));
    }

    [Fact]
    public async Task An_unknown_method_is_refused_as_fhir_refuses()
    {
        await Refused(Send(new HttpMethod("BREW"), "Patient/1", null, []), HttpStatusCode.MethodNotAllowed);
        await Refused(Send(HttpMethod.Put, "", "{}", []), HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed);
    }
}
