using System.Net;
using Xunit;

namespace HealthTeams.Tests.Fhir;

/// <summary>http://hl7.org/fhir/R4/search.html#modifiers, beyond the plain ones; and the parameter types that are no plain value.</summary>
[Collection("fhir")]
public sealed class ModifierSearchTests(TestProduct product) : FhirTest(product)
{
    private async Task<string> Stored(string type, string more) => $"{type}/{(await Fhir.Create(type, Resource(type, null, more))).Id()}";

    private Task<string> Observed(string code, string more = "") => Stored("Observation", $$"""
        "status":"final","code":{{code}}{{(more.Length > 0 ? "," + more : "")}}
        """);

    [Fact, Trait("Row", "FHIR-72")]
    public async Task Text_finds_what_is_written_beside_a_code()
    {
        var display = await Observed("""{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]}""");
        var text = await Observed("""{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Pulse"}],"text":"Heart beats"}""");
        var bare = await Observed("""{"text":"Héart of the matter"}""");
        Assert.Equal([display, text, bare], await Found($"Observation?identifier={T}&code:text=heart"));
        Assert.Equal([bare], await Found($"Observation?identifier={T}&code:text=HEART OF"));
        Assert.Equal([display, text], await Found($"Observation?identifier={T}&code=8867-4"));
        Assert.Empty(await Found($"Observation?identifier={T}&code:text=rate"));
        Assert.Equal([display, text, bare], await Found($"Observation?identifier={T}&code:missing=false"));
    }

