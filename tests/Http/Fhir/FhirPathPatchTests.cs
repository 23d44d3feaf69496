using System.Net;
using System.Text.Json;
using Xunit;

namespace HealthTeams.Tests.Fhir;

[Collection("fhir")]
public sealed class FhirPathPatchTests(TestProduct product) : FhirTest(product)
{
    private JsonElement patient;
    private string Path => $"Patient/{patient.Id()}";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        patient = await Fhir.Create("Patient", Patient(more: """
            "gender":"female","birthDate":"1980-05-11","_birthDate":{"extension":[{"url":"urn:time","valueString":"noon"}]},"deceasedBoolean":false,
            "name":[{"use":"official","family":"Barlow","given":["Ann","May"]},{"use":"nickname","given":["Nan"]}],
            "telecom":[{"system":"phone","value":"1"},{"system":"email","value":"a@example.org"},{"system":"phone","use":"home","value":"2"}],
            "extension":[{"url":"urn:n","valueDecimal":1.50}]
            """));
    }

    private static string Operation(params string[] parts) => $$"""{"name":"operation","part":[{{string.Join(',', parts)}}]}""";
    private static string Text(string name, string value) => $$"""{"name":"{{name}}","valueString":{{JsonSerializer.Serialize(value)}}}""";
    private static string Code(string value) => $$"""{"name":"type","valueCode":"{{value}}"}""";
    private static string Value(string typed) => $$"""{"name":"value",{{typed}}}""";
    private static string Number(string name, int value) => $$"""{"name":"{{name}}","valueInteger":{{value}}}""";
    private static string Patching(params string[] operations) => $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', operations)}}]}""";
    private static string Add(string path, string name, string value) => Operation(Code("add"), Text("path", path), Text("name", name), Value(value));
    private static string Replace(string path, string value) => Operation(Code("replace"), Text("path", path), Value(value));
    private static string Remove(string path) => Operation(Code("delete"), Text("path", path));
    private static string Insert(string path, int index, string value) => Operation(Code("insert"), Text("path", path), Number("index", index), Value(value));
    private static string Move(string path, int from, int to) => Operation(Code("move"), Text("path", path), Number("source", from), Number("destination", to));

    private Task<HttpResponseMessage> Change(params string[] operations) => Send(HttpMethod.Patch, Path, Patching(operations), []);
    private async Task<JsonElement> Changed(params string[] operations) => await Body(Change(operations));

    [Fact, Trait("Row", "FHIR-50")]
    public async Task Replace_changes_only_what_it_names()
    {
        var after = await Changed(Replace("Patient.gender", "\"valueCode\":\"male\""));
        Assert.Equal("2", Version(after));
        Assert.Equal(Content(patient).Replace("female", "male"), Content(after));
        Assert.Equal("Pan", (await Changed(Replace("Patient.name.where(use = 'nickname').given[0]", "\"valueString\":\"Pan\""))).GetProperty("name")[1].GetProperty("given")[0].GetString());
        Assert.Equal("3", (await Changed(Replace("Patient.telecom.where(system='phone' and use='home').value", "\"valueString\":\"3\""))).GetProperty("telecom")[2].GetProperty("value").GetString());
        Assert.Equal("2.500", (await Changed(Replace("Patient.extension('urn:n').value", "\"valueDecimal\":2.500"))).GetProperty("extension")[0].GetProperty("valueDecimal").GetRawText());
        Assert.Equal("one", (await Changed(Replace("Patient.birthDate.extension('urn:time').value", "\"valueString\":\"one\""))).GetProperty("_birthDate").GetProperty("extension")[0].GetProperty("valueString").GetString());
    }

    [Fact, Trait("Row", "FHIR-50")]
    public async Task A_choice_takes_the_name_of_its_new_type()
    {
        var after = await Changed(Replace("Patient.deceased", "\"valueDateTime\":\"2026-01-01\""));
        Assert.Equal("2026-01-01", after.GetProperty("deceasedDateTime").GetString());
        Assert.False(after.TryGetProperty("deceasedBoolean", out _));
        after = await Changed(Remove("Patient.deceased"), Add("Patient", "multipleBirth", "\"valueInteger\":2"));
        Assert.False(after.TryGetProperty("deceasedDateTime", out _));
        Assert.Equal(2, after.GetProperty("multipleBirthInteger").GetInt32());
    }

    [Fact, Trait("Row", "FHIR-50")]
    public async Task Add_appends_to_lists_and_sets_what_is_not_there()
    {
        var after = await Changed(Add("Patient", "active", "\"valueBoolean\":true"), Add("Patient.name.first()", "given", "\"valueString\":\"Sue\""),
            Add("Patient", "contact", "\"part\":[{\"name\":\"name\",\"valueHumanName\":{\"text\":\"Uncle\"}},{\"name\":\"relationship\",\"valueCodeableConcept\":{\"text\":\"uncle\"}},{\"name\":\"gender\",\"valueCode\":\"male\"}]"));
        Assert.True(after.GetProperty("active").GetBoolean());
        Assert.Equal("""["Ann","May","Sue"]""", after.GetProperty("name")[0].GetProperty("given").GetRawText());
        var contact = after.GetProperty("contact")[0];
        Assert.Equal("Uncle", contact.GetProperty("name").GetProperty("text").GetString());
        Assert.Equal("uncle", contact.GetProperty("relationship")[0].GetProperty("text").GetString());
        await Refused(Change(Add("Patient", "gender", "\"valueCode\":\"male\"")), HttpStatusCode.UnprocessableEntity);
        Assert.Equal("1979", (await Changed(Add("Patient.contact[0]", "period", "\"valuePeriod\":{\"start\":\"1979\"}"))).GetProperty("contact")[0].GetProperty("period").GetProperty("start").GetString());
    }

    [Fact, Trait("Row", "FHIR-50")]
    public async Task Insert_move_and_delete_keep_lists_and_what_stands_beside_them()
    {
        const string extended = "\"valueString\":\"Eve\",\"_valueString\":{\"extension\":[{\"url\":\"urn:e\",\"valueCode\":\"x\"}]}";
        var name = (await Changed(Insert("Patient.name[0].given", 0, extended))).GetProperty("name")[0];
        Assert.Equal("""["Eve","Ann","May"]""", name.GetProperty("given").GetRawText());
        Assert.Equal("""[{"extension":[{"url":"urn:e","valueCode":"x"}]},null,null]""", name.GetProperty("_given").GetRawText());
        name = (await Changed(Move("Patient.name[0].given", 0, 2))).GetProperty("name")[0];
        Assert.Equal("""["Ann","May","Eve"]""", name.GetProperty("given").GetRawText());
        Assert.Equal("""[null,null,{"extension":[{"url":"urn:e","valueCode":"x"}]}]""", name.GetProperty("_given").GetRawText());
        name = (await Changed(Remove("Patient.name[0].given[2]"))).GetProperty("name")[0];
        Assert.Equal("""["Ann","May"]""", name.GetProperty("given").GetRawText());
        Assert.False(name.TryGetProperty("_given", out _));
        var after = await Changed(Remove("Patient.birthDate"), Remove("Patient.maritalStatus"), Remove("Patient.telecom.last()"));
        Assert.False(after.TryGetProperty("birthDate", out _) || after.TryGetProperty("_birthDate", out _));
        Assert.Equal(2, after.GetProperty("telecom").GetArrayLength());
        Assert.Equal("female", after.GetProperty("gender").GetString());
    }

    public static TheoryData<string, string> Bad => new()
    {
        { Replace("Patient.telecom", "\"valueContactPoint\":{\"value\":\"x\"}"), "422" }, // three
        { Remove("Patient.telecom.where(system='phone')"), "422" },
        { Replace("Patient.maritalStatus", "\"valueCodeableConcept\":{\"text\":\"x\"}"), "422" }, // none
        { Replace("Observation.status", "\"valueCode\":\"final\""), "422" },
        { Replace("Patient.gender", "\"valueCode\":\"dummy\""), "422" },
        { Add("Patient", "nonsense", "\"valueCode\":\"x\""), "422" },
        { Insert("Patient.name[0].given", 9, "\"valueString\":\"x\""), "422" },
        { Move("Patient.name[0].given", 0, 2), "422" },
        { Move("Patient.gender", 0, 0), "422" },
        { Remove("Patient"), "422" },
        { Replace("Patient.id", "\"valueId\":\"x\""), "400" },
        { Remove("Patient.meta.versionId"), "400" },
        { Add("Patient", "id", "\"valueId\":\"x\""), "400" },
        { Replace("Patient.name.exists()", "\"valueBoolean\":true"), "400" },
        { Replace("Patient.name.where(use ~ 'x').family", "\"valueString\":\"x\""), "400" },
        { Replace("Patient.name[x].family", "\"valueString\":\"x\""), "400" },
        { Replace("Patient..name", "\"valueString\":\"x\""), "400" },
        { Replace("", "\"valueString\":\"x\""), "400" },
        { Replace("Patient.gender'", "\"valueString\":\"x\""), "400" },
        { Replace("Patient.gender", "\"other\":1"), "400" },
        { Replace("Patient.gender", "\"valueCode\":\"male\",\"valueString\":\"male\""), "400" },
        { Operation(Code("coo"), Text("path", "Patient.gender")), "400" },
        { Operation(Code("delete")), "400" },
        { Operation(Text("path", "Patient.gender")), "400" },
        { Operation(Code("add"), Text("path", "Patient"), Value("\"valueCode\":\"x\"")), "400" },
        { Operation(Code("insert"), Text("path", "Patient.name"), Value("\"valueHumanName\":{\"family\":\"x\"}")), "400" },
        { Operation(Code("move"), Text("path", "Patient.name"), Number("source", 0)), "400" },
        { """{"name":"other"}""", "400" },
        { "7", "400" },
    };

    [Theory, MemberData(nameof(Bad)), Trait("Row", "FHIR-50")]
    public async Task What_cannot_be_done_is_refused_and_nothing_changes(string operation, string status)
    {
        var answer = await Change(Replace("Patient.birthDate", "\"valueDate\":\"1999-01-01\""), operation);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == ((int)answer.StatusCode).ToString(), $"{answer.StatusCode}: {text}");
        Assert.Contains("OperationOutcome", text);
        Assert.Equal(patient.GetRawText(), (await Body(Get(Path))).GetRawText());
    }

    [Fact, Trait("Row", "FHIR-50")]
    public async Task It_travels_as_xml_and_in_bundles()
    {
        const string xml = """
            <Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part>
            <part><name value="path"/><valueString value="Patient.gender"/></part><part><name value="value"/><valueCode value="other"/></part></parameter></Parameters>
            """;
        Assert.Equal("other", (await Body(Send(HttpMethod.Patch, Path, xml, [], "application/fhir+xml"))).GetProperty("gender").GetString());
        foreach (var type in (string[])["batch", "transaction"])
        {
            var response = await Body(Post("", Bundle(type, Entry("PATCH", Path, Patching(Replace("Patient.gender", $"\"valueCode\":\"{(type == "batch" ? "male" : "unknown")}\""))))));
            Assert.Equal(["200"], Statuses(response));
        }
        Assert.Equal("unknown", (await Body(Get(Path))).GetProperty("gender").GetString());
        await Refused(Send(HttpMethod.Patch, Path, Patching(Remove("Patient.gender")), [("If-Match", "W/\"1\"")]), HttpStatusCode.PreconditionFailed);
    }

    [Fact, Trait("Row", "FHIR-52")]
    public async Task It_may_be_conditional()
    {
        var found = await Body(Send(HttpMethod.Patch, $"Patient?identifier=urn:test|{T}", Patching(Replace("Patient.gender", "\"valueCode\":\"male\"")), []));
        Assert.Equal(patient.Id(), found.Id());
        await Refused(Send(HttpMethod.Patch, $"Patient?identifier=urn:test|{T}x", Patching(Remove("Patient.gender")), []), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_json_patch_that_doubles_a_list_again_and_again_is_stopped()
    {
        var doubling = string.Join(',', Enumerable.Range(0, 60).Select(_ => """{"op":"copy","from":"/name","path":"/name/-"}"""));
        await Refused(Patch(Path, $"[{doubling}]"), HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnprocessableEntity);
        await Refused(Patch(Path, """[{"op":"move","from":"/id","path":"/implicitRules"}]"""), HttpStatusCode.BadRequest);
        await Refused(Patch(Path, """[{"op":"replace","path":"","value":{}}]"""), HttpStatusCode.BadRequest);
        await Refused(Patch(Path, """[{"op":"move","from":"/name","path":"/name/0"}]"""), HttpStatusCode.UnprocessableEntity);
        Assert.Equal(patient.GetRawText(), (await Body(Get(Path))).GetRawText());
    }

    private static string Content(JsonElement resource) =>
        string.Join('\n', resource.EnumerateObject().Where(p => p.Name != "meta").Select(p => $"{p.Name}={p.Value.GetRawText()}"));
}