    [Fact, Trait("Row", "FHIR-72")]
    public async Task Of_type_finds_an_identifier_by_its_kind()
    {
        async Task<string> With(string kind) => $"Patient/{(await Fhir.Create("Patient", $$"""
            {"resourceType":"Patient","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"{{kind}}"}]},"system":"urn:test","value":"{{T}}"}]}
            """)).Id()}";
        var (mr, _) = (await With("MR"), await With("SS"));
        Assert.Equal([mr], await Found($"Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|{T}"));
        Assert.Empty(await Found($"Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|DL|{T}"));
        Assert.Equal(2, (await Found($"Patient?identifier={T}")).Length);
        await Refused(Get($"Patient?identifier:of-type=MR|{T}"), HttpStatusCode.BadRequest);
    }

    [Fact, Trait("Row", "FHIR-75")]
    public async Task A_reference_is_found_by_the_identifier_it_states()
    {
        var logical = await Stored("Encounter", $$"""
            "status":"planned","class":{"code":"VR"},"subject":{"type":"Patient","identifier":{"system":"urn:mrn","value":"{{T}}-x"} }
            """);
        Assert.Equal([logical], await Found($"Encounter?subject:identifier=urn:mrn|{T}-x"));
        Assert.Equal([logical], await Found($"Encounter?patient:identifier={T}-x"));
        Assert.Empty(await Found($"Encounter?subject:identifier=urn:other|{T}-x"));
    }

    [Fact]
    public async Task In_asks_for_the_codes_of_a_value_set()
    {
        await Body(Put($"CodeSystem/{T}", $$"""
            {"resourceType":"CodeSystem","id":"{{T}}","url":"urn:cs:{{T}}","status":"active","content":"complete","concept":[
              {"code":"animal","concept":[{"code":"dog","concept":[{"code":"poodle"}]},{"code":"cat"}]},
              {"code":"plant"},{"code":"oak","property":[{"code":"parent","valueCode":"plant"}]}]}
            """), HttpStatusCode.Created);
        await Body(Put($"ValueSet/{T}-inner", $$"""{"resourceType":"ValueSet","id":"{{T}}-inner","url":"urn:vs:{{T}}:inner","status":"active","expansion":{"timestamp":"2026-01-01","contains":[{"system":"urn:cs:{{T}}","code":"oak"}]} }"""), HttpStatusCode.Created);
        await Body(Put($"ValueSet/{T}", $$"""
            {"resourceType":"ValueSet","id":"{{T}}","url":"urn:vs:{{T}}","status":"active","compose":{"include":[
              {"system":"urn:cs:{{T}}","filter":[{"property":"concept","op":"is-a","value":"dog"}]},{"valueSet":["urn:vs:{{T}}:inner"]}],
              "exclude":[{"system":"urn:cs:{{T}}","concept":[{"code":"dog"}]}]} }
            """), HttpStatusCode.Created);
        async Task<string> Coded(string code) => await Observed($$"""{"coding":[{"system":"urn:cs:{{T}}","code":"{{code}}"}]}""");
        var (dog, poodle, cat, oak) = (await Coded("dog"), await Coded("poodle"), await Coded("cat"), await Coded("oak"));
        Assert.Equal([poodle, oak], await Found($"Observation?identifier={T}&code:in=urn:vs:{T}"));
        Assert.Equal([poodle, oak], await Found($"Observation?identifier={T}&code:in=ValueSet/{T}"));
        Assert.Equal([dog, cat], await Found($"Observation?identifier={T}&code:not-in=urn:vs:{T}"));
        Assert.Equal([dog, poodle], await Found($"Observation?identifier={T}&code:below=urn:cs:{T}|dog"));
        Assert.Equal([dog, poodle, cat], await Found($"Observation?identifier={T}&code:below=urn:cs:{T}|animal"));
        Assert.Equal([dog, poodle], await Found($"Observation?identifier={T}&code:above=urn:cs:{T}|poodle"));
        Assert.Equal([oak], await Found($"Observation?identifier={T}&code:below=urn:cs:{T}|plant"));
        Assert.Contains("not stored", (await Refused(Get("Observation?code:in=urn:nowhere"), HttpStatusCode.BadRequest)).GetProperty("diagnostics").GetString());
        await Refused(Get("Observation?code:below=dog"), HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("Patient?birthdate:exact=2026")]
    [InlineData("Patient?gender:contains=x")]
    [InlineData("Encounter?subject:above=Patient/1")]
    [InlineData("Patient?_text=x")]
    [InlineData("Patient?_content=x")]
    [InlineData("Patient?_filter=name eq x")]
    [InlineData("Patient?_query=x")]
    [InlineData("Patient?_list=$current-allergies")]
    [InlineData("Location?near=1|2|3|parsec")]
    [InlineData("Location?near=100|2")]
    [InlineData("Observation?code-value-quantity=a")]
    public async Task What_cannot_be_answered_says_so(string search) => await Refused(Get(search), HttpStatusCode.BadRequest);

    [Fact]
    public async Task A_composite_finds_both_on_one_element()
    {
        const string systolic = """{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}""", diastolic = """{"coding":[{"system":"http://loinc.org","code":"8462-4"}]}""";
        string Part(string code, int value) => $$"""{"code":{{code}},"valueQuantity":{"value":{{value}},"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"} }""";
        var pressure = await Observed("""{"text":"blood pressure"}""", $$""" "component":[{{Part(systolic, 140)}},{{Part(diastolic, 80)}}] """);
        var pulse = await Observed("""{"coding":[{"system":"http://loinc.org","code":"8867-4"}]}""", """ "valueQuantity":{"value":72,"unit":"/min"} """);
        Assert.Equal([pressure], await Found($"Observation?identifier={T}&component-code-value-quantity=http://loinc.org|8480-6$gt130"));
        Assert.Empty(await Found($"Observation?identifier={T}&component-code-value-quantity=http://loinc.org|8462-4$gt130"));
        Assert.Equal([pressure], await Found($"Observation?identifier={T}&combo-code-value-quantity=8462-4$lt90||mmHg"));
        Assert.Equal([pulse], await Found($"Observation?identifier={T}&code-value-quantity=8867-4$72"));
        Assert.Equal([pulse], await Found($"Observation?identifier={T}&combo-code-value-quantity=8867-4$ge70,8867-4$lt10"));
        Assert.Equal([pressure], await Found($"Observation?identifier={T}&code-value-quantity:missing=true"));
    }

    [Fact]
    public async Task A_document_is_found_by_what_it_does_to_another()
    {
        var replaced = await Stored("DocumentReference", """ "status":"superseded","content":[{"attachment":{"url":"urn:x"} }] """);
        var replacing = await Stored("DocumentReference", $$""" "status":"current","content":[{"attachment":{"url":"urn:x"} }],"relatesTo":[{"code":"replaces","target":{"reference":"{{replaced}}"} }] """);
        Assert.Equal([replacing], await Found($"DocumentReference?relationship=replaces${replaced}"));
        Assert.Empty(await Found($"DocumentReference?relationship=appends${replaced}"));
    }

    [Fact]
    public async Task Near_is_as_far_as_it_is()
    {
        async Task<string> At(double lat, double lon) => await Stored("Location", FormattableString.Invariant($$""" "position":{"latitude":{{lat}},"longitude":{{lon}} } """));
        var (paris, lyon) = (await At(48.8566, 2.3522), await At(45.7640, 4.8357)); // 392 km
        Assert.Equal([paris], await Found($"Location?identifier={T}&near=48.85|2.35|10|km"));
        Assert.Equal([paris, lyon], await Found($"Location?identifier={T}&near=48.85|2.35|400|km"));
        Assert.Equal([paris], await Found($"Location?identifier={T}&near=48.85|2.35|240|mi"));
        Assert.Equal([paris], await Found($"Location?identifier={T}&near=48.85|2.35"));
    }

    [Fact]
    public async Task Deceased_is_true_false_or_a_date()
    {
        async Task<string> Who(string more) => await Stored("Patient", more);
        var (alive, unsaid, dead, date) = (await Who("\"deceasedBoolean\":false"), await Who("\"active\":true"), await Who("\"deceasedBoolean\":true"), await Who("\"deceasedDateTime\":\"2026-01-01\""));
        Assert.Equal([dead, date], await Found($"Patient?identifier={T}&deceased=true"));
        Assert.Equal([alive, unsaid], await Found($"Patient?identifier={T}&deceased=false"));
        Assert.Equal([date], await Found($"Patient?identifier={T}&death-date=2026"));
    }

    [Fact]
    public async Task A_telephone_number_is_no_mail_address()
    {
        var patient = await Stored("Patient", $$""" "telecom":[{"system":"phone","value":"{{T}}1"},{"system":"email","value":"{{T}}@example.org"}] """);
        Assert.Equal([patient], await Found($"Patient?phone={T}1"));
        Assert.Equal([patient], await Found($"Patient?telecom={T}1"));
        Assert.Equal([patient], await Found($"Patient?email={T}@example.org"));
        Assert.Empty(await Found($"Patient?email={T}1"));
        Assert.Equal([patient], await Found($"Patient?identifier={T}&phone:missing=false"));
    }

    [Fact, Trait("Row", "FHIR-95")]
    public async Task Meta_is_searched_on_every_type()
    {
        const string meta = """ "meta":{"tag":[{"system":"urn:t","code":"{0}"}],"profile":["http://x.example/{0}|1"],"source":"urn:src:{0}","security":[{"code":"R"}]} """;
        var slot = await Stored("Slot", $"{meta.Replace("{0}", T, StringComparison.Ordinal)},\"schedule\":{{\"reference\":\"Schedule/1\"}},\"status\":\"free\",\"start\":\"2026-01-01T00:00:00Z\",\"end\":\"2026-01-01T00:30:00Z\"");
        foreach (var ask in (string[])[$"_tag={T}", $"_tag=urn:t|{T}", $"_source=urn:src:{T}", $"_profile=http://x.example/{T}|1", $"_security=R&_tag={T}"]) Assert.Equal([slot], await Found($"Slot?{ask}"));
        Assert.Empty(await Found($"Patient?_tag={T}"));
        Assert.Equal([slot], await Found($"?_tag={T}"));
    }
}
